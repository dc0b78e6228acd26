import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { RECOMMENDER_NAMES } from '../../schema/messages/recommender-options/catalogue.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import { Random } from '../compute/random.js';
import type { FitSession } from '../generators/generator.js';
import { evaluateRanking } from './evaluation/evaluate.js';
import { interactionsOfSequences, type Interactions } from './interactions/interactions.js';
import { leaveOneOut } from './interactions/splits.js';
import type { FittedRecommender, Recommender } from './recommender.js';
import { RECOMMENDERS, recommenderOf } from './recommenders.js';
import { quietFit } from '../testing/fit-session.js';

/** What every recommender holds to, whatever it is. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  transformer: { epochs: 40, batchSize: 128, width: 16, dropout: 0.1, learningRate: 5e-3, length: 8 },
  dnn: { epochs: 30, batchSize: 64, width: 16, rankingUnits: 8, learningRate: 1e-2 },
};
/** They have nothing to go on from: a fit takes less time than a checkpoint. */
const WITHOUT_CHECKPOINTS: ReadonlySet<string> = new Set(['popularity', 'item-knn']);
/** They learn from what follows on what. */
const FROM_SEQUENCES: ReadonlySet<string> = new Set(['transformer', 'dnn']);
/** They know users apart. */
const PERSONAL: ReadonlySet<string> = new Set(['item-knn', 'transformer', 'dnn']);

jest.setTimeout(120_000);
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
});

/** Users go round one of three circles of ten items, from anywhere; the shop's bag is bought by many in between. */
function rounds(users: number): Interactions {
  const random = Random.seeded(5);
  const sequences = Array.from({ length: users }, (_, user): [string, string[]] => {
    const circle = user % 3;
    const from = random.integer(10);
    const items = Array.from(
      { length: 4 + random.integer(4) },
      (_, step) => `${circle}-${(from + step) % 10}`,
    );
    if (random.uniform() < 0.7) items.splice(1, 0, 'bag');
    return [`user-${user}`, items];
  });
  const all = interactionsOfSequences(sequences);
  return { ...all, platforms: ['web', 'app'], platform: all.item.map((code) => (code < 12 ? 0 : 1)) };
}

const fitting = (more: Partial<FitSession> = {}): FitSession => quietFit(engine, more);

test('the catalogue has the recommenders whose options the gateway knows', () => {
  expect(RECOMMENDERS.map(({ name }) => name)).toEqual(RECOMMENDER_NAMES);
  expect(() => recommenderOf('oracle')).toThrow('There is no recommender "oracle". Choose one of:');
});

