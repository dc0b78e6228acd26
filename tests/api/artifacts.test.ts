import type { Connection } from '../../client/connection.js';
import type { Evaluation } from '../../schema/messages/scores.js';
import { systemContext } from '../../src/access/context.js';
import { ArtifactService } from '../../src/artifacts/artifact.service.js';
import { Database } from '../../src/platform/database.js';
import { newId } from '../../src/platform/ids.js';
import type { RunKind, RunState } from '../../src/platform/prisma-client/client.js';
import { seedArtifact, seedArtifactInput } from '../platform/seed-artifact.js';
import { asOwner, seedProject, seedRun } from '../platform/seed.js';
import { sharedServices, testDatabase, type TestDatabase } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';

const shared = { ownerUrl: sharedServices().sharedDatabaseUrl };
let shop: Shop;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl);
});

const EVALUATION: Evaluation = {
  v: 1,
  rows: { real: 100, synthetic: 100, compared: { real: 100, synthetic: 90 } },
  scores: [
    {
      name: 'shapeError',
      value: 0.0125,
      reference: 0.01,
      referenceSource: 'HALVES',
      better: 'lower',
      unit: 'percent',
      meaning: 'How far single columns are off.',
    },
    { name: 'duplicates', value: 0, better: 'lower', unit: 'share', meaning: 'Rows that repeat.' },
    {
      name: 'closestRecord',
      value: 1.25,
      reference: 1.5,
      referenceSource: 'REAL',
      better: 'higher',
      unit: 'distance',
      meaning: 'How far the closest real row is.',
    },
    {
      name: 'membershipAttack',
      value: 0.51,
      reference: 0.5,
      referenceSource: 'IDEAL',
      better: 'lower',
      unit: 'share',
      meaning: 'Whether training records are recognized.',
    },
  ],
  columns: [
    {
      name: 'spend',
      kind: 'REAL',
      shape: 0.98,
      mean: { real: 1.5, synthetic: null },
      missing: { real: 0, synthetic: 0.1 },
      drawing: {
        type: 'HISTOGRAM',
        edges: [0, 1, 2],
        real: [0.5, 0.5],
        synthetic: [0.25, 0.75],
        openLow: false,
        openHigh: true,
      },
    },
    {
      name: 'channel',
      kind: 'CATEGORY',
      shape: 0.9,
      missing: { real: 0, synthetic: 0 },
      drawing: {
        type: 'CATEGORIES',
        labels: ['mail'],
        real: [0.9],
        synthetic: [1],
        other: { categories: 1, real: 0.1, synthetic: 0 },
      },
    },
    { name: 'id', kind: 'ID', missing: { real: 0, synthetic: 0 }, drawing: { type: 'NONE' } },
  ],
  pairs: [{ left: 'spend', right: 'channel', trend: 0.8 }],
  correlations: {
    columns: ['a', 'b', 'c'],
    real: [
      [1, 0.1, 0.2],
      [0.1, 1, null],
      [0.2, null, 1],
    ],
    synthetic: [
      [1, 0.3, 0.4],
      [0.3, 1, 0.5],
      [0.4, 0.5, 1],
    ],
  },
  notes: ['One column was left out.'],
};

const runOf = (kind: RunKind, state: RunState = 'SUCCEEDED') => seedRun(shared, shop, state, kind);

const remove = (id: string, by: Connection = shop.owner) =>
  by.mutate<{ deletedId: string }>(
    `mutation ($id: ID!) { deleteArtifact(input: { id: $id }) { deletedId userErrors { message code path } } }`,
    { id },
  );

