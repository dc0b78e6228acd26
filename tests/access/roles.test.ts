import { getNamedType, isCompositeType } from 'graphql';
import { Connection } from '../../client/connection.js';
import { PERMISSIONS, PERMISSIONS_OF_ROLE, type Permission } from '../../src/access/permissions.js';
import type { Role } from '../../src/platform/prisma-client/client.js';
import { argumentsOf, committedSchema, rootFields, type RootField } from '../platform/schema-walk.js';
import { change } from '../platform/change.js';
import { withClient } from '../platform/observe.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';
import { OPERATIONS, Place, join, type Level, type Operation } from './operations.js';

/** Somebody of the tenant, or a key, and what they may do where. */
interface Caller {
  id: string;
  kind: 'PERSON' | 'API_KEY';
  connection: Connection;
  /** What isn't in the key's project isn't there for it. */
  confined?: true;
  holds: (level: Level, at: Place) => ReadonlySet<Permission>;
}

interface Case {
  name: string;
  root: RootField;
  operation: Operation;
}

const ROLES = Object.keys(PERMISSIONS_OF_ROLE) as Role[];
const NOTHING: ReadonlySet<Permission> = new Set();
const HIDDEN: readonly string[] = ['NOTHING', 'NOT_FOUND'];
/** So many calls at once. */
const ABREAST = 8;

const roots = rootFields(committedSchema());
const cases: Case[] = roots.flatMap((root) =>
  (OPERATIONS[root.field.name] ?? []).map((operation) => ({
    name: operation.of ? `${root.field.name} (${operation.of})` : root.field.name,
    root,
    operation,
  })),
);

let shop: Shop;
let here: Place;
let there: Place;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Roles');
  const { project } = await change<{ project: { id: string } }>(shop, 'createProject', 'project { id }', {
    name: 'There',
  });
  here = await Place.make(shop);
  there = await Place.make({ ...shop, projectId: project.id });
}, 60_000);

afterAll(() => shop.owner.close());

test('every root field of the schema is in the table, and nothing else', () => {
  expect(Object.keys(OPERATIONS).sort()).toEqual(roots.map(({ field }) => field.name).sort());
});

test.each(ROLES)(
  'the role %s allows what is written for it, and nothing more',
  async (role) => {
    const { userId, connection } = await join(shop, role);
    await walk({ id: userId, kind: 'PERSON', connection, holds: () => PERMISSIONS_OF_ROLE[role] }, here);
  },
  120_000,
);

test.each(ROLES)(
  'the role %s on a project lifts a viewer of the tenant there, and nowhere else',
  async (role) => {
    const { memberId, userId, connection } = await join(shop, 'VIEWER');
    await change(shop, 'grantProjectRole', '', { memberId, role, projectId: here.projectId });
    const caller: Caller = {
      id: userId,
      kind: 'PERSON',
      connection,
      holds: (level, at) => PERMISSIONS_OF_ROLE[level === 'PROJECT' && at === here ? role : 'VIEWER'],
    };
    await walk(caller, here);
    await walk(caller, there);
  },
  120_000,
);

test.each(PERMISSIONS)(
  'an API key with the scope %s alone may do what needs nothing else',
  async (scope) => {
    await walk({ ...(await newKey([scope])), holds: () => new Set([scope]) }, here);
  },
  120_000,
);

test('an API key for a project may do everything there, next to nothing on the tenant, and sees no other project', async () => {
  const caller: Caller = {
    ...(await newKey(PERMISSIONS, here.projectId)),
    confined: true,
    holds: (level) => (level === 'TENANT' ? new Set<Permission>(['tenant:read']) : new Set(PERMISSIONS)),
  };
  await walk(caller, here);
  const elsewhere = cases.filter(
    ({ operation, root }) =>
      operation.by === 'PERMISSION' && operation.on === 'PROJECT' && root.field.name !== 'auditLog',
  );
  const wrong = await inTurns(elsewhere, async ({ name, root, operation }) => {
    const answered = await ask(caller, root, operation, await operation.variables?.(there));
    return HIDDEN.includes(answered) ? [] : [`${name}: ${answered}`];
  });
  expect(wrong).toEqual([]);
  await caller.connection.close();
}, 120_000);

test('strangers are told to sign in', async () => {
  const connection = new Connection(shop.url);
  const stranger: Caller = { id: '', kind: 'PERSON', connection, holds: () => NOTHING };
  // A WebSocket isn't even opened for them: limits.test.ts.
  const closed = cases.filter(
    ({ root, operation }) => operation.by !== 'ANYBODY' && root.operation !== 'subscription',
  );
  const wrong = await inTurns(closed, async ({ name, root, operation }) => {
    const answered = await ask(stranger, root, operation, await forbiddenVariables(operation, root, here));
    return answered === 'UNAUTHENTICATED' || answered === 'NOTHING' ? [] : [`${name}: ${answered}`];
  });
  expect(wrong).toEqual([]);
}, 120_000);

