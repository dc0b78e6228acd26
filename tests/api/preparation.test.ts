import { finish } from '../../client/synthesize.js';
import { sharedServices } from '../platform/services.js';
import { ingestText, makeShop, smallTable, startRun, type Shop } from '../platform/shop.js';

let shop: Shop;
let datasetVersionId: string;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Preparation');
  ({ datasetVersionId } = await ingestText(shop, smallTable(60)));
});
afterAll(() => shop.owner.close());

const start = (preparation: object[]) =>
  shop.owner.mutate(
    'mutation ($input: StartRunInput!) { startRun(input: $input) { userErrors { message code path } } }',
    {
      input: {
        projectId: shop.projectId,
        synthesize: { datasetVersionId, generator: 'normal', preparation },
      },
    },
  );

test.each<[string, object[], string[], string]>([
  ['of no kind', [{}], ['0'], 'Give exactly one kind of step; none is given.'],
  [
    'of two kinds',
    [{ dropColumns: { columns: ['spend'] }, derive: { column: 'x', formula: '1' } }],
    ['0'],
    'exactly one kind of step; dropColumns and derive are given',
  ],
  [
    'whose formula does not parse',
    [{ derive: { column: 'x', formula: 'spend *' } }],
    ['0', 'derive', 'formula'],
    '`formula` must be an expression such as Price * Quantity (expected expression after * at character 8)',
  ],
  [
    'whose minimum is its maximum',
    [{ bounds: { column: 'spend', minimum: 5, maximum: 5 } }],
    ['0', 'bounds'],
    'a step whose minimum is less than its maximum',
  ],
  [
    'that fills with a value and names none',
    [{ fillMissing: { columns: ['spend'], with: 'VALUE' } }],
    ['0', 'fillMissing'],
    'a step with a value when it fills with one, and else without',
  ],
  [
    'that keeps values of one row',
    [{ rareCategories: { columns: ['channel'], minimumSupport: 1 } }],
    ['0', 'rareCategories', 'minimumSupport'],
    '`minimumSupport` must be at least 2, not 1.',
  ],
  [
    'about a column that is not there',
    [
      { dropRows: { missingIn: ['spend'] } },
      { outliers: { columns: ['spent'], method: 'IQR', action: 'DROP' } },
    ],
    ['1', 'outliers', 'columns'],
    'Step 2 of the preparation (drop rows with outliers of spent beyond 1.5 interquartile ranges) can\'t be done: there is no column "spent" at that point; there are visits, spend, channel, weekend.',
  ],
  [
    'about a column that an earlier one dropped',
    [{ dropColumns: { columns: ['spend'] } }, { dropRows: { where: 'spend > 3' } }],
    ['1', 'dropRows', 'where'],
    'there are visits, channel, weekend',
  ],
  [
    'that makes a column which is there',
    [{ derive: { column: 'spend', formula: 'visits * 2' } }],
    ['0', 'derive', 'column'],
    'there is a column "spend" already',
  ],
  [
    'that drops all columns',
    [{ dropColumns: { columns: ['visits', 'spend', 'channel', 'weekend'] } }],
    ['0', 'dropColumns', 'columns'],
    'leave at least one',
  ],
  [
    'on a category that is for numbers',
    [{ scale: { columns: ['visits', 'channel'], method: 'Z_SCORE' } }],
    ['0', 'scale', 'columns'],
    '"channel" is CATEGORY; only numbers and dates are scaled',
  ],
  [
    'that fills a number with a word',
    [{ fillMissing: { columns: ['visits'], with: 'VALUE', value: 'many' } }],
    ['0', 'fillMissing', 'value'],
    '"many" is no value of "visits", which is INTEGER',
  ],
  [
    'that takes dates for the bounds of a number',
    [{ bounds: { column: 'spend', earliest: '2026-01-01', latest: '2026-02-01' } }],
    ['0', 'bounds', 'column'],
    '"spend" is REAL; earliest and latest are for dates',
  ],
  [
    'that gives bounds after the column was looked at',
    [
      { fillMissing: { columns: ['spend'], with: 'MEAN' } },
      { bounds: { column: 'spend', minimum: 0, maximum: 50 } },
    ],
    ['1', 'bounds', 'column'],
    'step 1 has looked at "spend" before; put its bounds first',
  ],
  [
    'that fills with a value outside the bounds',
    [
      { bounds: { column: 'spend', minimum: 0, maximum: 50 } },
      { fillMissing: { columns: ['spend'], with: 'VALUE', value: '-1' } },
    ],
    ['1', 'fillMissing', 'value'],
    '-1 is outside the bounds of "spend"',
  ],
  [
    'about a column that is scaled only for the generator',
    [{ scale: { columns: ['spend'], method: 'MIN_MAX' } }, { derive: { column: 'x', formula: 'spend * 2' } }],
    ['1', 'derive', 'formula'],
    '"spend" is scaled by step 1 until the rows are made',
  ],
])(
  'a step %s is refused before the run is queued: which, and what is wrong',
  async (_, steps, path, message) => {
    await expect(start(steps)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      path: ['input', 'synthesize', 'preparation', ...path],
      message: expect.stringContaining(message) as string,
    });
  },
);

