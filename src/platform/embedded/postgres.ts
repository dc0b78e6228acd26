import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';
import { claim } from './claim.js';
import { freePort } from './free-port.js';
import { keepPort, keptPassword, keptPort } from './kept-value.js';
import { postgresPlace, type PostgresPlace } from './postgres-place.js';
import { commandLine } from './process-table.js';
import { ServerEnded, ServerProcess, stopOrphan } from './server-process.js';

const OWNER = 'synthcart_owner';
const DATABASE = 'synthcart';

/** PostgreSQL's words: SIGINT is a fast shutdown, SIGQUIT an immediate one, from which it recovers at the next start. */
const STOP_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No sockets in folders that other users share, and no limit on how long the folder's path may be.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  // Small queries only; a container's /dev/shm (64 MB) is too small for workers that share memory.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export interface EmbeddedServer {
  /** With the password. PostgreSQL: of a superuser, who owns the database `synthcart`. */
  url: string;
  port: number;
  /** Resolves once the server has ended and its folder is free for another. */
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  /** The platform's folder; the server's own lies in it. */
  folder: string;
  /** Default: that of the last start if it is still free, else a free one. */
  port?: number;
  log: Logger;
}

/**
 * Starts a PostgreSQL of our own on 127.0.0.1, its data in `folder/postgres`; makes them at the first start (some 4
 * seconds). One that a killed platform left running is ended first. README.md tells which files there are.
 *
 * @throws when another live process runs one there, or PostgreSQL doesn't start; the message says why.
 */
export async function startEmbeddedPostgres(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { log } = options;
  const folder = join(resolve(options.folder), 'postgres');
  const release = await claim(folder);
  try {
    const place = await postgresPlace(folder, log);
    const password = await keptPassword(join(folder, 'password'));
    const data = join(place.home, 'data');
    await makeCluster(place, data, password, log);
    for (const home of [place.home, ...place.formerHomes]) await endOrphan(join(home, 'data'), log);
    const { server, port } = await startServer(place, data, folder, password, options);
    return {
      url: urlOf(port, password, DATABASE),
      port,
      async stop() {
        await server.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function makeCluster(place: PostgresPlace, data: string, password: string, log: Logger): Promise<void> {
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return checkVersion(place, data, version.trim());
  log.info({ data }, 'making the database, which takes some seconds');
  // Made aside and renamed when whole: a start that is killed here leaves nothing half-made.
  const draft = `${data}.new`;
  const passwordFile = join(place.home, 'initdb-password');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (place.user) {
      for (const path of [draft, passwordFile]) await chown(path, place.user.uid, place.user.gid);
    }
    await promisify(execFile)(
      join(place.programs, 'initdb'),
      [
        `--pgdata=${draft}`,
        `--username=${OWNER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Sorted by code point, and so the same on every machine.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
      { cwd: '/', env: environment(), ...place.user },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, data);
}

async function checkVersion(place: PostgresPlace, data: string, made: string): Promise<void> {
  const { stdout } = await promisify(execFile)(join(place.programs, 'postgres'), ['--version'], {
    cwd: '/',
    ...place.user,
  });
  const major = /(\d+)/.exec(stdout)?.[1];
  if (major === made) return;
  throw new Error(
    `The database in ${data} was made by PostgreSQL ${made}, and this is ${major}. Move it over with pg_dump, or start with an empty folder.`,
  );
}

/** A killed platform leaves its PostgreSQL running; a killed machine leaves a pid file that may name any program. */
async function endOrphan(data: string, log: Logger): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!(pid > 0)) return;
  const command = await commandLine(pid);
  if (command?.includes(`-D ${data} `)) {
    await stopOrphan(pid, { name: 'PostgreSQL', stopSignals: STOP_SIGNALS }, log);
  } else {
    // PostgreSQL would take any program of ours with that pid for its own. That no process is left of the old one, it
    // sees by the shared memory as well.
    await rm(pidFile, { force: true });
  }
}

async function startServer(
  place: PostgresPlace,
  data: string,
  folder: string,
  password: string,
  { port: wished, log }: EmbeddedServerOptions,
): Promise<{ server: ServerProcess; port: number }> {
  const portFile = join(folder, 'port');
  for (let attempt = 1; ; attempt++) {
    const port = wished ?? (await freePort(await keptPort(portFile)));
    try {
      const server = await ServerProcess.start(
        {
          name: 'PostgreSQL',
          program: join(place.programs, 'postgres'),
          arguments: [
            '-D',
            data,
            ...Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([key, value]) => [
              '-c',
              `${key}=${value}`,
            ]),
          ],
          environment: environment(),
          user: place.user,
          logPath: join(folder, 'postgres.log'),
          probe: () => ensureDatabase(urlOf(port, password, 'postgres')),
          stopSignals: STOP_SIGNALS,
        },
        log,
      );
      await keepPort(portFile, port);
      return { server, port };
    } catch (error) {
      // Another program took the port in between; or the processes of a killed PostgreSQL haven't all ended yet.
      const passes =
        error instanceof ServerEnded &&
        (/pre-existing shared memory block/.test(error.message) ||
          (wished === undefined && /could not bind|Address already in use/i.test(error.message)));
      if (!passes || attempt === 20) throw error;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** Nothing of ours but the path: PGDATA, PGPORT and their like would change what runs. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], LC_ALL: 'C' });

const urlOf = (port: number, password: string, database: string): string =>
  `postgresql://${OWNER}:${password}@127.0.0.1:${port}/${database}`;
