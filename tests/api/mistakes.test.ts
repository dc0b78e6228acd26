import { sharedServices } from '../platform/services.js';
import { makeShop, makeUser, type Shop } from '../platform/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Mistakes');
});
afterAll(() => shop.owner.close());

const start = (input: object) =>
  shop.owner.mutate(
    'mutation ($input: StartRunInput!) { startRun(input: $input) { userErrors { message code path } } }',
    { input: { projectId: shop.projectId, ...input } },
  );
const complete = (input: object) => start({ complete: { datasetVersionId: 'dsv_x', ...input } });
const synthesize = (input: object) => start({ synthesize: { datasetVersionId: 'dsv_x', ...input } });

const relation = {
  childTable: 'orders',
  foreignKeyColumn: 'user',
  parentTable: 'users',
  parentKeyColumn: 'id',
};
const link = (input: object) =>
  start({
    synthesizeTables: {
      tables: [
        { name: 'users', datasetVersionId: 'dsv_x' },
        { name: 'orders', datasetVersionId: 'dsv_y' },
      ],
      relations: [relation],
      ...input,
    },
  });

test.each<[string, () => Promise<unknown>, string[], string]>([
  [
    'nothing to do',
    () => start({}),
    [],
    'exactly one of synthesize, synthesizeTables, sample, evaluate, complete, recommend, search, explain, probe; none is',
  ],
  [
    'two things to do',
    () => start({ probe: {}, sample: { modelArtifactId: 'x', rows: 1 } }),
    [],
    'sample and probe are',
  ],
  [
    'an unknown generator',
    () => synthesize({ generator: 'gan9' }),
    ['synthesize', 'generator'],
    'Choose one of: autoregressive',
  ],
  [
    'withholding from a generator of single rows',
    () => synthesize({ generator: 'copula', withhold: {} }),
    ['synthesize', 'withhold'],
    'Only the generator "sessions" learns from users\' histories',
  ],
  [
    'a share withheld that leaves nothing',
    () => synthesize({ generator: 'sessions', withhold: { testShare: 1 } }),
    ['synthesize', 'withhold', 'testShare'],
    'at most 0.9',
  ],
  [
    'a generator that can not complete rows',
    () => complete({ generator: 'copula' }),
    ['complete', 'generator'],
    'Choose one of: autoregressive',
  ],
  [
    'both a model and a generator to complete with',
    () => complete({ modelArtifactId: 'x', generator: 'autoregressive' }),
    ['complete', 'generator'],
    'not both',
  ],
  [
    'no drawing of a cell',
    () => complete({ drawings: 0 }),
    ['complete', 'drawings'],
    '`drawings` must be at least 1, not 0.',
  ],
  [
    'a generator of several tables for one',
    () => synthesize({ generator: 'linked' }),
    ['synthesize', 'generator'],
    'start it with `synthesizeTables`',
  ],
  [
    'a relation to a table that is not there',
    () => link({ relations: [{ ...relation, parentTable: 'people' }] }),
    ['synthesizeTables', 'relations', '0', 'parentTable'],
    '`parentTable` must be the name of a table (users, orders), not "people".',
  ],
  [
    'relations in a circle',
    () =>
      link({
        relations: [
          relation,
          { childTable: 'users', foreignKeyColumn: 'last', parentTable: 'orders', parentKeyColumn: 'id' },
        ],
      }),
    ['synthesizeTables', 'relations', '0'],
    '"orders.user → users.id" is on a way that leads from a table back to itself',
  ],
  [
    'a name of a table that can name no file',
    () =>
      link({
        tables: [
          { name: '../users', datasetVersionId: 'x' },
          { name: 'orders', datasetVersionId: 'y' },
        ],
      }),
    ['synthesizeTables', 'tables', '0', 'name'],
    'beginning with a letter',
  ],
  [
    'an option of linked tables out of its range',
    () => link({ options: { parentBins: 1 } }),
    ['synthesizeTables', 'options', 'parentBins'],
    '`parentBins` must be at least 2, not 1.',
  ],
  [
    'an option below its range',
    () => synthesize({ autoregressive: { epochs: 0 } }),
    ['synthesize', 'autoregressive', 'epochs'],
    '`epochs` must be at least 1, not 0.',
  ],
  [
    'an option above its range',
    () => synthesize({ autoregressive: { epochs: 20_000 } }),
    ['synthesize', 'autoregressive', 'epochs'],
    '`epochs` must be at most 10,000, not 20000.',
  ],
  [
    'a tiny option',
    () => synthesize({ autoregressive: { learningRate: 1e-9 } }),
    ['synthesize', 'autoregressive', 'learningRate'],
    '`learningRate` must be at least 0.000001, not 1e-9.',
  ],
  [
    'negative rows',
    () => synthesize({ rows: -1 }),
    ['synthesize', 'rows'],
    '`rows` must be at least 1, not -1.',
  ],
  [
    'a formula that does not parse',
    () => synthesize({ constraints: [{ formula: { column: 'Total', equals: 'Price *' } }] }),
    ['synthesize', 'constraints', '0', 'formula', 'equals'],
    '`equals` must be an expression such as Price * Quantity (expected expression after * at character 8), not "Price *".',
  ],
  [
    'a constraint of two kinds',
    () =>
      synthesize({
        constraints: [{ unique: { columns: ['a'] }, range: { column: 'a', min: 1 } }],
      }),
    ['synthesize', 'constraints', '0'],
    'exactly one kind of constraint; range and unique are given',
  ],
  [
    'a range without bounds',
    () => synthesize({ constraints: [{ range: { column: 'a' } }] }),
    ['synthesize', 'constraints', '0', 'range'],
    'a range with at least one of min, max, earliest and latest',
  ],
  [
    'a condition of both values and a range',
    () => start({ sample: { modelArtifactId: 'x', rows: 1, where: [{ column: 'a', in: ['1'], min: '1' }] } }),
    ['sample', 'where', '0'],
    '`where.0` must be a condition with either in, or min, max or both, not {',
  ],
  [
    'two conditions on one column',
    () =>
      start({
        sample: {
          modelArtifactId: 'x',
          rows: 1,
          where: [
            { column: 'a', min: '1' },
            { column: 'a', max: '2' },
          ],
        },
      }),
    ['sample', 'where'],
    '`where` must be a list with one condition a column at most, not [',
  ],
  [
    'a long name',
    () => start({ name: 'x'.repeat(10_000), probe: {} }),
    ['name'],
    '1–100 characters; this one has 10,000.',
  ],
  ['a blank name', () => start({ name: ' ', probe: {} }), ['name'], '1–100 characters; this one is blank.'],
  ['a name of two lines', () => start({ name: 'a\nb', probe: {} }), ['name'], 'one line'],
])('a run with %s is refused: where, and what it should be', async (_, mistake, path, message) => {
  await expect(mistake()).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    path: ['input', ...path],
    message: expect.stringContaining(message) as string,
  });
});

test('a user of no tenant, or of several, is told how to say which', async () => {
  const { token } = await makeUser(shop.url);
  await expect(shop.owner.as({ token }).request('{ projects { totalCount } }')).rejects.toThrow(
    /header `synthcart-tenant`.*memberships.*createTenant/,
  );
});

test('a token that is none says what one looks like', async () => {
  await expect(shop.owner.as({ token: 'nonsense' }).request('{ viewer { id } }')).rejects.toThrow(
    /neither a valid access token nor an API key \(those begin with `synthcart_`\)/,
  );
});

test('a subscription by HTTP, an operation by GET and a wrong path say where to go instead', async () => {
  await expect(
    shop.owner.request('subscription ($id: ID!) { projectActivity(projectId: $id) { cursor } }', {
      id: shop.projectId,
    }),
  ).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('WebSocket') as string });
  const messageAt = async (path: string) => (await fetch(new URL(path, shop.url))).text();
  expect(await messageAt('/graphql?query={viewer{id}}')).toContain('Send operations by POST');
  expect(await messageAt('/api')).toContain('The API is at /graphql');
});