test('a run shows the steps that its table goes through', async () => {
  const preparation = [
    { dropRows: { where: 'visits < 3' } },
    { outliers: { columns: ['spend'], method: 'QUANTILE', action: 'DROP', share: 0.05 } },
    { scale: { columns: ['spend'], method: 'MIN_MAX' } },
  ];
  const id = await startRun(shop, { synthesize: { datasetVersionId, generator: 'normal', preparation } });
  const { run } = await shop.owner.request<{ run: { config: object } }>(
    `query ($id: ID!) { run(id: $id) { config { ... on SynthesizeConfig { preparation {
      dropRows { where missingIn } outliers { columns method action factor share } scale { columns method keep }
    } } } } }`,
    { id },
  );
  expect(run.config).toEqual({
    preparation: [
      { dropRows: { where: 'visits < 3', missingIn: null }, outliers: null, scale: null },
      {
        dropRows: null,
        outliers: { columns: ['spend'], method: 'QUANTILE', action: 'DROP', factor: null, share: 0.05 },
        scale: null,
      },
      { dropRows: null, outliers: null, scale: { columns: ['spend'], method: 'MIN_MAX', keep: false } },
    ],
  });
}, 60_000);

test('rows have the columns that the steps made, also those that are sampled later', async () => {
  const preparation = [
    { dropColumns: { columns: ['channel'] } },
    { derive: { column: 'perVisit', formula: 'if(visits = 0, 0, round(spend / visits, 2))' } },
  ];
  const made = await finished(
    await startRun(shop, { synthesize: { datasetVersionId, generator: 'normal', preparation } }),
  );
  const wanted = ['visits INTEGER', 'spend REAL', 'weekend BOOLEAN', 'perVisit REAL'];
  expect(made.columnsOf('SYNTHETIC_PARQUET')).toEqual(wanted);
  expect(made.columnsOf('MODEL')).toEqual(wanted);
  const sample = { modelArtifactId: made.idOf('MODEL'), rows: 40 };
  const more = await finished(await startRun(shop, { sample }));
  expect(more.columnsOf('SYNTHETIC_PARQUET')).toEqual(wanted);
}, 60_000);

interface Artifact {
  id: string;
  kind: string;
  columns: { name: string; kind: string }[] | null;
}

async function finished(id: string) {
  await finish(shop.owner, id, {});
  const { run } = await shop.owner.request<{ run: { artifacts: { nodes: Artifact[] } } }>(
    'query ($id: ID!) { run(id: $id) { artifacts(first: 20) { nodes { id kind columns { name kind } } } } }',
    { id },
  );
  const artifact = (kind: string) => run.artifacts.nodes.find((node) => node.kind === kind)!;
  return {
    idOf: (kind: string) => artifact(kind).id,
    columnsOf: (kind: string) => artifact(kind).columns?.map((column) => `${column.name} ${column.kind}`),
  };
}
