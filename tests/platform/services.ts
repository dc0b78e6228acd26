import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { freePort } from '../../src/platform/embedded/free-port.js';
import { startEmbeddedNats } from '../../src/platform/embedded/nats.js';
import { roleUrl } from '../../src/platform/secrets.js';

/** What global-setup.ts started, handed to the test files by environment. */
export interface SharedServices {
  /** Owner of the PostgreSQL server. */
  ownerUrl: string;
  /** A migrated database to copy. */
  templateDatabase: string;
  secret: string;
  /** The gateway, with one worker, that tests share when they don't break it. */
  gatewayUrl: string;
  gatewayPid: number;
  sharedDatabaseUrl: string;
  sharedNatsUrl: string;
  /** Of that gateway; another one with the same shares its work. */
  gatewayEnvironment: Record<string, string>;
}

export const SERVICES_VARIABLE = 'SYNTHCART_TEST_SERVICES';

export function sharedServices(): SharedServices {
  const text = process.env[SERVICES_VARIABLE];
  if (!text)
    throw new Error('The shared services are not up: run these tests through the jest project `platform`.');
  return JSON.parse(text) as SharedServices;
}

export interface TestDatabase {
  ownerUrl: string;
  appUrl: string;
  dispatchUrl: string;
  drop(): Promise<void>;
}

/** A fresh, migrated database of one's own. */
export async function testDatabase(services: SharedServices = sharedServices()): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asOwner(services, (owner) =>
    owner.query(`CREATE DATABASE ${name} TEMPLATE ${services.templateDatabase}`),
  );
  const ownerUrl = withDatabase(services.ownerUrl, name);
  return {
    ownerUrl,
    appUrl: roleUrl(ownerUrl, 'synthcart_app', services.secret),
    dispatchUrl: roleUrl(ownerUrl, 'synthcart_dispatch', services.secret),
    drop: () =>
      asOwner(
        services,
        async (owner) => void (await owner.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
      ),
  };
}

export interface TestNats {
  url: string;
  /** Same port, and the same streams, or none, as after the loss of its disk. */
  restart(options?: { forget: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** A nats-server of one's own. */
export async function testNats(): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-nats-'));
  const log = pino({ level: 'silent' });
  let server = await startEmbeddedNats({ folder, log });
  return {
    url: server.url,
    restart: async ({ forget } = { forget: false }) => {
      await server.stop();
      if (forget) await rm(join(folder, 'nats', 'jetstream'), { recursive: true });
      server = await startEmbeddedNats({ folder, log });
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A process of the platform, that a test may kill. */
export interface TestProcess {
  readonly url: string;
  readonly pid: number;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export async function startProcess(entry: string, environment: Record<string, string>): Promise<TestProcess> {
  const child = fork(resolve(entry), {
    env: {
      ...process.env,
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
      NODE_OPTIONS: '',
      ...environment,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url } = await readiness(child, entry);
  return {
    url: url ?? '',
    pid: child.pid as number,
    kill: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child.once('exit', done));
      child.kill(signal);
      await gone;
    },
  };
}

function readiness(child: ChildProcess, entry: string): Promise<{ url?: string }> {
  return new Promise((ready, failed) => {
    child.on('message', (message: { ready?: boolean; url?: string }) => message.ready && ready(message));
    child.once('error', failed);
    child.once('exit', (code, signal) => failed(new Error(`${entry} stopped: ${signal ?? `code ${code}`}`)));
  });
}

export interface TestPlatform {
  url: string;
  database: TestDatabase;
  nats: TestNats;
  gateway: TestProcess;
  workers: TestProcess[];
  /** The same gateway again, on the same port, after it was killed. */
  startGateway(): Promise<TestProcess>;
  startWorker(environment?: Record<string, string>): Promise<TestProcess>;
  stop(): Promise<void>;
}

/** A whole platform of one's own, for tests that break it: database, nats-server, gateway, workers. */
export async function testPlatform(options: {
  workers: number;
  environment?: Record<string, string>;
}): Promise<TestPlatform> {
  const services = sharedServices();
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-platform-'));
  const [database, nats] = await Promise.all([testDatabase(services), testNats()]);
  const port = await freePort();
  const environment = {
    DATABASE_URL: database.ownerUrl,
    NATS_URL: nats.url,
    OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
    SYNTHCART_SECRET: services.secret,
    PORT: String(port),
    ENGINE: 'onnx-cpu',
    ...options.environment,
  };
  const processes: TestProcess[] = [];
  const start = async (entry: string, extra: Record<string, string> = {}) => {
    const process = await startProcess(entry, { ...environment, ...extra });
    processes.push(process);
    return process;
  };
  const gateway = await start('dist/src/main.js');
  const workers = await Promise.all(
    Array.from({ length: options.workers }, () =>
      start('dist/gpu-worker/main.js', { WORK_FOLDER: join(folder, 'work') }),
    ),
  );
  return {
    url: gateway.url,
    database,
    nats,
    gateway,
    workers,
    startGateway: () => start('dist/src/main.js'),
    startWorker: (extra) => start('dist/gpu-worker/main.js', { WORK_FOLDER: join(folder, 'work'), ...extra }),
    stop: async () => {
      await Promise.all(processes.map((process) => process.kill('SIGKILL')));
      await nats.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function asOwner<T>(services: SharedServices, work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: services.ownerUrl });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
