import { getNamedType, isInputObjectType, isObjectType, type GraphQLObjectType } from 'graphql';
import { randomUUID } from 'node:crypto';
import { RequestError, type UserErrorEntry } from '../../client/connection.js';
import { OPERATIONS, Place } from '../access/operations.js';
import { committedSchema, rootFields, type RootField } from '../platform/schema-walk.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';

/** What makes the request another one, where asking for the same kind of thing afresh doesn't. */
const OTHER: Readonly<Record<string, object>> = {
  createTenant: { name: 'Other' },
  createProject: { name: 'Other' },
  createExperiment: { name: 'Other' },
  startComparison: { name: 'Other' },
  createApiKey: { name: 'Other' },
  inviteMember: { role: 'EDITOR' },
  createDatasetUpload: { bytes: 11 },
  correctDatasetColumns: { columns: [{ name: 'visits', kind: 'TEXT' }] },
  startRun: { probe: { seconds: 1 } },
  retryRun: {},
  completeDatasetUpload: {},
};

const repeatable = rootFields(committedSchema()).filter(({ field }) =>
  field.args.some(({ type }) => {
    const input = getNamedType(type);
    return isInputObjectType(input) && 'idempotencyKey' in input.getFields();
  }),
);

let shop: Shop;
let place: Place;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Repeats');
  place = await Place.make(shop);
}, 30_000);
afterAll(() => shop.owner.close());

test('every mutation that creates, starts or deploys something takes an idempotency key', () => {
  const making = rootFields(committedSchema()).filter(({ field: { name } }) =>
    /^(create|add|start|retry|invite|complete|correct|promote|split|rollBack|withdraw)/.test(name),
  );
  expect(repeatable.map(({ field }) => field.name)).toEqual(making.map(({ field }) => field.name));
});

test.each(repeatable.map((root) => [root.field.name, root] as const))(
  '%s, sent five times at once and again later, does one thing; its key can do no other',
  async (name, root) => {
    const input = await freshInput(name);
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => send(root, { ...input, idempotencyKey: key })),
    );
    answers.push(await send(root, { ...input, idempotencyKey: key }));
    const ids = answers.map(({ userErrors, ...made }) => (userErrors.length > 0 ? userErrors : made));
    expect(ids).toEqual(ids.map(() => ids[0]));
    expect(JSON.stringify(ids[0])).toContain('"id":"');

    const { userErrors } = await send(root, {
      ...(await freshInput(name)),
      ...OTHER[name],
      idempotencyKey: key,
    });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', path: ['input', 'idempotencyKey'] }]);

    const another = await send(root, { ...(await freshInput(name)), idempotencyKey: randomUUID() });
    expect(another.userErrors).toEqual([]);
  },
  30_000,
);

async function freshInput(name: string): Promise<object> {
  const made = (await OPERATIONS[name]?.[0]?.variables?.(place)) as { input: object };
  return made.input;
}

type Answer = Record<string, { id: string } | null> & { userErrors: UserErrorEntry[] };

/** One mutation; of its answer the ids of what was made. */
async function send({ field }: RootField, input: object): Promise<Answer> {
  const payload = getNamedType(field.type) as GraphQLObjectType;
  const made = Object.values(payload.getFields()).filter(({ type }) => {
    const named = getNamedType(type);
    return isObjectType(named) && 'id' in named.getFields();
  });
  const data = await shop.owner.request<Record<string, Answer>>(
    `mutation ($input: ${String(field.args[0]?.type)}) { ${field.name}(input: $input) {
      ${made.map(({ name }) => `${name} { id }`).join(' ')} userErrors { message code path }
    } }`,
    { input },
  );
  const answer = data[field.name];
  if (!answer) throw new RequestError('no payload', 'UNKNOWN');
  return answer;
}