describe.each(RECOMMENDER_NAMES)('the recommender "%s"', (name) => {
  const { train, cases } = leaveOneOut(rounds(150));
  const series = new Map<string, number[]>();
  let recommender: Recommender;
  let config: unknown;
  let model: FittedRecommender;

  beforeAll(async () => {
    recommender = recommenderOf(name);
    config = recommender.config.parse(OPTIONS[name] ?? {});
    const metric = (of: string, step: number): void => {
      series.set(of, [...(series.get(of) ?? []), step]);
    };
    model = await recommender.fit({ interactions: train }, config, fitting({ metric }));
  });

  test('ranks for a user by id as for the same history, best first', () => {
    const byId = model.rank({ user: 'user-4', k: 5 });
    expect(byId.items).toHaveLength(5);
    expect(byId.basis).toBe('HISTORY');
    const scores = byId.items.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const history = Array.from({ length: train.starts[5]! - train.starts[4]! }, (_, index) => {
      const at = train.starts[4]! + index;
      return {
        item: train.items[train.item[at]!]!,
        type: train.types[train.type[at]!],
        platform: train.platforms[train.platform[at]!],
      };
    });
    expect(model.rank({ history, k: 5 }).items).toEqual(byId.items);
    // What happened since comes after what is remembered.
    const since = model.rank({ user: 'user-4', history: history.slice(0, 1), k: 5 });
    if (PERSONAL.has(name)) expect(since.items).not.toEqual(byId.items);
    else expect(since.items).toEqual(byId.items);
    expect(byId.unknown).toEqual({ user: false, items: [], platform: false });
  });

  test('leaves out what was seen and what is excluded, and ranks what was seen when told to', () => {
    const history = ['bag', '0-1'];
    const all = model.rank({ history, k: 100 }).items.map(({ item }) => item);
    expect(all).toHaveLength(29);
    expect(all).not.toContain('bag');
    const without = model.rank({ history, k: 100, exclude: [all[0]!, 'deleted'] }).items;
    expect(without.map(({ item }) => item)).toEqual(all.slice(1));
    expect(model.rank({ history, k: 100, excludeSeen: false }).items).toHaveLength(31);
  });

  test('ranks what a platform has, and passes over one that it does not know', () => {
    const there = model.rank({ history: ['0-1'], k: 100, platform: 'web' }).items;
    expect(there.length).toBeGreaterThan(9);
    expect(there.length).toBeLessThan(13);
    const everywhere = model.rank({ history: ['0-1'], k: 100, platform: 'kiosk' });
    expect(everywhere.items).toHaveLength(30);
    expect(everywhere.unknown.platform).toBe(true);
  });

  test('passes over unknown items and users, and tells of them', () => {
    const known = model.rank({ history: ['0-1', '0-2'], k: 5 });
    const some = model.rank({ history: ['gone', '0-1', 'new', '0-2', 'gone'], k: 5 });
    expect(some.items).toEqual(known.items);
    expect(some.unknown.items).toEqual(['gone', 'new']);
    const nobody = model.rank({ user: 'nobody', history: ['gone'], k: 3 });
    expect(nobody.unknown.user).toBe(true);
    expect(nobody.basis).toBe('POPULARITY');
    expect(nobody.items[0]!.item).toBe('bag');
    expect(model.rank({ k: 3, history: [] }).items).toEqual(nobody.items);
    expect(() => model.rank({ k: 0, history: [] })).toThrow(RangeError);
  });

  test('answers many as one by one', async () => {
    const requests = Array.from({ length: 20 }, (_, user) => ({ user: `user-${user}`, k: 4 }));
    for (const by of [undefined, engine]) {
      const answers = await model.rankAll([...requests, { history: [], k: 4 }], by);
      for (const [index, request] of requests.entries()) {
        const alone = model.rank(request).items;
        answers[index]!.items.forEach(({ score }, at) => expect(score).toBeCloseTo(alone[at]!.score, 3));
        expect(answers[index]!.items[0]!.item).toBe(alone[0]!.item);
      }
      expect(answers[20]!.basis).toBe('POPULARITY');
    }
  });

  if (PERSONAL.has(name)) {
    test('finds what comes next far better than popularity', async () => {
      const popular = await recommenderOf('popularity').fit(
        { interactions: train },
        recommenderOf('popularity').config.parse({}),
        fitting(),
      );
      const by = async (of: FittedRecommender): Promise<number> =>
        (await evaluateRanking(of, cases, train, { cutoffs: [5], resamples: 10, engine })).all.ndcg.get(5)!
          .mean;
      expect(await by(model)).toBeGreaterThan(2 * (await by(popular)));
    });
  }

  test('ranks the same after it was saved and loaded', async () => {
    const loaded = await recommender.load(await model.save());
    expect(loaded.items).toEqual(model.items);
    expect(loaded.platforms).toEqual(model.platforms);
    for (const user of ['user-0', 'user-77'])
      expect(loaded.rank({ user, k: 9, platform: 'app' })).toEqual(
        model.rank({ user, k: 9, platform: 'app' }),
      );
    await expect(recommender.load(new Uint8Array(3))).rejects.toThrow('too few for a header');
  });

  test('keeps no user in its file when it is told so', async () => {
    expect(model.rememberedUsers).toBe(150);
    const discreet = await recommender.fit(
      { interactions: train },
      recommender.config.parse({ ...OPTIONS[name], rememberUsers: false }),
      fitting(),
    );
    const file = Buffer.from(await discreet.save());
    expect(file.toString('latin1')).not.toContain('user-17');
    expect(discreet.rank({ user: 'user-17', k: 3 }).unknown.user).toBe(true);
    const history = ['0-1', '0-2'];
    expect(discreet.rank({ history, k: 3 })).toEqual(model.rank({ history, k: 3 }));
  });

  test('learns from one item, from users of one event, and from nothing says what it lacks', async () => {
    const fit = (sequences: [string, string[]][]) =>
      recommender.fit({ interactions: interactionsOfSequences(sequences) }, config, fitting());
    await expect(fit([['ann', []]])).rejects.toThrow(/There are 0 interactions with 0 items/);
    const one = await fit([
      ['ann', ['a', 'a', 'a']],
      ['bob', ['a']],
      ['cid', []],
    ]);
    expect(one.rank({ user: 'ann', k: 3 }).items).toEqual([]);
    expect(one.rank({ user: 'ann', k: 3, excludeSeen: false }).items.map(({ item }) => item)).toEqual(['a']);
    expect(one.rank({ user: 'cid', k: 3 }).items).toHaveLength(1);
    const alone = fit([
      ['ann', ['a']],
      ['bob', ['b']],
    ]);
    if (FROM_SEQUENCES.has(name)) {
      await expect(alone).rejects.toThrow('Hardly a user has more than one interaction');
      return;
    }
    const single = await alone;
    expect(single.rank({ user: 'ann', k: 3 }).items.map(({ item }) => item)).toEqual(['b']);
  });

  test('has evidence for the items of a list in their order, for nothing happened too, the same after being stored', async () => {
    const again = await recommender.load(await model.save());
    const request = { history: ['bag', '1-4', '1-5'], k: 8 };
    const codesOf = (of: FittedRecommender): Int32Array =>
      Int32Array.from(of.rank(request).items, ({ item }) => of.items.indexOf(item));
    const evidenceOf = async (of: FittedRecommender, history: readonly string[]): Promise<number[]> => {
      const codes = of.historyOf({ history, k: 1 });
      return [...of.evidence(codes, codesOf(of), await of.scores([codes]))];
    };
    const found = await evidenceOf(model, request.history);
    found.forEach((value, place) => expect(value).toBeLessThanOrEqual((found[place - 1] ?? Infinity) + 1e-4));
    expect(await evidenceOf(again, request.history)).toEqual(found);
    const ofNothing = await evidenceOf(model, []);
    for (const value of ofNothing) expect(Number.isFinite(value)).toBe(true);
    // What was done speaks for the first of the list.
    if (PERSONAL.has(name)) expect(found[0]).toBeGreaterThan(ofNothing[0]!);
    else expect(found).toEqual(ofNothing);
    expect(model.historyOf({ user: 'user-4', history: ['bag', 'gone'], k: 1 }).item.length).toBe(
      train.starts[5]! - train.starts[4]! + 1,
    );
  });

  test('tells what it attends to as shares of all, where it has attention', () => {
    expect(model.attention !== undefined).toBe(name === 'transformer');
    if (!model.attention) return;
    for (const events of [1, 3, 12]) {
      const history = Array.from({ length: events }, (_, event) => `0-${event % 10}`);
      const weights = model.attention(model.historyOf({ history, k: 1 }));
      expect(weights).toHaveLength(events);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      // The model looks at the last eight.
      weights.forEach((weight, event) => expect(weight > 0).toBe(event >= events - 8));
    }
  });

  test('gives up with the reason when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(
      recommender.fit({ interactions: train }, config, fitting({ signal: stop.signal })),
    ).rejects.toThrow('enough');
  });

  if (WITHOUT_CHECKPOINTS.has(name)) return;

  test('reports series whose steps rise', () => {
    expect(series.size).toBeGreaterThan(2);
    for (const steps of series.values()) {
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      expect(new Set(steps).size).toBe(steps.length);
    }
  });

  test('goes on from a checkpoint to the same model, byte for byte', async () => {
    const saved: Uint8Array[] = [];
    let asked = 0;
    const interrupted = fitting({
      checkpointDue: () => ++asked % 3 === 0,
      saveCheckpoint: (state) => {
        saved.push(state);
        return Promise.resolve();
      },
    });
    const whole = await (await recommender.fit({ interactions: train }, config, interrupted)).save();
    expect(saved.length).toBeGreaterThan(0);
    const resumed = await recommender.fit({ interactions: train }, config, fitting({ checkpoint: saved[0] }));
    expect(Buffer.from(await resumed.save()).equals(Buffer.from(whole))).toBe(true);
    const other = recommender.fit({ interactions: rounds(80) }, config, fitting({ checkpoint: saved[0] }));
    await expect(other).rejects.toThrow(/belongs to another fit/);
  });
});
