import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobInput } from '../../schema/messages/job.js';
import { Explanation } from '../../schema/messages/explanation.js';
import type { Output, ReportBody } from '../../schema/messages/report.js';
import { ExplainConfig } from '../../schema/messages/run-config.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import type { FitSession } from '../generators/generator.js';
import { interactionsOfSequences } from '../recommenders/interactions/interactions.js';
import { recommenderOf } from '../recommenders/recommenders.js';
import { createTableWriter } from '../tables/table-writer.js';
import type { TestJob } from '../testing/gateway-side.js';
import { startRunWorker, type RunWorker } from '../testing/run-worker.js';

const pool = 'explain';
let running: RunWorker | undefined;
let gateway: RunWorker['gateway'];
let folder: string;

beforeAll(async () => {
  running = await startRunWorker(pool);
  ({ gateway, folder } = running);
}, 60_000);

afterAll(() => running?.stop());

/** Everybody goes from one product to the next of fifteen; u30 did one thing, u31 knows nothing but `other`. */
const WALKS: readonly (readonly [string, readonly string[]])[] = [
  ...Array.from({ length: 30 }, (_, user): [string, string[]] => [
    `u${user}`,
    Array.from({ length: 6 }, (_, event) => `p${(user + event) % 15}`),
  ]),
  ['u30', ['p3']],
  ['u31', ['other']],
];

async function logInput(walks: typeof WALKS = WALKS): Promise<JobInput> {
  const events = walks.flatMap(([user, items]) => items.map((item, at) => ({ user, item, at })));
  const time = numericColumn(
    'event_time',
    events.map(({ at }) => Date.UTC(2026, 0, 1 + at)),
  );
  const table = tableOf(
    categoricalColumn(
      'user_id',
      events.map(({ user }) => user),
    ),
    categoricalColumn(
      'product_id',
      events.map(({ item }) => item),
    ),
    categoricalColumn(
      'event_type',
      events.map(({ at }) => (at % 2 ? 'cart' : 'view')),
    ),
    { ...time, schema: { ...time.schema, kind: 'DATETIME', precision: 'second' } },
  );
  const columns = table.columns.map(({ schema }) => schema);
  const parquetPath = join(folder, 'log.parquet');
  const writer = createTableWriter({ columns, parquetPath });
  await writer.write(table);
  await writer.close();
  return {
    ...{ role: 'REAL', fileName: 'log.parquet', label: 'Walks v1', columns },
    ...gateway.store(await readFile(parquetPath)),
  };
}

async function modelInput(walks: typeof WALKS = WALKS.slice(0, 31)): Promise<JobInput> {
  const session = { signal: new AbortController().signal, progress: () => {} } as unknown as FitSession;
  const { fit, config } = recommenderOf('item-knn');
  const model = await fit({ interactions: interactionsOfSequences(walks) }, config.parse({}), session);
  const stored = gateway.store(Buffer.from(await model.save()));
  return { role: 'MODEL', fileName: 'recommender.safetensors', label: 'recommender.safetensors', ...stored };
}

const explain = (more: object = {}): ExplainConfig => ExplainConfig.parse({ kind: 'EXPLAIN', k: 3, ...more });

async function run(config: ExplainConfig, inputs: JobInput[], more: Partial<TestJob> = {}) {
  const job = await gateway.dispatch({ config, inputs, ...more }, pool);
  return { end: await gateway.end(job), job };
}

function contentOf(end: ReportBody, kind: Output['kind']): Buffer {
  if (end.type !== 'succeeded') throw new Error(`the run ended with ${JSON.stringify(end)}`);
  const output = end.outputs.find((candidate) => candidate.kind === kind)!;
  return gateway.objects.get(output.key)!;
}

const explanationOf = (end: ReportBody): Explanation =>
  Explanation.parse(JSON.parse(contentOf(end, 'EXPLANATION').toString()));

