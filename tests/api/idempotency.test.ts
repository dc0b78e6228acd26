import type { RequestContext } from '../../src/access/context.js';
import { Database } from '../../src/platform/database.js';
import { newId } from '../../src/platform/ids.js';
import { once } from '../../src/server/idempotency.js';
import { testDatabase, type TestDatabase } from '../platform/services.js';

let files: TestDatabase;
let database: Database;
const tenantId = newId('tenant');

beforeAll(async () => {
  files = await testDatabase();
  database = new Database({ appUrl: files.appUrl, dispatchUrl: files.dispatchUrl, poolSize: 12 });
});

afterAll(async () => {
  await database?.close();
  await files?.drop();
});

const caller = (): RequestContext => ({
  requestId: 'req_test',
  actor: { kind: 'USER', userId: newId('user'), sessionId: newId('session') },
  tenantId,
  role: 'OWNER',
});

function create(
  context: RequestContext,
  key: string,
  body: object,
  make = async () => newId('run'),
  operation = 'startRun',
) {
  return database.withTenant({ tenantId }, (tx) => once(context, tx, { operation, key, body }, make));
}

test('twenty requests with one key at the same time make one thing, and all are given its id', async () => {
  const context = caller();
  let made = 0;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => create(context, 'k', { a: 1 }, async () => (made++, newId('run')))),
  );
  expect(made).toBe(1);
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
});

test('the order of fields, absent ones and the key itself make no other request', async () => {
  const context = caller();
  const { id } = await create(context, 'k', { a: 1, b: { c: 2, d: null }, idempotencyKey: 'k' });
  expect(await create(context, 'k', { b: { c: 2 }, a: 1 })).toEqual({ id, repeated: true });
});

test.each([
  ['another body', { a: 2 }, 'startRun'],
  ['another operation', { a: 1 }, 'createProject'],
])('the key with %s is a conflict', async (_what, body, operation) => {
  const context = caller();
  await create(context, 'k', { a: 1 });
  await expect(create(context, 'k', body, undefined, operation)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    argument: ['input', 'idempotencyKey'],
  });
});

test('a request that failed leaves its key free', async () => {
  const context = caller();
  const fail = () => Promise.reject(new Error('no'));
  await expect(create(context, 'k', { a: 1 }, fail)).rejects.toThrow('no');
  expect((await create(context, 'k', { a: 2 })).repeated).toBe(false);
});

test("callers don't see each other's keys", async () => {
  const first = await create(caller(), 'k', { a: 1 });
  const second = await create(caller(), 'k', { a: 1 });
  expect(second.id).not.toBe(first.id);
});