/** Makes every call: first those that must fail, which the log must know nothing of, then the others. */
async function walk(caller: Caller, at: Place): Promise<void> {
  const may = ({ operation }: Case) =>
    operation.by === 'ANYBODY' ||
    (operation.by === 'PEOPLE' && caller.kind === 'PERSON') ||
    (operation.by === 'PERMISSION' &&
      operation.needs.every((permission) => caller.holds(operation.on, at).has(permission)));

  const before = await changesBy(caller);
  const refused = await inTurns(
    cases.filter((one) => !may(one)),
    async ({ name, root, operation }) => {
      const answered = await ask(caller, root, operation, await forbiddenVariables(operation, root, at));
      if (caller.confined && HIDDEN.includes(answered)) return [];
      const wanted = operation.by === 'PEOPLE' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      return answered === wanted ? [] : [`${name}: ${answered} instead of ${wanted}`];
    },
  );
  expect(refused).toEqual([]);
  expect(await changesBy(caller)).toBe(before);

  const allowed = await inTurns(
    cases.filter((one) => may(one) && (one.operation.by === 'PERMISSION' || one.operation.variables)),
    async ({ name, root, operation }) => {
      const answered = await ask(caller, root, operation, await operation.variables?.(at));
      return answered === 'OK' ? [] : [`${name}: ${answered} instead of OK`];
    },
  );
  expect(allowed).toEqual([]);
  await caller.connection.close();
}

/** What a call that must fail is made with: the same each time, since nothing may happen to it. */
const shared = new Map<Operation, Map<Place, Promise<object>>>();
function forbiddenVariables(operation: Operation, root: RootField, at: Place): Promise<object> {
  const known = shared.get(operation) ?? new Map<Place, Promise<object>>();
  shared.set(operation, known);
  const variables =
    known.get(at) ??
    Promise.resolve(operation.variables ? operation.variables(at) : argumentsOf(root.field, () => undefined));
  known.set(at, variables);
  return variables;
}

async function newKey(
  scopes: readonly Permission[],
  projectId?: string,
): Promise<Pick<Caller, 'id' | 'kind' | 'connection'>> {
  const made = await change<{ apiKey: { id: string }; secret: string }>(
    shop,
    'createApiKey',
    'apiKey { id } secret',
    { name: 'Key', scopes: scopes.map(enumName), projectId },
  );
  return { id: made.apiKey.id, kind: 'API_KEY', connection: shop.owner.as({ token: made.secret }) };
}

/** `apiKey:read` is `API_KEY_READ` in GraphQL. */
const enumName = (permission: Permission): string =>
  permission
    .replace(':', '_')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();

/** `OK`, `NOTHING` for null, or the code of the first error. */
async function ask(
  { connection }: Caller,
  { operation, field }: RootField,
  { selection }: Operation,
  variables: object = {},
): Promise<string> {
  const names = Object.keys(variables);
  const declared = field.args.filter(({ name }) => names.includes(name));
  const document = `${operation} ${list(declared.map(({ name, type }) => `$${name}: ${String(type)}`))} {
    ${field.name} ${list(declared.map(({ name }) => `${name}: $${name}`))} ${
      operation === 'mutation'
        ? '{ userErrors { code message path } }'
        : isCompositeType(getNamedType(field.type))
          ? `{ __typename ${selection ?? ''} }`
          : ''
    } }`;
  try {
    if (operation === 'subscription') {
      const events = connection.subscribe(document, variables as Record<string, unknown>);
      await events.next();
      await events.return(undefined);
      return 'OK';
    }
    const data = await connection.request<Record<string, { userErrors?: { code: string }[] } | null>>(
      document,
      variables as Record<string, unknown>,
    );
    const answer = data[field.name];
    return answer ? (answer.userErrors?.[0]?.code ?? 'OK') : 'NOTHING';
  } catch (error) {
    return codeOf(error);
  }
}

const list = (parts: readonly string[]) => (parts.length > 0 ? `(${parts.join(', ')})` : '');

/** Of a RequestError, or of the errors with which graphql-ws ends a subscription. */
function codeOf(error: unknown): string {
  const first = (Array.isArray(error) ? error[0] : error) as {
    code?: string;
    extensions?: { code?: string };
  };
  const code = first.code ?? first.extensions?.code;
  if (typeof code !== 'string') throw error;
  return code;
}

async function changesBy({ id }: Caller): Promise<number> {
  const { rows } = await withClient(sharedServices().sharedDatabaseUrl, (client) =>
    client.query<{ changes: number }>(
      'SELECT count(*)::int AS changes FROM audit_events WHERE tenant_id = $1 AND actor_id = $2',
      [shop.tenantId, id],
    ),
  );
  return rows[0]?.changes ?? 0;
}

async function inTurns<T>(items: readonly T[], visit: (item: T) => Promise<string[]>): Promise<string[]> {
  const waiting = [...items];
  const found: string[] = [];
  const turns = Array.from({ length: ABREAST }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      found.push(...(await visit(item)));
    }
  });
  await Promise.all(turns);
  return found.sort();
}