test('the artifact of the kind SCORES, and no other, has the evaluation as a report', async () => {
  const made = await runOf('EVALUATE');
  await seedArtifact(shared, made, 'REPORT', { fileName: 'report.html' });
  await seedArtifact(shared, made, 'SCORES', { content: EVALUATION, fileName: 'scores.json' });
  const { run } = await shop.owner.request<{
    run: { artifacts: { nodes: { kind: string; bytes: number; report: unknown }[] } };
  }>(
    `query ($id: ID!) { run(id: $id) { artifacts(orderBy: FILE_NAME_ASC) { nodes { kind bytes report {
      rows { real synthetic test comparedReal comparedSynthetic }
      scores { name family value reference referenceSource better unit meaning }
      columns { name kind shape mean { real synthetic } missing { real synthetic } drawing {
        ... on HistogramComparison { edges real synthetic openLow openHigh atom { value } }
        ... on CategoriesComparison { labels shares: real other { categories real synthetic } }
      } }
      pairs { left right trend }
      correlations { left right real synthetic }
      notes
    } } } } }`,
    { id: made.id },
  );
  expect(run.artifacts.nodes).toEqual([
    { kind: 'REPORT', bytes: 3_000_000_000, report: null },
    {
      kind: 'SCORES',
      bytes: 3_000_000_000,
      report: {
        rows: { real: 100, synthetic: 100, test: null, comparedReal: 100, comparedSynthetic: 90 },
        scores: [
          {
            name: 'shapeError',
            family: 'FIDELITY',
            value: 0.0125,
            reference: 0.01,
            referenceSource: 'HALVES',
            better: 'LOWER',
            unit: 'PERCENT',
            meaning: 'How far single columns are off.',
          },
          {
            name: 'duplicates',
            family: 'DIVERSITY',
            value: 0,
            reference: null,
            referenceSource: null,
            better: 'LOWER',
            unit: 'SHARE',
            meaning: 'Rows that repeat.',
          },
          {
            name: 'closestRecord',
            family: 'PRIVACY',
            value: 1.25,
            reference: 1.5,
            referenceSource: 'REAL',
            better: 'HIGHER',
            unit: 'DISTANCE',
            meaning: 'How far the closest real row is.',
          },
          {
            name: 'membershipAttack',
            family: 'PRIVACY',
            value: 0.51,
            reference: 0.5,
            referenceSource: 'IDEAL',
            better: 'LOWER',
            unit: 'SHARE',
            meaning: 'Whether training records are recognized.',
          },
        ],
        columns: [
          {
            name: 'spend',
            kind: 'REAL',
            shape: 0.98,
            mean: { real: 1.5, synthetic: null },
            missing: { real: 0, synthetic: 0.1 },
            drawing: {
              edges: [0, 1, 2],
              real: [0.5, 0.5],
              synthetic: [0.25, 0.75],
              openLow: false,
              openHigh: true,
              atom: null,
            },
          },
          {
            name: 'channel',
            kind: 'CATEGORY',
            shape: 0.9,
            mean: null,
            missing: { real: 0, synthetic: 0 },
            drawing: {
              labels: ['mail'],
              shares: [0.9],
              other: { categories: 1, real: 0.1, synthetic: 0 },
            },
          },
          {
            name: 'id',
            kind: 'ID',
            shape: null,
            mean: null,
            missing: { real: 0, synthetic: 0 },
            drawing: null,
          },
        ],
        pairs: [{ left: 'spend', right: 'channel', trend: 0.8 }],
        correlations: [
          { left: 'a', right: 'b', real: 0.1, synthetic: 0.3 },
          { left: 'a', right: 'c', real: 0.2, synthetic: 0.4 },
          { left: 'b', right: 'c', real: null, synthetic: 0.5 },
        ],
        notes: ['One column was left out.'],
      },
    },
  ]);
});

test('lineage says what was asked for, with what it was computed, and what was read', async () => {
  const made = await runOf('SYNTHESIZE');
  const datasetVersionId = newId('datasetVersion');
  const modelId = newId('artifact');
  const { id } = await seedArtifact(shared, made, 'MODEL', {
    columns: [{ name: 'spend', kind: 'REAL', nullable: true, decimals: 2, unique: false }],
    lineage: {
      runId: made.id,
      kind: 'SYNTHESIZE',
      config: { kind: 'SYNTHESIZE', generator: 'autoregressive', options: {}, rows: 50 },
      seed: 7,
      attempt: 2,
      engine: 'onnx-cpu',
      engineVersion: '1.30.0',
      device: 'cpu',
      codeVersion: '0.1.0',
      inputs: [
        {
          role: 'TABLE',
          datasetId: newId('dataset'),
          dataset: 'orders',
          datasetVersionId,
          number: 2,
          sha256: 'cd'.repeat(32),
        },
        { role: 'MODEL', artifactId: modelId, fileName: 'model.zip', sha256: null },
      ],
    },
  });
  const { artifact } = await shop.owner.request<{ artifact: object }>(
    `query ($id: ID!) { artifact(id: $id) { columns { name kind nullable } lineage {
      runId runKind seed generator attempt engine engineVersion device codeVersion
      config { ... on SynthesizeConfig { generator rows autoregressive { __typename } } }
      inputs { role id label sha256 }
    } } }`,
    { id },
  );
  expect(artifact).toEqual({
    columns: [{ name: 'spend', kind: 'REAL', nullable: true }],
    lineage: {
      runId: made.id,
      runKind: 'SYNTHESIZE',
      seed: 7,
      generator: 'autoregressive',
      attempt: 2,
      engine: 'onnx-cpu',
      engineVersion: '1.30.0',
      device: 'cpu',
      codeVersion: '0.1.0',
      config: {
        generator: 'autoregressive',
        rows: 50,
        autoregressive: { __typename: 'AutoregressiveOptions' },
      },
      inputs: [
        { role: 'TABLE', id: datasetVersionId, label: 'orders v2', sha256: 'cd'.repeat(32) },
        { role: 'MODEL', id: modelId, label: 'model.zip', sha256: null },
      ],
    },
  });
});

