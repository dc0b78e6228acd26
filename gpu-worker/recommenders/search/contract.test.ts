import { beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine } from '../../compute/engine.js';
import type { Engine } from '../../compute/program.js';
import { UserFailure } from '../../failure.js';
import type { FitSession } from '../../generators/generator.js';
import type { FittedSearchRanker, Product, SearchRanker, SearchTraining } from './search-ranker.js';
import { SEARCH_RANKERS, searchRankerOf } from './search-rankers.js';
import { fitting } from './testing.js';

/** What every search ranker holds to, whatever it is; of networks, small ones that learn a little. */
const OPTIONS: Readonly<Record<string, object>> = {
  'two-tower': { width: 32, hiddenUnits: 8, buckets: 2048, epochs: 3, batchSize: 8 },
  fused: { width: 32, hiddenUnits: 8, buckets: 2048, epochs: 3, batchSize: 8 },
};

const THINGS = ['mug', 'teapot', 'lantern', 'cushion', 'garland', 'umbrella'];
const COLOURS = ['red', 'blue', 'green', 'pink'];
const SHOP: readonly Product[] = THINGS.flatMap((thing) =>
  COLOURS.map((colour) => ({
    id: `${colour}-${thing}`,
    title: `${colour.toUpperCase()} ${thing}`,
    brand: colour === 'red' ? 'Ruby & Co' : '',
    category: `home / ${thing}s`,
  })),
);

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
});

describe.each(SEARCH_RANKERS.map(({ name }) => name))('the search ranker "%s"', (name) => {
  let ranker: SearchRanker;
  let model: FittedSearchRanker;
  const session = (more: Partial<FitSession> = {}): FitSession => fitting({ engine, ...more });
  const fit = (training: SearchTraining, more?: Partial<FitSession>): Promise<FittedSearchRanker> =>
    ranker.fit(training, ranker.config.parse(OPTIONS[name] ?? {}), session(more));
  const failureOf = (of: () => unknown): Promise<unknown> =>
    Promise.resolve()
      .then(of)
      .then(
        () => undefined,
        (error: unknown) => error,
      );

  beforeAll(async () => {
    ranker = searchRankerOf(name);
    model = await fit({ products: SHOP });
  });

  it('finds products by their words, the best first', () => {
    expect(model.products).toEqual(SHOP.map(({ id }) => id));
    const found = model.rank('pink lantern', 5);
    expect(found[0]!.id).toBe('pink-lantern');
    expect(found.length).toBeLessThanOrEqual(5);
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).sort((a, b) => b - a));
    expect(model.rank('Rúby teapot', 1)[0]!.id).toBe('red-teapot');
  });

  it('answers the same each time, and the beginning of a longer answer', () => {
    const long = model.rank('blue', 20);
    expect(model.rank('blue', 20)).toEqual(long);
    expect(model.rank('blue', 3)).toEqual(long.slice(0, 3));
  });

  it('answers nothing to a query without a word', () => {
    for (const query of ['', '   ', '?!']) expect(model.rank(query, 5)).toEqual([]);
  });

  it('answers a query of words that no product has, if at all, with finite scores', () => {
    for (const { score } of model.rank('zzyzx qwfp', 5)) expect(Number.isFinite(score)).toBe(true);
  });

  it('refuses to tell the best none or half a product', () => {
    for (const k of [0, -3, 0.5]) expect(() => model.rank('mug', k)).toThrow(RangeError);
  });

  it('leaves out what it is told to', () => {
    const all = model.rank('red mug', 3);
    const rest = model.rank('red mug', 2, new Set([all[0]!.id, 'never heard of']));
    expect(rest.map(({ id }) => id)).toEqual(all.slice(1).map(({ id }) => id));
  });

  it('answers the same after it was saved and loaded', async () => {
    const loaded = await ranker.load(model.save());
    expect(loaded.products).toEqual(model.products);
    for (const query of ['red', 'umbrela', 'home cush'])
      expect(loaded.rank(query, 24)).toEqual(model.rank(query, 24));
    await expect(ranker.load(model.save().subarray(0, 200))).rejects.toThrow();
  });

  it('finds products of another catalogue, and those of its own no more', () => {
    const other = model.over([
      { id: 'n1', title: 'yellow doormat' },
      { id: 'n2', title: 'yellow teapot' },
    ]);
    expect(other.products).toEqual(['n1', 'n2']);
    expect(other.rank('doormat', 1)[0]!.id).toBe('n1');
    expect(other.rank('pink', 5).every(({ id }) => ['n1', 'n2'].includes(id))).toBe(true);
  });

  it('never finds a product without text', () => {
    const some = model.over([{ id: 'bare' }, { id: 'mug', title: 'red mug' }, { id: 'dash', title: ' – ' }]);
    expect(some.rank('red mug', 5).map(({ id }) => id)).toEqual(['mug']);
  });

  it('learns from a catalogue of one product', async () => {
    const one = await fit({ products: [{ id: 'only', title: 'red mug' }] });
    expect(one.rank('mug', 3).map(({ id }) => id)).toEqual(['only']);
  });

  it('passes over judged queries of products and words that there are not', async () => {
    const queries = [
      { query: 'red', judgements: [{ product: 'sold out', gain: 1 }] },
      { query: '!', judgements: [{ product: 'red-mug', gain: 1 }] },
      { query: 'cup', judgements: [{ product: 'red-mug', gain: 1 }] },
      { query: 'nothing', judgements: [] },
    ];
    expect((await fit({ products: SHOP, queries })).rank('green mug', 1)[0]!.id).toBe('green-mug');
  });

  it('says which id comes twice', async () => {
    const twice = [...SHOP, { id: 'red-mug', title: 'another' }];
    for (const attempt of [() => fit({ products: twice }), () => model.over(twice)]) {
      const failure = await failureOf(attempt);
      expect(failure).toBeInstanceOf(UserFailure);
      expect((failure as UserFailure).message).toContain(
        'two products with the id "red-mug", at the places 1 and 25',
      );
    }
  });

  it('says that no product has text', async () => {
    for (const products of [[], [{ id: 'a' }, { id: 'b', title: '…' }]]) {
      const failure = await failureOf(() => fit({ products }));
      expect(failure).toMatchObject({ name: 'UserFailure', code: 'INSUFFICIENT_DATA' });
    }
  });

  it('gives up with the reason when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(fit({ products: SHOP }, { signal: stop.signal })).rejects.toThrow('enough');
  });
});

it('is asked for by a name that there is', () => {
  expect(() => searchRankerOf('grep')).toThrow('Choose one of: fused, two-tower, bm25.');
});