describe('a run that explains a recommender', () => {
  it('explains users by what they did, says what matters over all, and puts itself to the test', async () => {
    const { end, job } = await run(explain({ sampledUsers: 12 }), [await modelInput(), await logInput()]);
    const found = explanationOf(end);
    expect(found).toMatchObject({ recommender: 'item-knn', unit: 'SIMILARITY', users: 32, items: 15, k: 3 });
    expect(found.explained).toHaveLength(12);
    for (const { items } of found.explained)
      for (const { events, base, evidence, counterfactual } of items) {
        const total = events.reduce((sum, { shapley }) => sum + shapley, 0);
        expect(total).toBeCloseTo(evidence - base, 5);
        if (counterfactual) expect(counterfactual.rank).toBeGreaterThan(3);
      }
    const walker = found.explained.find(({ events }) => events === 6)!;
    expect(walker.items[0]!.text).toMatch(
      /^Because of p\d+ \((view|cart), (\d days? ago|just now|a day ago)\)/,
    );
    expect(walker.items[0]!.events[0]).toMatchObject({ type: 'view', time: Date.UTC(2026, 0, 1) });
    expect(found.surrogates.map(({ kind }) => kind)).toEqual(['TREE', 'BOOSTED_TREES']);
    expect(found.surrogates[1]!.fidelity).toBeGreaterThan(0.5);
    expect(found.importances[0]!.feature).toMatch(/^similarity/);
    const methods = new Map(found.faithfulness.map((one) => [one.method, one]));
    expect([...methods.keys()]).toEqual(['SHAPLEY', 'LEAVE_ONE_OUT', 'LOCAL', 'RECENCY', 'RANDOM']);
    expect(methods.get('SHAPLEY')!.deletionGain.low).toBeGreaterThan(0);
    expect(methods.get('RANDOM')!.deletionGain.value).toBe(0);
    expect(found.notes.join(' ')).toContain("1 event on items that the recommender doesn't know is left out");
    const page = contentOf(end, 'REPORT').toString();
    expect(page).toContain('The explanations hold');
    expect(page).toContain('How faithful the explanations are');
    expect(gateway.pointsOf(job).filter(({ name }) => name === 'explain/worlds')).toHaveLength(12);
  }, 60_000);

  it('explains the users that are named: of one event, of unknown items, and refuses who is not in the log', async () => {
    const inputs = [await modelInput(), await logInput()];
    const found = explanationOf((await run(explain({ users: ['u31', 'u30', 'u30'] }), inputs)).end);
    expect(found.explained.map(({ user, events, basis }) => [user, events, basis])).toEqual([
      ['u31', 0, 'POPULARITY'],
      ['u30', 1, 'HISTORY'],
    ]);
    const [stranger, once] = found.explained;
    expect(stranger!.items[0]).toMatchObject({
      events: [],
      text: expect.stringContaining('popular') as unknown,
    });
    expect(once!.items[0]!.events).toEqual([
      expect.objectContaining({ item: 'p3', type: 'view', events: 1, error: 0 }) as unknown,
    ]);
    expect(found).toMatchObject({ faithfulness: [], faithfulUsers: 0 });
    expect(found.notes.join(' ')).toContain('Of 1 user the recommender knows no item');
    const refused = await run(explain({ users: ['nobody'] }), inputs);
    expect(refused.end).toMatchObject({
      type: 'failed',
      failure: { code: 'INVALID_CONFIG', location: { field: 'users' } },
    });
    expect(JSON.stringify(refused.end)).toContain('The log has no user');
  }, 60_000);

  it('has nothing to explain in a catalogue of one item, and refuses a log of another shop and a file that is no recommender', async () => {
    const one: typeof WALKS = [
      ['a', ['x']],
      ['b', ['x']],
    ];
    const found = explanationOf((await run(explain(), [await modelInput(one), await logInput(one)])).end);
    expect(found.explained.map(({ items }) => items)).toEqual([[], []]);
    expect(found.surrogates).toEqual([]);
    expect(found.notes.join(' ')).toMatch(/2 users had all items there are.*too few users or items/);
    const foreign = await run(explain(), [await modelInput(one), await logInput()]);
    expect(foreign.end).toMatchObject({ type: 'failed', failure: { code: 'INSUFFICIENT_DATA' } });
    expect(JSON.stringify(foreign.end)).toContain('knows none of the items of \\"Walks v1\\"');
    const table = { ...(await logInput()), role: 'MODEL' as const };
    const wrong = await run(explain(), [table, await logInput()]);
    expect(wrong.end).toMatchObject({ type: 'failed', failure: { code: 'INVALID_FILE' } });
  }, 60_000);

  it('goes on from a checkpoint to the same explanation as without one', async () => {
    const inputs = [await modelInput(), await logInput()];
    const config = explain({ sampledUsers: 30, orderPairs: 100 });
    const whole = await run(config, inputs);
    const paused = await gateway.dispatch({ config, inputs, checkpointSeconds: 0.01 }, pool);
    await gateway.report(paused, 'checkpointed');
    await gateway.control(paused, 'PAUSE');
    await gateway.end(paused);
    const { key } = gateway.bodiesOf(paused, 'checkpointed').at(-1)!;
    const last = new Map(gateway.pointsOf(paused).map(({ name, step }) => [name, step]));
    const resumed = await run(config, inputs, {
      runId: paused.runId,
      attempt: 2,
      checkpoint: gateway.stored(key),
      lastMetricSteps: Object.fromEntries(last),
    });
    expect(contentOf(resumed.end, 'EXPLANATION').equals(contentOf(whole.end, 'EXPLANATION'))).toBe(true);
  }, 60_000);
});
