import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { finish } from '../../client/synthesize.js';
import { sharedServices } from '../platform/services.js';
import { ingestText, makeShop, smallTable, startRun, type Shop } from '../platform/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Datasets');
});
afterAll(() => shop.owner.close());

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

const CREATE = `mutation ($input: CreateDatasetUploadInput!) { createDatasetUpload(input: $input) {
  dataset { id name kind } datasetVersion { id number state } upload { url method headers { name value } expiresAt }
  userErrors { code message path }
} }`;
const COMPLETE = `mutation ($input: CompleteDatasetUploadInput!) { completeDatasetUpload(input: $input) {
  datasetVersion { id state sha256 } run { id kind state } userErrors { code message path }
} }`;
const CORRECT = `mutation ($input: CorrectDatasetColumnsInput!) { correctDatasetColumns(input: $input) {
  datasetVersion { id number correctsId } run { id } userErrors { code message path }
} }`;
const DELETE = `mutation ($input: DeleteDatasetInput!) { deleteDataset(input: $input) {
  deletedId userErrors { code message path }
} }`;

interface Created {
  dataset: { id: string; name: string; kind: string };
  datasetVersion: { id: string; number: number; state: string };
  upload: { url: string; method: string; headers: { name: string; value: string }[] } | null;
}
interface Completed {
  datasetVersion: { id: string; state: string; number: number };
  run: { id: string; kind: string };
}
interface Refusal {
  userErrors: { code: string; message: string; path: string[] }[];
}

const create = (input: object) =>
  shop.owner.mutate<Created>(CREATE, { input: { projectId: shop.projectId, fileName: 'a.csv', ...input } });
const refusal = async (document: string, input: object): Promise<Refusal['userErrors'][number]> => {
  const data = await shop.owner.request<Record<string, Refusal>>(document, { input });
  return Object.values(data)[0]!.userErrors[0]!;
};
const send = (created: Created, content: string) =>
  fetch(created.upload!.url, {
    method: created.upload!.method,
    headers: Object.fromEntries(created.upload!.headers.map(({ name, value }) => [name, value])),
    body: content,
  });
const complete = (created: Created, content: string) =>
  shop.owner.mutate<Completed>(COMPLETE, {
    input: { datasetVersionId: created.datasetVersion.id, sha256: sha256(content) },
  });
async function uploaded(content: string, input: object = {}): Promise<Created> {
  const created = await create({ bytes: Buffer.byteLength(content), ...input });
  expect((await send(created, content)).status).toBe(200);
  return created;
}

test('an uploaded file becomes a table whose columns and profile can be read', async () => {
  const text = smallTable(200);
  const { datasetVersionId, runId } = await ingestText(shop, gzipSync(text), 'visits.csv.gz');
  const { node } = await shop.owner.request<{ node: Record<string, unknown> }>(
    `query ($id: ID!) { node(id: $id) { ... on DatasetVersion {
      state number rows fileName sha256 keyCandidates failure { code } dataset { name kind } run { id state }
      format { type delimiter gzip encoding }
      columns { name kind nullable unique profile {
        count missing distinct topValues { value count } numeric { min max mean quantiles { p value } }
        histogram { edges counts }
      } }
      downloadUrl tableUrl
    } } }`,
    { id: datasetVersionId },
  );
  expect(node).toMatchObject({
    state: 'READY',
    number: 1,
    rows: 200,
    failure: null,
    dataset: { name: 'visits.csv.gz', kind: 'TABLE' },
    run: { id: runId, state: 'SUCCEEDED' },
    format: { type: 'CSV', delimiter: ',', gzip: true, encoding: 'utf-8' },
  });
  const columns = node['columns'] as {
    name: string;
    kind: string;
    profile: { count: number; topValues: unknown[]; numeric: { min: number; max: number } | null };
  }[];
  expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
    ['visits', 'INTEGER'],
    ['spend', 'REAL'],
    ['channel', 'CATEGORY'],
    ['weekend', 'BOOLEAN'],
  ]);
  expect(columns[0]!.profile).toMatchObject({
    count: 200,
    missing: 0,
    distinct: 23,
    numeric: { min: 0, max: 22 },
  });
  expect(columns[2]!.profile.topValues).toEqual([
    { value: 'mail', count: 67 },
    { value: 'search', count: 67 },
    { value: 'social', count: 66 },
  ]);
  const file = await fetch(node['downloadUrl'] as string);
  expect(sha256(Buffer.from(await file.arrayBuffer()))).toBe(node['sha256']);
  const table = Buffer.from(await (await fetch(node['tableUrl'] as string)).arrayBuffer());
  expect(table.subarray(0, 4).toString()).toBe('PAR1');
});

test('a file that was not sent, or is another one, is not taken', async () => {
  const content = smallTable(20);
  const created = await create({ bytes: Buffer.byteLength(content) });
  const input = { datasetVersionId: created.datasetVersion.id, sha256: sha256(content) };
  expect(await refusal(COMPLETE, input)).toMatchObject({ code: 'UPLOAD_MISMATCH' });
  expect((await send(created, content)).status).toBe(200);
  expect(await refusal(COMPLETE, { ...input, sha256: sha256('other') })).toMatchObject({
    code: 'UPLOAD_MISMATCH',
    path: ['input', 'sha256'],
  });
  expect((await complete(created, content)).datasetVersion.state).toBe('INGESTING');
});

