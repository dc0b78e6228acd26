import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import type { FitSession } from '../generators/generator.js';
import { afterRemembered } from './interactions/after-remembered.js';
import { interactionsOfSequences, type Interactions } from './interactions/interactions.js';
import { leaveOneOut } from './interactions/splits.js';
import { readKnowledge } from './model-file.js';
import type { FittedRecommender } from './recommender.js';
import { recommenderOf } from './recommenders.js';
import { quietFit } from '../testing/fit-session.js';

jest.setTimeout(120_000);
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
});

const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  transformer: {
    epochs: 80,
    patience: 30,
    batchSize: 128,
    width: 16,
    dropout: 0.1,
    learningRate: 5e-3,
    length: 8,
    neighbours: 0,
  },
  dnn: { epochs: 40, batchSize: 64, width: 16, rankingUnits: 8, learningRate: 1e-2 },
};

const fitting = (more: Partial<FitSession> = {}): FitSession => quietFit(engine, more);

/** Users go round a circle of items, from anywhere. */
const walk = (circle: readonly string[], users: number, name: string, length = 6): [string, string[]][] =>
  Array.from({ length: users }, (_, user) => [
    `${name}-${user}`,
    Array.from({ length }, (_, step) => circle[(user + step) % circle.length]!),
  ]);

const OLD = Array.from({ length: 10 }, (_, index) => `old-${index}`);
const NEW = ['new-0', 'new-1', 'new-2', 'new-3', 'new-4', 'new-5'];

const first = ({ model }: { model: FittedRecommender }, ...history: string[]): string =>
  model.rank({ history, k: 1 }).items[0]!.item;
/** Share of the circle's steps that the model knows; by chance, less than 0.1. */
const known = (model: FittedRecommender, circle: readonly string[]): number =>
  circle.filter(
    (item, at) =>
      first({ model }, item, circle[(at + 1) % circle.length]!) === circle[(at + 2) % circle.length],
  ).length / circle.length;

