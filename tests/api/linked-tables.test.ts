import { finish } from '../../client/synthesize.js';
import { sharedServices } from '../platform/services.js';
import { ingestText, makeShop, startRun, type Shop } from '../platform/shop.js';

let shop: Shop;
let users: string;
let orders: string;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Linked');
  const rows = Array.from({ length: 40 }, (_, row) => `u${row},${['de', 'fr'][row % 2]},${20 + (row % 9)}`);
  users = (await ingestText(shop, ['id,country,age', ...rows].join('\n'), 'users.csv')).datasetVersionId;
  const bought = Array.from({ length: 160 }, (_, row) => `u${(row * 7) % 40},${1 + (row % 4)}`);
  orders = (await ingestText(shop, ['user,items', ...bought].join('\n'), 'orders.csv')).datasetVersionId;
});
afterAll(() => shop.owner.close());

const relation = {
  childTable: 'orders',
  foreignKeyColumn: 'user',
  parentTable: 'users',
  parentKeyColumn: 'id',
};
const tables = () => [
  { name: 'users', datasetVersionId: users },
  { name: 'orders', datasetVersionId: orders },
];
const link = (input: object = {}) =>
  startRun(shop, {
    synthesizeTables: {
      tables: tables(),
      relations: [relation],
      options: { epochs: 2, hiddenUnits: 16, residualBlocks: 0, parts: 0 },
      ...input,
    },
  });

test('a run of linked tables keeps its tables by their names, in its inputs and in the lineage, scores and rows of each', async () => {
  const { run } = await finish(shop.owner, await link({ scale: 0.5 }), {});
  const { run: found } = await shop.owner.request<{ run: Record<string, unknown> }>(
    `query ($id: ID!) { run(id: $id) {
      inputs { role name datasetVersionId }
      config { ... on SynthesizeConfig { generator tables {
        tables { name key } relations { childTable foreignKeyColumn parentTable parentKeyColumn }
        scale orphans options { epochs parentBins }
      } } }
      artifacts { nodes {
        fileName rows
        lineage { inputs { role name label } }
        report { relations {
          relation { foreignKeyColumn } integrity parentless { real synthetic } cardinality { value reference }
          pairs { parentColumn childColumn value }
        } }
      } }
    } }`,
    { id: run.id },
  );
  expect(found['inputs']).toEqual([
    { role: 'TABLE', name: 'orders', datasetVersionId: orders },
    { role: 'TABLE', name: 'users', datasetVersionId: users },
  ]);
  expect(found['config']).toEqual({
    generator: 'linked',
    tables: {
      tables: [
        { name: 'users', key: null },
        { name: 'orders', key: null },
      ],
      relations: [relation],
      scale: 0.5,
      orphans: 'REFUSE',
      options: { epochs: 2, parentBins: null },
    },
  });
  const { nodes } = found['artifacts'] as { nodes: ({ fileName: string } & Record<string, unknown>)[] };
  const artifact = (name: string) => nodes.find(({ fileName }) => fileName === name);
  expect(artifact('users.parquet')).toMatchObject({
    rows: 20,
    lineage: {
      inputs: [
        { role: 'TABLE', name: 'orders', label: 'orders.csv v1' },
        { role: 'TABLE', name: 'users', label: 'users.csv v1' },
      ],
    },
  });
  expect(artifact('users-scores.json')!['report']).toEqual({ relations: [] });
  expect(artifact('orders-scores.json')!['report']).toMatchObject({
    relations: [
      {
        relation: { foreignKeyColumn: 'user' },
        integrity: 1,
        parentless: { real: 0, synthetic: 0 },
        pairs: expect.arrayContaining([
          { parentColumn: 'country', childColumn: 'items', value: expect.any(Number) as unknown },
        ]) as unknown,
      },
    ],
  });
});

test('a run of linked tables is refused for a column or a table that is not there', async () => {
  const wrong = { ...relation, parentKeyColumn: 'uid' };
  await expect(link({ relations: [wrong] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    path: ['input', 'synthesizeTables', 'relations', '0', 'parentKeyColumn'],
    message: 'The table "users" has no column "uid". It has: id, country, age.',
  });
  const [first] = tables();
  await expect(
    link({ tables: [first, { name: 'orders', datasetVersionId: 'dsv_none' }] }),
  ).rejects.toMatchObject({
    code: 'NOT_FOUND',
    path: ['input', 'synthesizeTables', 'tables', '1', 'datasetVersionId'],
  });
});