test('completing again answers the same run, and with another hash is refused', async () => {
  const content = smallTable(21);
  const created = await uploaded(content);
  const [first, second] = await Promise.all([complete(created, content), complete(created, content)]);
  expect(second.run.id).toBe(first.run.id);
  expect((await complete(created, content)).run.id).toBe(first.run.id);
  const wrong = { datasetVersionId: created.datasetVersion.id, sha256: sha256('other') };
  expect(await refusal(COMPLETE, wrong)).toMatchObject({ code: 'INVALID_STATE' });
});

test('a repeated request finds the same upload, and no upload once it was completed', async () => {
  const content = smallTable(22);
  const request = { bytes: Buffer.byteLength(content), idempotencyKey: 'upload-1' };
  const first = await create(request);
  const second = await create(request);
  expect(second.datasetVersion.id).toBe(first.datasetVersion.id);
  expect((await send(second, content)).status).toBe(200);
  await complete(first, content);
  expect((await create(request)).upload).toBeNull();
  expect(await refusal(CREATE, { projectId: shop.projectId, fileName: 'b.csv', ...request })).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test('what can be seen to be wrong is refused before the upload, with the field', async () => {
  const input = { projectId: shop.projectId, fileName: 'a.csv', bytes: 10 };
  expect(await refusal(CREATE, { ...input, bytes: 0 })).toMatchObject({ path: ['input', 'bytes'] });
  expect(await refusal(CREATE, { ...input, bytes: 2 ** 50 })).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    path: ['input', 'bytes'],
  });
  expect(await refusal(CREATE, { ...input, fileName: '../a.csv' })).toMatchObject({
    path: ['input', 'fileName'],
  });
  expect(await refusal(CREATE, { ...input, sha256: 'abc' })).toMatchObject({ path: ['input', 'sha256'] });
  expect(await refusal(CREATE, { ...input, name: ' ' })).toMatchObject({ path: ['input', 'name'] });
});

test('a file that cannot be read fails its version with the line, and leaves no table', async () => {
  const content = 'a,b\n1,2\n3,4,5\n';
  const created = await uploaded(content);
  const { run } = await complete(created, content);
  await expect(finish(shop.owner, run.id, {})).rejects.toThrow();
  const { node } = await shop.owner.request<{ node: object }>(
    `query ($id: ID!) { node(id: $id) { ... on DatasetVersion {
      state rows tableUrl columns { name } failure { code message location { file line } }
    } } }`,
    { id: created.datasetVersion.id },
  );
  expect(node).toMatchObject({
    state: 'FAILED',
    rows: null,
    tableUrl: null,
    columns: null,
    failure: { code: 'INVALID_FILE', location: { line: 3 } },
  });
});

test('correcting a column makes a new version of the same file, and the old one stays', async () => {
  const { datasetVersionId } = await ingestText(shop, smallTable(50), 'correct.csv');
  const input = { datasetVersionId, columns: [{ name: 'visits', kind: 'CATEGORY' }] };
  const corrected = await shop.owner.mutate<Completed & { datasetVersion: { correctsId: string } }>(CORRECT, {
    input,
  });
  expect(corrected.datasetVersion).toMatchObject({ number: 2, correctsId: datasetVersionId });
  await finish(shop.owner, corrected.run.id, {});
  const kinds = async (id: string) =>
    (
      await shop.owner.request<{ node: { state: string; columns: { kind: string }[] } }>(
        'query ($id: ID!) { node(id: $id) { ... on DatasetVersion { state columns { kind } } } }',
        { id },
      )
    ).node.columns.map(({ kind }) => kind);
  expect((await kinds(corrected.datasetVersion.id))[0]).toBe('CATEGORY');
  expect((await kinds(datasetVersionId))[0]).toBe('INTEGER');
  expect(await refusal(CORRECT, { ...input, columns: [{ name: 'nope', kind: 'TEXT' }] })).toMatchObject({
    code: 'INVALID_INPUT',
    path: ['input', 'columns', '0', 'name'],
  });
});