describe.each(['transformer', 'dnn'])('a fit of the recommender "%s" that goes on from a model', (name) => {
  const recommender = recommenderOf(name);
  const short = recommender.config.parse({ ...OPTIONS[name], epochs: 25 });
  let file: Uint8Array;
  let log: Interactions;

  beforeAll(async () => {
    const config = recommender.config.parse(OPTIONS[name]);
    const model = await recommender.fit(
      { interactions: interactionsOfSequences(walk(OLD, 80, 'u')) },
      config,
      fitting(),
    );
    expect(known(model, OLD)).toBeGreaterThan(0.6);
    file = await model.save();
    const events = interactionsOfSequences(walk(NEW, 60, 'v'));
    log = { ...events, types: ['CLICK'], platforms: ['app'], platform: new Int32Array(events.item.length) };
  });

  test('learns new items and what follows on them, and keeps what it knew', async () => {
    const { interactions } = afterRemembered(readKnowledge(file).knowledge, log);
    const model = await recommender.fit({ interactions, continues: file }, short, fitting());
    expect(model.items).toEqual([...OLD, ...NEW]);
    expect(known(model, NEW)).toBeGreaterThan(0.6);
    expect(known(model, OLD)).toBeGreaterThan(0.6);
    expect(model.rank({ user: 'u-3', k: 3 }).unknown.user).toBe(false);
    expect(model.rank({ user: 'v-3', k: 3 }).unknown.user).toBe(false);
    const again = await recommender.load(await model.save());
    expect(again.rank({ history: ['new-1'], k: 4 })).toEqual(model.rank({ history: ['new-1'], k: 4 }));
  });

  test('begins where the model was: a single short pass knows what one that begins anew does not', async () => {
    const config = recommender.config.parse({ ...OPTIONS[name], epochs: 1, learningRate: 1e-4 });
    const data = { interactions: interactionsOfSequences(walk(OLD, 80, 'u')) };
    const continued = await recommender.fit({ ...data, continues: file }, config, fitting());
    const anew = await recommender.fit(data, config, fitting());
    expect(known(continued, OLD)).toBeGreaterThan(0.6);
    expect(known(anew, OLD)).toBeLessThan(0.5);
  });

  test('drops items that the whole log has not got any more, and keeps the vectors of the others', async () => {
    const left = OLD.slice(2);
    const interactions = interactionsOfSequences(walk(left, 60, 'u'));
    const model = await recommender.fit({ interactions, continues: file }, short, fitting());
    expect([...model.items].sort()).toEqual([...left].sort());
    expect(model.rank({ history: ['old-0', 'old-4', 'old-5'], k: 3 }).unknown.items).toEqual(['old-0']);
    expect(first({ model }, 'old-4', 'old-5')).toBe('old-6');
  });

  test('resumes from its checkpoint as if it had not stopped, and not from that of a fit that began anew', async () => {
    const { interactions } = afterRemembered(readKnowledge(file).knowledge, log);
    const data = { interactions, continues: file };
    const config = recommender.config.parse({ ...OPTIONS[name], epochs: 4 });
    const whole = await (await recommender.fit(data, config, fitting())).save();
    let checkpoint: Uint8Array | undefined;
    const saveCheckpoint = (saved: Uint8Array) => {
      checkpoint ??= saved;
      return Promise.resolve();
    };
    await recommender.fit(data, config, fitting({ checkpointDue: () => true, saveCheckpoint }));
    const resumed = await recommender.fit(data, config, fitting({ checkpoint }));
    expect(Buffer.from(await resumed.save()).equals(Buffer.from(whole))).toBe(true);
    await expect(recommender.fit({ interactions }, config, fitting({ checkpoint }))).rejects.toThrow(
      'belongs to another fit',
    );
  });

  test('refuses other sizes than the model has, by their options', async () => {
    const config = recommender.config.parse({ ...OPTIONS[name], width: 8 });
    await expect(recommender.fit({ interactions: log, continues: file }, config, fitting())).rejects.toThrow(
      `a ${name} with width 16, not 8. Leave the option out`,
    );
  });

  test('tests what is new alone', () => {
    const { interactions, hasNew } = afterRemembered(readKnowledge(file).knowledge, log);
    const { cases, train } = leaveOneOut(interactions, hasNew);
    expect(cases.map(({ user }) => interactions.users[user]!.slice(0, 1))).toEqual(cases.map(() => 'v'));
    expect(cases).toHaveLength(60);
    expect(train.item).toHaveLength(interactions.item.length - 60);
  });
});

test('new events of a user come behind what is remembered of them, in the codes of the model', () => {
  const knowledge = {
    ...{ items: ['a', 'b'], types: ['view'], platforms: ['web'], users: ['u'] },
    ...{ counts: Int32Array.of(1, 1), platformCounts: Int32Array.of(1, 1) },
    ...{ starts: Int32Array.of(0, 2), remembered: Int32Array.of(1, 0) },
  };
  const log: Interactions = {
    ...interactionsOfSequences([
      ['w', ['c', 'a']],
      ['u', ['c', 'b']],
    ]),
    ...{ types: ['CLICK', 'view'], type: Int32Array.of(0, 1, 0, 0) },
    ...{ platforms: ['app'], platform: Int32Array.of(0, -1, 0, 0) },
  };
  const { interactions, hasNew } = afterRemembered(knowledge, log);
  expect(interactions).toEqual({
    ...{ users: ['u', 'w'], items: ['a', 'b', 'c'], types: ['view', 'CLICK'], platforms: ['web', 'app'] },
    starts: Uint32Array.of(0, 4, 6),
    item: Int32Array.of(1, 0, 2, 1, 2, 0),
    type: Int32Array.of(-1, -1, 1, 1, 1, 0),
    platform: Int32Array.of(-1, -1, 1, 1, 1, -1),
  });
  expect([hasNew(0), hasNew(1)]).toEqual([true, true]);
});
