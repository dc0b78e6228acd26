import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startEngine } from '../../compute/engine.js';
import { normal } from '../../compute/layers/initialisation.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { stored } from '../../compute/tensors.js';
import { sampledShapley } from '../../explain/shapley/shapley.js';
import type { Catalogue } from '../features/catalogue.js';
import { CROSS_FEATURES } from '../features/user-features.js';
import { interactionsOfSequences } from '../interactions/interactions.js';
import type { FittedRecommender } from '../recommender.js';
import { dnn } from './dnn.js';
import { allItemVectors, rankingTerm, userVector } from './forward.js';
import {
  firstParameters,
  itemVectors,
  rankingTerms,
  userVectors,
  type ItemConstants,
  type Parameters,
} from './network.js';
import { quietFit } from '../../testing/fit-session.js';

jest.setTimeout(60_000);
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
});

describe('the plain forward path', () => {
  test('computes what the network does', async () => {
    const shape = { items: 5, itemFeatures: 3, userFeatures: 2, width: 4, rankingUnits: 3 };
    const random = Random.seeded(4);
    const numbers = (name: string, ...sizes: number[]): Float32Array => normal(random.derive(name), sizes, 1);
    const parameters = firstParameters(shape, random.derive('first'));
    const features = numbers('features', 5, 3);
    const popularity = numbers('popularity', 5);
    type State = { readonly parameters: Parameters; readonly constants: ItemConstants };
    const state = engine.hold<State>({
      parameters,
      constants: { features: stored([5, 3], features), popularity: stored([5, 1], popularity) },
    });
    const float = (...of: number[]) => ({ shape: of, dtype: 'float32' }) as const;
    const program = await engine.compile('towers and ranking', {
      state,
      inputs: {
        item: { shape: [5], dtype: 'int32' } as const,
        known: float(5, 1),
        mean: float(1, 4),
        last: float(1, 4),
        user: float(1, 2),
        products: float(1, 1, 4),
        crosses: float(1, 1, CROSS_FEATURES),
      },
      step: (held: State, given) => ({
        outputs: {
          items: itemVectors(held.parameters, held.constants, given.item, given.known),
          users: userVectors(held.parameters, given.mean, given.last, given.user),
          terms: rankingTerms(held.parameters, given.products, given.crosses),
        },
      }),
    });
    const [mean, last, user] = [numbers('mean', 4), numbers('last', 4), numbers('user', 2)];
    const [a, b, crosses] = [numbers('a', 4), numbers('b', 4), numbers('crosses', CROSS_FEATURES)];
    const found = await program.run({
      item: Int32Array.of(0, 1, 2, 3, 4),
      known: Float32Array.of(1, 1, 1, 0, 0),
      mean,
      last,
      user,
      products: a.map((value, unit) => value * b[unit]!),
      crosses,
    });
    const close = (ours: ArrayLike<number>, theirs: ArrayLike<number>): void => {
      expect(ours).toHaveLength(theirs.length);
      Array.from(ours).forEach((value, at) => expect(value).toBeCloseTo(theirs[at]!, 5));
    };
    close(allItemVectors(parameters, features, popularity, 5, 3), found.items);
    close(userVector(parameters, mean, last, user), found.users);
    expect(rankingTerm(parameters, a, b, crosses)).toBeCloseTo(found.terms[0]!, 5);
    program.dispose();
    state.dispose();
  });
});

