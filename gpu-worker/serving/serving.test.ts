import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { knowledgeOf, writeModel } from '../recommenders/model-file.js';
import { interactionsOfSequences } from '../recommenders/interactions/interactions.js';
import { GatewaySide } from '../testing/gateway-side.js';
import { NatsServer } from '../testing/nats-server.js';
import { compile, WorkerProcess } from '../testing/worker-process.js';

const POOL = 'serving';
const STRANGER = { history: [], k: 2 };

let nats: NatsServer;
let gateway: GatewaySide;
let worker: WorkerProcess;
let folder: string;

beforeAll(async () => {
  await compile();
  nats = await NatsServer.start();
  gateway = await GatewaySide.start(nats.url);
  folder = await mkdtemp(join(tmpdir(), 'worker-test-'));
  worker = await WorkerProcess.start({
    ...{ NATS_URL: nats.url, POOL, WORK_FOLDER: folder },
    ...{ MODEL_CACHE_MB: '1', HANG_SECONDS: '5' },
  });
}, 60_000);

afterAll(async () => {
  await worker?.signal('SIGKILL');
  await gateway?.stop();
  await nats?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A file as popularity saves it: of `items`, the first is the most popular, and so on. */
function popularityFile(...items: string[]): Buffer {
  const walks = items.map((_, user) => [`u${user}`, items.slice(0, user + 1)] as const);
  const knowledge = knowledgeOf(interactionsOfSequences(walks), true);
  const scores = { shape: [items.length], values: Float32Array.from(knowledge.counts) };
  const kind = { format: 'synthcart popularity recommender 1', description: null };
  return Buffer.from(writeModel(kind, knowledge, new Map([['scores', scores]])));
}

/** Process id of the one that serves. */
async function servingProcess(): Promise<number | undefined> {
  for (const pid of await worker.children())
    // One that has just ended has none.
    if ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('serving/child.js'))
      return pid;
  return undefined;
}

test('starts no process to serve before it is asked', async () => {
  expect(await servingProcess()).toBeUndefined();
});

test('ranks, and fetches the file no second time', async () => {
  const model = gateway.store(popularityFile('a', 'b', 'c'));
  const ranked = await gateway.rank(POOL, 'held', model, STRANGER);
  expect(ranked).toMatchObject({ answer: 'RANKED', recommender: 'popularity', basis: 'POPULARITY' });
  expect(ranked).toHaveProperty(
    'items',
    [3, 2].map((score, at) => ({ item: 'ab'[at], score })),
  );
  gateway.objects.clear();
  expect(await gateway.rank(POOL, 'held', model, STRANGER)).toEqual(ranked);
  expect(await gateway.rank(POOL, 'other', model, STRANGER)).toMatchObject({ reason: 'DELETED' });
});

test('goes on in another process when the one that serves is killed', async () => {
  const model = gateway.store(popularityFile('x', 'y'));
  const before = await gateway.rank(POOL, 'killed', model, STRANGER);
  const pid = await servingProcess();
  // Stopped, it can't answer before it is killed.
  process.kill(pid!, 'SIGSTOP');
  const waiting = gateway.rank(POOL, 'killed', model, STRANGER);
  process.kill(pid!, 'SIGKILL');
  const during = await waiting;
  if (during.answer === 'FAILED') await worker.hasLogged(during.incidentId);
  else expect(during).toEqual(before);
  expect(await gateway.rank(POOL, 'killed', model, STRANGER)).toEqual(before);
  expect(await servingProcess()).not.toBe(pid);
});

test('kills the process that serves when it hangs, and renews leases meanwhile', async () => {
  const model = gateway.store(popularityFile('x', 'y'));
  await gateway.rank(POOL, 'hung', model, STRANGER);
  const job = await gateway.dispatch({ config: { kind: 'PROBE', seconds: 60, pointsPerSecond: 1 } }, POOL);
  await gateway.report(job, 'metrics');
  const renewed = gateway.renewals(job);
  process.kill((await servingProcess())!, 'SIGSTOP');
  expect(await gateway.rank(POOL, 'hung', model, STRANGER)).toMatchObject({ answer: 'FAILED' });
  expect(gateway.renewals(job)).toBeGreaterThan(renewed);
  expect(await gateway.rank(POOL, 'hung', model, STRANGER)).toMatchObject({ answer: 'RANKED' });
  await gateway.control(job, 'CANCEL');
  expect(await gateway.end(job)).toEqual({ type: 'cancelled' });
});

test('ranks with no file that is not what was announced, and says why in its log alone', async () => {
  const model = gateway.store(popularityFile('x', 'y'));
  const other = { ...model, sha256: 'ab'.repeat(32) };
  const changed = await gateway.rank(POOL, 'changed', other, STRANGER);
  expect(changed).toEqual({ answer: 'FAILED', incidentId: expect.any(String) as unknown });
  await worker.hasLogged(`not ${other.sha256}`);
  const table = await gateway.rank(POOL, 'table', gateway.store(Buffer.from('a,b\n1,2\n')), STRANGER);
  expect(table).toMatchObject({ answer: 'FAILED' });
  const giant = await gateway.rank(POOL, 'giant', { ...model, bytes: 2 * 1024 ** 2 }, STRANGER);
  expect(giant).toMatchObject({ answer: 'REFUSED', reason: 'TOO_LARGE' });
});