test('a download link lives as long as the caller wants, within a day', async () => {
  const { id } = await seedArtifact(shared, await runOf('SAMPLE'), 'SYNTHETIC_CSV', {
    fileName: 'synthetic.csv',
  });
  const link = async (seconds?: number) => {
    const { artifact } = await shop.owner.request<{ artifact: { downloadUrl: string } }>(
      `query ($id: ID!, $seconds: Int) { artifact(id: $id) { downloadUrl(expiresInSeconds: $seconds) } }`,
      { id, seconds },
    );
    return new URL(artifact.downloadUrl).searchParams;
  };
  expect((await link()).get('name')).toBe('synthetic.csv');
  const [short, long] = [await link(1), await link(86_400)];
  expect(Number(long.get('expires')) - Number(short.get('expires'))).toBeGreaterThanOrEqual(86_399);
  await expect(link(0)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(link(86_401)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('an artifact is deleted once no run that could still read it is left, and is missing from then on', async () => {
  const maker = await runOf('SYNTHESIZE');
  const { id } = await seedArtifact(shared, maker, 'MODEL', { fileName: 'model.zip' });
  const reader = await runOf('SAMPLE', 'PAUSED');
  await seedArtifactInput(shared, reader, 'MODEL', id);

  await expect(remove(id)).rejects.toMatchObject({
    code: 'IN_USE',
    path: ['input', 'id'],
    message: expect.stringContaining(reader.id) as string,
  });
  await asOwner(shared, (owner) =>
    owner.query(`UPDATE runs SET state = 'CANCELLED' WHERE id = $1`, [reader.id]),
  );
  expect(await remove(id)).toMatchObject({ deletedId: id });

  const seen = await shop.owner.request(
    `query ($id: ID!, $runId: ID!) {
      artifact(id: $id) { id }
      node(id: $id) { id }
      run(id: $runId) { artifacts { totalCount nodes { id } } }
      auditLog(filter: { subjectId: $id }) { nodes { action } }
    }`,
    { id, runId: maker.id },
  );
  expect(seen).toEqual({
    artifact: null,
    node: null,
    run: { artifacts: { totalCount: 0, nodes: [] } },
    auditLog: { nodes: [{ action: 'artifact:delete' }] },
  });
  await expect(remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('lists of many runs page each within its run, newest first or by name', async () => {
  const runs = [await runOf('EVALUATE'), await runOf('EVALUATE')] as const;
  for (const run of runs) {
    for (const fileName of ['a', 'b', 'c']) await seedArtifact(shared, run, 'REPORT', { fileName });
  }
  await seedArtifact(shared, runs[1], 'SCORES', { content: EVALUATION, fileName: 'd' });
  interface List {
    totalCount: number;
    nodes: { fileName: string; runId: string }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  }
  const lists = async (after?: string) => {
    const { first, second } = await shop.owner.request<Record<'first' | 'second', { artifacts: List }>>(
      `query ($first: ID!, $second: ID!, $after: String) {
        first: run(id: $first) { ...page } second: run(id: $second) { ...page }
      }
      fragment page on Run {
        artifacts(first: 2, after: $after, orderBy: FILE_NAME_ASC, filter: { kinds: [REPORT] }) {
          totalCount nodes { fileName runId } pageInfo { hasNextPage endCursor }
        }
      }`,
      { first: runs[0].id, second: runs[1].id, after },
    );
    return [first.artifacts, second.artifacts] as const;
  };
  const page = (run: { id: string }, names: string[], hasNextPage: boolean) => ({
    totalCount: 3,
    nodes: names.map((fileName) => ({ fileName, runId: run.id })),
    pageInfo: { hasNextPage, endCursor: expect.any(String) as string },
  });
  const shown = await lists();
  expect(shown).toEqual(runs.map((run) => page(run, ['a', 'b'], true)));
  const [first] = await lists(shown[0].pageInfo.endCursor);
  expect(first).toEqual(page(runs[0], ['c'], false));
});

test('a key that is confined to a project sees the artifacts of no other', async () => {
  const { project } = await shop.owner.mutate<{ project: { id: string } }>(
    `mutation { createProject(input: { name: "Other" }) { project { id } userErrors { message code path } } }`,
    {},
  );
  const { secret } = await shop.owner.mutate<{ secret: string }>(
    `mutation ($projectId: ID!) { createApiKey(input: {
      name: "Key", scopes: [ARTIFACT_READ, ARTIFACT_DELETE], projectId: $projectId
    }) { secret userErrors { message code path } } }`,
    { projectId: project.id },
  );
  const { id } = await seedArtifact(shared, await runOf('PROBE'), 'REPORT');
  const own = { tenantId: shop.tenantId, projectId: project.id };
  const { id: ownId } = await seedArtifact(shared, await seedRun(shared, own, 'SUCCEEDED'), 'REPORT');
  const key = shop.owner.as({ token: secret });
  const read = (wanted: string) =>
    key.request<{ artifact: { id: string } | null }>(`query ($id: ID!) { artifact(id: $id) { id } }`, {
      id: wanted,
    });
  expect(await read(id)).toEqual({ artifact: null });
  expect(await read(ownId)).toEqual({ artifact: { id: ownId } });
  await expect(remove(id, key)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: `There is no artifact "${id}".`,
  });
});

describe('without a gateway that sweeps', () => {
  let server: TestDatabase;
  let database: Database;
  let artifacts: ArtifactService;

  beforeAll(async () => {
    server = await testDatabase();
    database = new Database({ appUrl: server.appUrl, dispatchUrl: server.dispatchUrl, poolSize: 4 });
    artifacts = new ArtifactService(database, { signGet: (key) => key }, 900);
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  const discarded = () =>
    asOwner(server, async (owner) => {
      const { rows } = await owner.query<{ key: string }>(`SELECT key FROM discarded_objects`);
      return rows.map(({ key }) => key);
    });

  test('the file of an artifact is given up with it, and stays when it can not be deleted', async () => {
    const project = await seedProject(server);
    const context = systemContext(project.tenantId, 'test');
    const maker = await seedRun(server, project, 'SUCCEEDED');
    const [used, unused] = [
      await seedArtifact(server, maker, 'MODEL'),
      await seedArtifact(server, maker, 'MODEL'),
    ];
    await seedArtifactInput(server, await seedRun(server, project, 'QUEUED'), 'MODEL', used.id);
    await expect(artifacts.delete(context, { id: used.id })).rejects.toMatchObject({ code: 'IN_USE' });
    await artifacts.delete(context, { id: unused.id });
    expect(await discarded()).toEqual([unused.objectKey]);
  });

  test('a run that is being started keeps the artifact that it reads', async () => {
    const project = await seedProject(server);
    const context = systemContext(project.tenantId, 'test');
    const { id } = await seedArtifact(server, await seedRun(server, project, 'SUCCEEDED'), 'MODEL');
    const reader = await seedRun(server, project, 'QUEUED');
    const waiting = () =>
      asOwner(server, async (owner) => {
        const { rows } = await owner.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
    await asOwner(server, async (starting) => {
      await starting.query('BEGIN');
      await starting.query(
        `INSERT INTO run_inputs (tenant_id, run_id, role, artifact_id) VALUES ($1, $2, 'MODEL', $3)`,
        [project.tenantId, reader.id, id],
      );
      let settled = false;
      const deletion = artifacts.delete(context, { id }).finally(() => (settled = true));
      const refused = expect(deletion).rejects.toMatchObject({ code: 'IN_USE' });
      while (!settled && !(await waiting()));
      await starting.query('COMMIT');
      await refused;
    });
    expect(await artifacts.find(context, id)).toMatchObject({ id });
  });
});