test('a dataset in use is kept, and one that is not is deleted with its files', async () => {
  const { datasetVersionId } = await ingestText(shop, smallTable(60), 'delete.csv');
  const version = (
    await shop.owner.request<{ node: { downloadUrl: string; dataset: { id: string } } }>(
      'query ($id: ID!) { node(id: $id) { ... on DatasetVersion { downloadUrl dataset { id } } } }',
      { id: datasetVersionId },
    )
  ).node;
  const request = {
    pool: 'nobody',
    synthesize: { datasetVersionId, autoregressive: { epochs: 1 } },
    idempotencyKey: 'before-the-deletion',
  };
  const runId = await startRun(shop, request);
  expect(await refusal(DELETE, { id: version.dataset.id })).toMatchObject({
    code: 'IN_USE',
    message: expect.stringContaining(runId) as string,
  });
  await shop.owner.mutate(
    'mutation ($id: ID!) { cancelRun(input: { id: $id }) { userErrors { code message path } } }',
    {
      id: runId,
    },
  );
  await shop.owner.mutate(DELETE, { input: { id: version.dataset.id } });
  const gone = await shop.owner.request<Record<string, unknown>>(
    'query ($id: ID!, $version: ID!) { dataset(id: $id) { id } node(id: $version) { id } }',
    { id: version.dataset.id, version: datasetVersionId },
  );
  expect(gone).toEqual({ dataset: null, node: null });
  expect(await refusal(DELETE, { id: version.dataset.id })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await startRun(shop, request)).toBe(runId);
  await expect(startRun(shop, { ...request, idempotencyKey: 'after-it' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    path: ['input', 'synthesize', 'datasetVersionId'],
  });
});

test('a project lists its datasets page by page, filtered and ordered', async () => {
  const own = await makeShop(sharedServices().gatewayUrl, 'Lists');
  try {
    for (const name of ['beta', 'alpha', 'gamma', 'Alphabet']) {
      await own.owner.mutate(CREATE, {
        input: {
          projectId: own.projectId,
          name,
          fileName: 'a.csv',
          bytes: 10,
          kind: name === 'gamma' ? 'EVENTS' : 'TABLE',
        },
      });
    }
    const list = async (args: string) =>
      (
        await own.owner.request<{
          project: {
            datasets: { nodes: { name: string }[]; totalCount: number; pageInfo: { endCursor: string } };
          };
        }>(
          `query ($id: ID!) { project(id: $id) { datasets(${args}) {
            nodes { name latestVersion { id } versions { nodes { number state } } } totalCount pageInfo { endCursor }
          } } }`,
          { id: own.projectId },
        )
      ).project.datasets;
    const names = async (args: string) => (await list(args)).nodes.map(({ name }) => name);
    expect(await names('orderBy: CREATED_AT_ASC')).toEqual(['beta', 'alpha', 'gamma', 'Alphabet']);
    expect(await names('filter: { nameContains: "ALPHA" }, orderBy: CREATED_AT_ASC')).toEqual([
      'alpha',
      'Alphabet',
    ]);
    expect(await names('filter: { kinds: [EVENTS] }')).toEqual(['gamma']);
    const first = await list('first: 3, orderBy: CREATED_AT_DESC');
    expect(first).toMatchObject({ totalCount: 4 });
    expect(await names(`first: 3, orderBy: CREATED_AT_DESC, after: "${first.pageInfo.endCursor}"`)).toEqual([
      'beta',
    ]);
  } finally {
    await own.owner.close();
  }
});

test('a file that does not fit into what the tenant may use is refused, and fits once something is deleted', async () => {
  const { gatewayUrl, sharedDatabaseUrl } = sharedServices();
  const small = await makeShop(gatewayUrl, 'Small');
  const owner = new pg.Client({ connectionString: sharedDatabaseUrl });
  await owner.connect();
  try {
    await owner.query('UPDATE tenants SET max_bytes = 1000 WHERE id = $1', [small.tenantId]);
    const declare = async (bytes: number) =>
      (
        await small.owner.request<{ createDatasetUpload: Created & Refusal }>(CREATE, {
          input: { projectId: small.projectId, fileName: 'a.csv', bytes },
        })
      ).createDatasetUpload;
    const first = await declare(700);
    expect(first.userErrors).toEqual([]);
    expect((await declare(301)).userErrors).toMatchObject([
      { code: 'LIMIT_EXCEEDED', path: ['input', 'bytes'] },
    ]);
    // A file that could not be read is there all the same.
    await owner.query("UPDATE dataset_versions SET state = 'FAILED', ingest_run_id = 'run' WHERE id = $1", [
      first.datasetVersion.id,
    ]);
    expect((await declare(301)).userErrors).toMatchObject([{ code: 'LIMIT_EXCEEDED' }]);
    expect((await declare(300)).userErrors).toEqual([]);
    await small.owner.mutate(DELETE, { input: { id: first.dataset.id } });
    expect((await declare(700)).userErrors).toEqual([]);
  } finally {
    await owner.end();
    await small.owner.close();
  }
});

test('an upload that is completed in the moment in which it expires is expired, not ingested without its file', async () => {
  const content = 'a,b\n1,2\n';
  const created = await uploaded(content);
  const { id } = created.datasetVersion;
  const sweep = new pg.Client({ connectionString: sharedServices().sharedDatabaseUrl });
  await sweep.connect();
  try {
    await sweep.query('BEGIN');
    await sweep.query(`UPDATE dataset_versions SET state = 'FAILED' WHERE id = $1`, [id]);
    const refused = refusal(COMPLETE, { datasetVersionId: id, sha256: sha256(content) });
    await waitsForLock(sweep);
    await sweep.query('COMMIT');
    expect(await refused).toMatchObject({ code: 'EXPIRED' });
  } finally {
    await sweep.end();
  }
});

/** Resolves once another session waits for a lock that the client's transaction holds. */
async function waitsForLock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      'SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))',
    );
    if (rowCount) return;
  }
}