describe('with a catalogue', () => {
  const GROUPS = ['tea', 'bikes'];
  const item = (group: string, index: number): string => `${group}-${index}`;
  /** Users stay with a kind of goods; names and prices go with the kind. */
  const random = Random.seeded(6);
  const sequences = Array.from({ length: 120 }, (_, user): [string, string[]] => [
    `user-${user}`,
    Array.from({ length: 6 }, () => item(GROUPS[user % 2]!, random.integer(15))),
  ]);
  const all = interactionsOfSequences(sequences);
  const interactions = {
    ...all,
    platforms: ['web', 'app'],
    platform: all.item.map((code) => (all.items[code]!.startsWith('tea') ? 0 : 1)),
  };
  const catalogue = (ids: readonly string[]): Catalogue => ({
    ids,
    price: Float64Array.from(ids, (id) => (id.startsWith('tea') ? 5 : 500)),
    category: ids.map((id) => id.split('-')[0]),
    text: ids.map((id) => `fine ${id.split('-')[0]}`),
  });
  let model: FittedRecommender;
  beforeAll(async () => {
    const session = quietFit(engine, { seed: 1 });
    const config = dnn.config.parse({
      epochs: 20,
      batchSize: 64,
      width: 16,
      textBuckets: 16,
      learningRate: 1e-2,
    });
    model = await dnn.fit({ interactions, catalogue: catalogue(all.items) }, config, session);
  });
  afterAll(() => model.dispose());

  const shareOf = (group: string, of: FittedRecommender, request: object): number => {
    const { items } = of.rank({ k: 10, ...request });
    return items.filter(({ item: id }) => id.startsWith(group)).length / items.length;
  };

  test('ranks for users that it never saw by what they did', () => {
    expect(shareOf('tea', model, { history: ['tea-1'] })).toBeGreaterThan(0.8);
    expect(shareOf('bikes', model, { history: ['bikes-1'] })).toBeGreaterThan(0.8);
  });

  test('splits its evidence among features, with nothing for those in which histories are alike', async () => {
    const history = model.historyOf({ history: ['tea-3', 'tea-4'], k: 1 });
    const background = [
      ['bikes-1', 'bikes-2'],
      ['tea-5', 'bikes-2'],
    ].map((items) => model.historyOf({ history: items, k: 1 }));
    const codes = Int32Array.of(model.items.indexOf('tea-1'), model.items.indexOf('bikes-3'));
    const game = model.featureGame!(history, background, codes);
    expect(game.features.map(({ name }) => name)).toEqual([
      ...['items of the history', 'last item', 'recency', 'frequency', 'spend', 'price level'],
      ...['categories', 'platforms', 'shown on', 'price fit', 'category fit'],
    ]);
    expect(game.features[3]!.value).toBe('2 events');
    const { values, base, whole } = await sampledShapley(game, 20, Random.seeded(2));
    const own = model.evidence(history, codes, (await model.scores([history])).slice());
    const others = await Promise.all(
      background.map(async (other) => model.evidence(other, codes, await model.scores([other]))),
    );
    const of = (player: number, output: number): number => values[player * 2 + output]!;
    for (const output of [0, 1]) {
      expect(whole[output]).toBeCloseTo(own[output]!, 4);
      expect(base[output]).toBeCloseTo((others[0]![output]! + others[1]![output]!) / 2, 4);
      const total = game.features.reduce((sum, _, player) => sum + of(player, output), 0);
      expect(total).toBeCloseTo(whole[output]! - base[output]!, 4);
      // As many events, of no known time, on no known platform.
      for (const name of ['recency', 'frequency', 'platforms', 'shown on'])
        expect(
          of(
            game.features.findIndex((feature) => feature.name === name),
            output,
          ),
        ).toBeCloseTo(0, 6);
    }
    // Tea speaks for tea and against bikes.
    expect(of(0, 0) + of(1, 0)).toBeGreaterThan(0);
    expect(of(0, 1) + of(1, 1)).toBeLessThan(0);
  });

  test('ranks new items by their features, for those whom such things are for', async () => {
    const ids = ['tea-new', 'bikes-new', 'tea-1'];
    for (const each of [model, await dnn.load(await model.save())]) {
      const more = each.withItems!(catalogue(ids));
      expect(more.items).toHaveLength(model.items.length + 2);
      const ranked = more.rank({ history: ['tea-3', 'tea-4'], k: 100 }).items.map(({ item: id }) => id);
      expect(ranked.indexOf('tea-new')).toBeGreaterThanOrEqual(0);
      expect(ranked.indexOf('tea-new')).toBeLessThan(ranked.indexOf('bikes-new'));
      expect(ranked.indexOf('tea-new')).toBeLessThan(20);
      const again = await dnn.load(await more.save());
      expect(again.rank({ history: ['tea-new'], k: 5 })).toEqual(more.rank({ history: ['tea-new'], k: 5 }));
    }
  });

  test('ranks for a newcomer by where the list is shown', () => {
    const ranking = model.rank({ k: 10, platform: 'app' });
    expect(ranking.basis).toBe('FEATURES');
    expect(shareOf('bikes', model, { platform: 'app' })).toBe(1);
    expect(model.rank({ k: 3 }).basis).toBe('POPULARITY');
  });
});
