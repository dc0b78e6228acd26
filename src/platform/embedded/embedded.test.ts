import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect, Events, type ConnectionOptions } from 'nats';
import pg from 'pg';
import { pino } from 'pino';
import { PROJECT_ROOT } from '../project-root.js';
import { startEmbeddedNats } from './nats.js';
import { startEmbeddedPostgres, type EmbeddedServer } from './postgres.js';
import { commandLine } from './process-table.js';

const log = pino({ level: 'silent' });
const running = new Set<EmbeddedServer>();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthcart-embedded-'));
});

afterEach(async () => {
  for (const server of running) await server.stop();
  running.clear();
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function startPostgres(where = folder): Promise<EmbeddedServer> {
  const server = await startEmbeddedPostgres({ folder: where, log });
  running.add(server);
  return server;
}

async function startNats(): Promise<EmbeddedServer> {
  const server = await startEmbeddedNats({ folder, log });
  running.add(server);
  return server;
}

async function query<R extends pg.QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

function natsOptions(url: string): ConnectionOptions {
  const { host, username, password } = new URL(url);
  return { servers: host, user: username, pass: password, reconnect: false };
}

async function pidFile(server: 'postgres' | 'nats'): Promise<string> {
  if (server === 'nats') return join(folder, 'nats', 'nats.pid');
  const elsewhere = await readFile(join(folder, 'postgres', 'elsewhere'), 'utf8').catch(() => undefined);
  return join(elsewhere ?? join(folder, 'postgres'), 'data', 'postmaster.pid');
}

const pidOf = async (server: 'postgres' | 'nats'): Promise<number> =>
  Number((await readFile(await pidFile(server), 'utf8')).split('\n')[0]);

/** Tries until it succeeds; the time limit of the test is the limit. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await setImmediate();
    }
  }
}

/** A process of its own that starts both servers in the folder, tells their URLs, and stays. */
async function startPlatformProcess(): Promise<{ pid: number; kill(): Promise<void>; urls: string[] }> {
  const module = (name: string) =>
    JSON.stringify(join(PROJECT_ROOT, 'dist', 'src', 'platform', 'embedded', name));
  const program = `
    import { startEmbeddedPostgres } from ${module('postgres.js')};
import { startEmbeddedNats } from ${module('nats.js')};
    const options = { folder: ${JSON.stringify(folder)}, log: { info() {}, warn() {}, error() {} } };
    const servers = [await startEmbeddedPostgres(options), await startEmbeddedNats(options)];
    process.stdout.write(JSON.stringify(servers.map((server) => server.url)) + '\\n');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const died = once(child, 'exit').then(() => {
    throw new Error('The platform process ended before it was ready.');
  });
  const [line] = (await Promise.race([once(child.stdout, 'data'), died])) as [Buffer];
  died.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    urls: JSON.parse(line.toString()) as string[],
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('embedded PostgreSQL and nats-server', () => {
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build.mjs')]);
  }, 120_000);

  it('are mended after their platform was killed: the servers left behind end, data and ports stay', async () => {
    const platform = await startPlatformProcess();
    const [postgresUrl = '', natsUrl = ''] = platform.urls;
    await query(postgresUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const before = await connect(natsOptions(natsUrl));
    const manager = await before.jetstreamManager();
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] });
    await before.jetstream().publish('kept', 'a message');
    await before.close();

    await expect(startPostgres()).rejects.toThrow(`Another Synthcart (process ${platform.pid}) uses`);
    await expect(startNats()).rejects.toThrow(`Another Synthcart (process ${platform.pid}) uses`);

    await platform.kill();
    const orphans = [await pidOf('postgres'), await pidOf('nats')];
    expect(await Promise.all(orphans.map(commandLine))).not.toContain(undefined);

    const postgres = await startPostgres();
    const nats = await startNats();
    expect([postgres.url, nats.url]).toEqual(platform.urls);
    expect(await Promise.all(orphans.map(commandLine))).toEqual([undefined, undefined]);
    expect(await query(postgres.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    const after = await connect(natsOptions(nats.url));
    const { state } = await (await after.jetstreamManager()).streams.info('KEPT');
    expect(state.messages).toBe(1);
    await after.close();
  }, 120_000);

  it('refuse a second start in the same folder, and leave the first alone', async () => {
    const [postgres, nats] = [await startPostgres(), await startNats()];
    await expect(startPostgres()).rejects.toThrow(/Another Synthcart .* stop it first/);
    await expect(startNats()).rejects.toThrow(/Another Synthcart .* stop it first/);
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await (await connect(natsOptions(nats.url))).close();
  }, 60_000);

  it('leave a program alone whose pid stands in an old pid file', async () => {
    for (const server of [await startPostgres(), await startNats()]) await server.stop();
    running.clear();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], { stdio: 'ignore' });
    await once(stranger, 'spawn');
    await writeFile(await pidFile('postgres'), `${stranger.pid}\n/elsewhere\n0\n1\n\n\n`);
    await writeFile(await pidFile('nats'), String(stranger.pid));
    const postgres = await startPostgres();
    await startNats();
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode).toBeNull();
    expect(await commandLine(stranger.pid ?? 0)).toBeDefined();
    stranger.kill();
  }, 60_000);

  it('come back by themselves, on the same port, when they die', async () => {
    const [postgres, nats] = [await startPostgres(), await startNats()];
    const client = await connect({
      ...natsOptions(nats.url),
      reconnect: true,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
    });
    const statuses = client.status();
    for (const name of ['postgres', 'nats'] as const) process.kill(await pidOf(name), 'SIGKILL');
    for await (const { type } of statuses) if (type === Events.Reconnect) break;
    await client.close();
    expect(await eventually(() => query(postgres.url, 'SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  }, 60_000);

  it('move to another port when theirs is taken by another program', async () => {
    const first = await startPostgres();
    await first.stop();
    running.clear();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await once(squatter, 'listening');
    const second = await startPostgres();
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    squatter.close();
  }, 60_000);

  it('let nobody in without the password, which others cannot read', async () => {
    const [postgres, nats] = [await startPostgres(), await startNats()];
    for (const name of ['postgres', 'nats']) {
      expect((await stat(join(folder, name, 'password'))).mode & 0o077).toBe(0);
    }
    expect((await stat(join(folder, 'nats', 'nats.conf'))).mode & 0o077).toBe(0);
    const wrong = new URL(postgres.url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    await expect(connect({ servers: `127.0.0.1:${nats.port}`, reconnect: false })).rejects.toThrow(
      /Authorization/,
    );
  }, 60_000);

  it('sort by code point and write to disk before they confirm', async () => {
    const postgres = await startPostgres();
    expect(
      await query(
        postgres.url,
        `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
           current_setting('server_encoding') AS encoding, 'Z' < 'a' AS by_code_point, lower('Ä') AS lower`,
      ),
    ).toEqual([{ fsync: 'on', commit: 'on', encoding: 'UTF8', by_code_point: true, lower: 'ä' }]);
  }, 60_000);

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot(
    'keep the database where its user can reach it, when root alone may enter the folder',
    async () => {
      const closed = await mkdtemp(join(folder, 'root-only-'));
      const inside = join(closed, 'project');
      const first = await startPostgres(inside);
      await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      const elsewhere = await readFile(join(inside, 'postgres', 'elsewhere'), 'utf8');
      try {
        const second = await startPostgres(inside);
        expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
        await second.stop();
      } finally {
        running.clear();
        await rm(elsewhere, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
