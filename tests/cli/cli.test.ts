import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../client/connection.js';
import { makeAccount, type Account } from '../../client/platform.js';
import { constraintText } from '../../schema/messages/constraints.js';
import { ModelCard } from '../../schema/messages/model-card.js';
import { withClient } from '../platform/observe.js';
import { sharedServices, withDatabase } from '../platform/services.js';
import { catalogueCsv, searchesCsv } from '../platform/search-shop.js';
import { smallTable, walksLog } from '../platform/shop.js';

describe('the command line', () => {
  let account: Account;
  let folder: string;
  let table: string;

  beforeAll(async () => {
    account = await makeAccount(sharedServices().gatewayUrl, { tenant: 'Shell', project: 'Scripts' });
    folder = await mkdtemp(join(tmpdir(), 'synthcart-cli-'));
    table = join(folder, 'table.csv');
    await writeFile(table, smallTable());
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const synthcart = (args: string[], environment: Record<string, string> = {}) =>
    run(args, {
      SYNTHCART_URL: sharedServices().gatewayUrl,
      SYNTHCART_API_KEY: account.apiKey,
      ...environment,
    });

  const modelCardOf = async (runId: string): Promise<unknown> => {
    const connection = new Connection(sharedServices().gatewayUrl, { token: account.apiKey });
    try {
      const { run } = await connection.request<{
        run: { artifacts: { nodes: { kind: string; modelCard: object | null }[] } };
      }>(
        `query ($id: ID!) { run(id: $id) { artifacts { nodes { kind modelCard {
          runId generator options { name value } constraints privacy { epsilon } verdict
          data { rows columns { name kind } preparation }
          scores { name value unit }
        } } } } }`,
        { id: runId },
      );
      return run.artifacts.nodes.find(({ modelCard }) => modelCard !== null)?.modelCard;
    } finally {
      await connection.close();
    }
  };

  test('synthesizes a file, and scores the result against it', async () => {
    const out = join(folder, 'out');
    const preparation = join(folder, 'preparation.json');
    const steps = [{ outliers: { columns: ['spend'], method: 'Z_SCORE', factor: 1.5, action: 'CLIP' } }];
    await writeFile(preparation, JSON.stringify(steps));
    const made = await synthcart([
      'synthesize',
      table,
      ...['--preparation', preparation],
      ...['--rows', '150', '--seed', '3', '--set', 'epochs=2', '--out', out, '--json'],
    ]);
    expect(made).toMatchObject({ code: 0 });
    const summary = JSON.parse(made.stdout) as {
      runId: string;
      rows: number;
      columns: number;
      metricPointsReceived: number;
    };
    expect(summary).toMatchObject({ rows: 150, columns: 4 });
    expect(summary.metricPointsReceived).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toMatchObject({ rows: 150 });
    const csv = readFileSync(join(out, 'synthetic.csv'), 'utf8');
    expect(csv.split('\n')[0]).toBe('visits,spend,channel,weekend');
    expect(csv.trimEnd().split('\n')).toHaveLength(151);
    expect(existsSync(join(out, 'synthetic.parquet'))).toBe(true);
    const card = ModelCard.parse(JSON.parse(readFileSync(join(out, 'model-card.json'), 'utf8')));
    expect(card.data.preparation).toMatchObject([
      { step: { type: 'outliers', method: 'zScore' }, rows: 200, columns: [{ name: 'spend' }] },
    ]);
    expect(card.data.preparation[0]!.columns[0]!.cells).toBeGreaterThan(0);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('clip outliers of spend beyond 1.5');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<!doctype html>');

    const { runId } = summary;
    expect(await modelCardOf(runId)).toEqual({
      runId,
      generator: card.model.generator,
      options: expect.arrayContaining([{ name: 'epochs', value: '2' }]) as unknown,
      constraints: card.model.constraints.map(constraintText),
      privacy: null,
      verdict: card.verdict,
      data: {
        rows: 200,
        columns: card.data.columns.map(({ name, kind }) => ({ name, kind })),
        preparation: [expect.stringContaining('clip outliers of spend')],
      },
      scores: card.scores.map(({ name, value, unit }) => ({ name, value, unit: unit.toUpperCase() })),
    });
    const more = await synthcart([
      'sample',
      ...[
        '--run',
        runId,
        '--rows',
        '40',
        '--where',
        'channel=mail',
        '--where',
        'visits>=2',
        '--where',
        'visits<=9',
      ],
      ...['--out', join(out, 'more'), '--json'],
    ]);
    expect(more).toMatchObject({ code: 0 });
    expect(JSON.parse(more.stdout)).toMatchObject({ rows: 40 });
    const [, ...rows] = readFileSync(join(out, 'more', 'synthetic.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rows).toHaveLength(40);
    for (const row of rows) {
      const [visits, , channel] = row.split(',');
      expect(channel).toBe('mail');
      expect(Number(visits)).toBeGreaterThanOrEqual(2);
      expect(Number(visits)).toBeLessThanOrEqual(9);
    }
    const scored = await synthcart([
      'evaluate',
      ...['--real', table, '--synthetic', join(out, 'synthetic.csv'), '--out', join(out, 'scored'), '--json'],
    ]);
    expect(scored).toMatchObject({ code: 0 });
    const { scores } = JSON.parse(scored.stdout) as { scores: { name: string; family: string }[] };
    expect(scores).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'shapeError', family: 'FIDELITY', unit: 'PERCENT' }),
        expect.objectContaining({ name: 'closestRecord', family: 'PRIVACY', unit: 'DISTANCE' }),
      ]),
    );
    expect(readFileSync(join(out, 'scored', 'report.html'), 'utf8')).toContain('<!doctype html>');
    expect(JSON.parse(readFileSync(join(out, 'scored', 'scores.json'), 'utf8'))).toMatchObject({ v: 1 });
  }, 90_000);

  test('fills the missing cells of a file, and says what it filled and how well', async () => {
    const out = join(folder, 'completed');
    const lines = smallTable()
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    const holed = lines.map((cells, row) => (row > 0 && row % 8 === 0 ? cells.with(2, '') : cells));
    const file = join(folder, 'holed.csv');
    await writeFile(file, holed.map((cells) => cells.join(',')).join('\n'));
    const made = await synthcart([
      'complete',
      file,
      ...[
        '--column',
        'channel',
        '--drawings',
        '3',
        '--doubt',
        '0',
        '--seed',
        '3',
        '--set',
        'epochs=5',
        '--out',
        out,
        '--json',
      ],
    ]);
    expect(made).toMatchObject({ code: 0 });
    const { runId, completion } = JSON.parse(made.stdout) as {
      runId: string;
      completion: { columns: { name: string; missing: number; filled: number; score: object | null }[] };
    };
    const missing = holed.filter((cells) => cells.includes('')).length;
    const channel = completion.columns.find(({ name }) => name === 'channel');
    expect(channel).toMatchObject({ missing, filled: missing, score: { measure: 'ACCURACY' } });
    const rows = readFileSync(join(out, 'completed.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    rows.forEach((cells, row) => {
      expect(cells).toHaveLength(4);
      holed[row]!.forEach((cell, at) => expect(cells[at]).toEqual(cell || expect.stringMatching(/./)));
    });
    for (const name of ['completed.parquet', 'cells.csv', 'completion.json', 'report.html'])
      expect(existsSync(join(out, name))).toBe(true);

    const connection = new Connection(sharedServices().gatewayUrl, { token: account.apiKey });
    try {
      const { run } = await connection.request<{
        run: { config: object; artifacts: { nodes: { kind: string; rows: number; lineage: object }[] } };
      }>(
        `query ($id: ID!) { run(id: $id) {
          config { ... on CompleteConfig { generator columns doubt drawings autoregressive { epochs } } }
          artifacts { nodes { kind rows lineage { runKind generator inputs { role label } } } }
        } }`,
        { id: runId },
      );
      expect(run.config).toEqual({
        generator: 'autoregressive',
        columns: ['channel'],
        doubt: 0,
        drawings: 3,
        autoregressive: { epochs: 5 },
      });
      expect(run.artifacts.nodes).toContainEqual({
        kind: 'COMPLETED_PARQUET',
        rows: lines.length - 1,
        lineage: {
          runKind: 'COMPLETE',
          generator: 'autoregressive',
          inputs: [{ role: 'TABLE', label: 'holed.csv v1' }],
        },
      });
    } finally {
      await connection.close();
    }

    const refused = await synthcart([
      'complete',
      file,
      '--generator',
      'copula',
      '--out',
      join(folder, 'none'),
    ]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Choose one of') as unknown });
    const unknown = await synthcart(['complete', file, '--column', 'chanel', '--out', join(folder, 'none')]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('no column "chanel". It has: "visits"');
  }, 90_000);

  test('trains a recommender on a log, tells how it ranks, asks it and why, and names what it does not know', async () => {
    const log = join(folder, 'events.csv');
    await writeFile(log, walksLog());
    const out = join(folder, 'recommender');
    const train = ['recommend', 'train', log, '--recommender', 'item-knn', '--cutoff', '3'];
    const trained = await synthcart([...train, '--set', 'neighbours=20', '--out', out, '--json']);
    expect(trained).toMatchObject({ code: 0 });
    const { ranking, files, recommenderArtifactId, runId } = JSON.parse(trained.stdout) as {
      runId: string;
      recommenderArtifactId: string;
      ranking: { tested: number; scores: { measure: string; cutoff: number | null; group: string }[] };
      files: string[];
    };
    expect(ranking).toMatchObject({ tested: 40, items: 12, realInteractions: 200, syntheticInteractions: 0 });
    expect(ranking.scores).toContainEqual(
      expect.objectContaining({ measure: 'NDCG', cutoff: 3, group: 'ALL' }),
    );
    expect(files.map((path) => path.slice(out.length + 1)).sort()).toEqual([
      'ranking.json',
      'recommender.safetensors',
      'report.html',
    ]);
    const query = ['recommend', 'query', '--model', recommenderArtifactId, '--k', '3'];
    const asked = await synthcart([...query, '--history', 'p1,p2', '--exclude', 'p3', '--json']);
    expect(asked).toMatchObject({ code: 0 });
    const answer = JSON.parse(asked.stdout) as { basis: string; items: { item: string }[] };
    expect(answer).toMatchObject({ basis: 'HISTORY', model: { recommender: 'item-knn' } });
    expect(answer.items).toHaveLength(3);
    expect(answer.items.map(({ item }) => item)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^p[123]$/)]),
    );
    const shown = await synthcart([...query, '--history', 'p1,gone', '--reasons']);
    expect(shown.stdout).toContain('because of p1, 100 %');
    expect(shown.stdout).toContain("It doesn't know the items gone.");
    const models = (...args: string[]) => synthcart(['models', ...args, '--json']);
    const added = await models('add', 'home-page', '--recommender', recommenderArtifactId, '--note', 'first');
    expect(added).toMatchObject({ code: 0 });
    const { id: modelVersionId } = JSON.parse(added.stdout) as { id: string };
    const promoted = await models('promote', 'home-page', '1');
    expect(JSON.parse(promoted.stdout)).toMatchObject({ name: 'home-page', revision: 1 });
    const lines = ['IMPRESSION', 'CLICK'].map((kind) =>
      JSON.stringify({ eventId: kind, type: kind, item: 'p4', modelVersionId, position: 1 }),
    );
    const feedback = join(folder, 'feedback.jsonl');
    await writeFile(feedback, lines.join('\n'));
    const recorded = await models('feedback', 'home-page', feedback);
    expect(JSON.parse(recorded.stdout)).toEqual({ recorded: 2, repeated: 0 });
    await writeFile(feedback, [...lines, '{"eventId": "x", "type": "CLICK", "item": "p4"}'].join('\n'));
    const wrong = await models('feedback', 'home-page', feedback);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Line 3: Say what') as unknown });
    const listed = await synthcart(['models', 'list']);
    expect(listed.stdout).toMatch(/version 1 .* live .* 100 % .* 1 .* 1 \(100 %\)/);
    const lone = await models('split', 'home-page', '1=0.5', '7=0.5');
    expect(lone).toMatchObject({ code: 2, stderr: expect.stringContaining('no version 7') as unknown });
    const back = await models('rollback', 'home-page');
    expect(back).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing else was live') as unknown,
    });
    const compared = await models('compare', 'home-page');
    expect(compared).toMatchObject({ code: 2, stderr: expect.stringContaining('not two live') as unknown });

    const nobody = await synthcart(query);
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('--history') as unknown });
    const explain = ['explain', runId, log, '--k', '2', '--out', join(folder, 'explained')];
    const explained = await synthcart([...explain, '--user', 'u3', '--json']);
    expect(explained).toMatchObject({ code: 0 });
    expect(JSON.parse(explained.stdout)).toMatchObject({
      explanation: { recommender: 'item-knn', explained: [{ user: 'u3', items: [{ item: 'p9' }, {}] }] },
      files: [expect.stringMatching(/explanation\.json$/), expect.stringMatching(/report\.html$/)],
    });
    const told = await synthcart([...explain, '--sample', '2']);
    expect(told.stdout).toMatch(/1\. p\d+ +│ Because of p\d+/);
    const stranger = await synthcart([...explain, '--user', 'nobody']);
    expect(stranger).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no user "nobody"') as unknown,
    });
    const unknown = await synthcart(['recommend', 'train', log, '--recommender', 'oracle']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('transformer, dnn, item-knn, popularity');
  }, 60_000);

  test('trains a search ranker on a catalogue, tells how it answers queries, and asks it', async () => {
    const [catalogue, searches] = [join(folder, 'products.csv'), join(folder, 'searches.csv')];
    await writeFile(catalogue, catalogueCsv());
    await writeFile(searches, searchesCsv());
    const out = join(folder, 'search');
    const train = ['search', 'train', catalogue, '--searches', searches, '--ranker', 'bm25', '--out', out];
    const options = ['--set', 'weights.title=3', '--gain', 'Exact=1', '--catalogue-columns', 'title=title'];
    const trained = await synthcart([...train, ...options, '--json']);
    expect(trained).toMatchObject({ code: 0 });
    const { ranking, files, searchRankerArtifactId } = JSON.parse(trained.stdout) as {
      searchRankerArtifactId: string;
      ranking: object;
      files: string[];
    };
    expect(ranking).toMatchObject({
      ranker: 'bm25',
      products: 30,
      tested: [{ queries: 'JUDGED', count: 4 }],
    });
    expect(files.map((path) => path.slice(out.length + 1)).sort()).toEqual([
      'report.html',
      'search-ranker.safetensors',
      'search-ranking.json',
    ]);
    const query = ['search', 'query', '--model', searchRankerArtifactId];
    const asked = await synthcart([...query, 'red lantern', '--k', '1', '--json']);
    expect(JSON.parse(asked.stdout)).toMatchObject({ products: [{ product: 'p10', title: 'red lantern' }] });
    const shown = await synthcart([...query, 'blue zeppelin']);
    expect(shown.stdout).toContain('No product has the words zeppelin.');
    const role = await synthcart([...train, '--catalogue-columns', 'name=title']);
    expect(role).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are the roles id') as unknown,
    });
    const unknown = await synthcart([...query, '']);
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('`query` is empty') as unknown,
    });
  });

  test('synthesizes tables that refer to each other', async () => {
    const users = Array.from({ length: 30 }, (_, row) => `u${row},${['de', 'fr'][row % 2]}`);
    const orders = Array.from({ length: 90 }, (_, row) => `u${(row * 7) % 30},${1 + (row % 4)}`);
    await writeFile(join(folder, 'users.csv'), ['id,country', ...users].join('\n'));
    await writeFile(join(folder, 'orders.csv'), ['user,items', ...orders].join('\n'));
    const file = join(folder, 'shop.json');
    const described = { users: 'users.csv', orders: { file: 'orders.csv' } };
    await writeFile(file, JSON.stringify({ tables: described, relations: ['orders.user -> users.id'] }));
    const out = join(folder, 'tables');
    const made = await synthcart([
      'synthesize-tables',
      file,
      ...['--scale', '0.5', '--seed', '3', '--set', 'epochs=2', '--set', 'parts=0', '--out', out, '--json'],
    ]);
    expect(made).toMatchObject({ code: 0 });
    expect(JSON.parse(made.stdout)).toMatchObject({ relations: [{ integrity: 1 }] });
    const rowsOf = (name: string): string[][] =>
      readFileSync(join(out, name), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
    const keys = new Set(rowsOf('users.csv').map(([id]) => id));
    expect(keys.size).toBe(15);
    expect(rowsOf('orders.csv').filter(([user]) => !keys.has(user))).toEqual([]);
    expect(readFileSync(join(out, 'orders-report.html'), 'utf8')).toContain('orders.user → users.id');

    await writeFile(file, JSON.stringify({ tables: { users: 'nowhere.csv' }, relations: [] }));
    const missing = await synthcart(['synthesize-tables', file]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('nowhere.csv') as unknown });
    await writeFile(file, JSON.stringify({ tables: described, relations: ['orders to users'] }));
    const unclear = await synthcart(['synthesize-tables', file]);
    expect(unclear).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('orders.user -> users.id') as unknown,
    });
  }, 90_000);

  test('says which option is wrong, and ends with 1', async () => {
    const refused = await synthcart([
      'synthesize',
      table,
      '--set',
      'epochs=0',
      '--out',
      join(folder, 'none'),
    ]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/epochs/);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  }, 60_000);

  test('passes on what is wrong with a file, and where', async () => {
    const ragged = join(folder, 'ragged.csv');
    await writeFile(ragged, 'a,b\n1,2\n3,4,5\n');
    const failed = await synthcart(['synthesize', ragged, '--out', join(folder, 'none')]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/line 3/);
  }, 60_000);

  test('ends with 2 for a file that is not there, or a wrong command line', async () => {
    const missing = await synthcart(['synthesize', join(folder, 'no-such.csv')]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('no-such.csv') as unknown });
    const steps = await synthcart(['synthesize', table, '--preparation', table]);
    expect(steps).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('steps of the preparation') as unknown,
    });
    expect((await synthcart(['synthesise', table])).code).toBe(2);
    expect((await synthcart(['synthesize', table, '--rows', '-5'])).code).toBe(2);
  }, 60_000);

  test('ends with 3 when no platform answers', async () => {
    const unreachable = await synthcart(['synthesize', table], { SYNTHCART_URL: 'http://127.0.0.1:9' });
    expect(unreachable).toMatchObject({ code: 3, stderr: expect.stringContaining('127.0.0.1:9') as unknown });
  }, 60_000);

  test('migrates a database, and says so when there is nothing to do', async () => {
    const { ownerUrl, secret } = sharedServices();
    const database = `migrated_${randomBytes(4).toString('hex')}`;
    const environment = { DATABASE_URL: withDatabase(ownerUrl, database), SYNTHCART_SECRET: secret };
    await withClient(ownerUrl, (owner) => owner.query(`CREATE DATABASE ${database}`));
    try {
      expect(await synthcart(['migrate'], environment)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('row_level_security') as unknown,
      });
      expect(await synthcart(['migrate'], environment)).toMatchObject({
        code: 0,
        stdout: 'The database is up to date.\n',
      });
    } finally {
      await withClient(ownerUrl, (owner) => owner.query(`DROP DATABASE ${database} WITH (FORCE)`));
    }
    const lost = await synthcart(['migrate'], { DATABASE_URL: '', SYNTHCART_SECRET: '' });
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('DATABASE_URL') as unknown });
  }, 60_000);

  test('shows help with an example for every command', async () => {
    const overview = await synthcart(['--help']);
    expect(overview.code).toBe(0);
    const commands = [...overview.stdout.matchAll(/^ {2}(\w+)[ [].*$/gm)]
      .map(([, name]) => name as string)
      .filter((name) => !['help'].includes(name) && /^[a-z]+$/.test(name));
    expect(commands).toEqual(
      expect.arrayContaining([
        'up',
        'gateway',
        'worker',
        'migrate',
        'synthesize',
        'evaluate',
        'complete',
        'recommend',
        'search',
      ]),
    );
    for (const command of [
      'up',
      'gateway',
      'worker',
      'migrate',
      'synthesize',
      'evaluate',
      'complete',
      'demo',
    ]) {
      expect((await synthcart([command, '--help'])).stdout).toContain('Example:');
    }
  }, 60_000);
});

function run(
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['bin/synthcart.mjs', ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}
