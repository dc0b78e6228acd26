import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pino, type Logger } from 'pino';
import { ensureRoles, migrate } from '../prisma/migrate.js';
import { freePort } from './platform/embedded/free-port.js';
import { startEmbeddedNats } from './platform/embedded/nats.js';
import { startEmbeddedPostgres } from './platform/embedded/postgres.js';
import { rolePassword } from './platform/secrets.js';

/** What `up` was asked for; all of it has a default. */
export interface UpOptions {
  /** Keeps the databases, the objects and the secret of the platform. */
  folder: string;
  /** 0: any free one. */
  port: number;
  workers: number;
  log: Logger;
}

export interface Platform {
  url: string;
  stop(): Promise<void>;
}

interface Service {
  stop(): Promise<void>;
}

/**
 * Starts the whole platform on this machine: PostgreSQL and nats-server (embedded, unless `DATABASE_URL` and `NATS_URL`
 * say where they are), the migrations, one gateway and the workers, each its own process that is started again when
 * it dies.
 */
export async function up(options: UpOptions): Promise<Platform> {
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true });
  const stack: Service[] = [];
  const stop = async () => {
    for (const service of stack.splice(0).reverse()) await service.stop();
  };
  try {
    const secret = process.env['SYNTHCART_SECRET'] ?? (await secretIn(folder));
    const { databaseUrl, natsUrl } = await startServers(folder, options.log, stack);
    await ensureRoles({
      ownerUrl: databaseUrl,
      appPassword: rolePassword('synthcart_app', secret),
      dispatchPassword: rolePassword('synthcart_dispatch', secret),
    });
    await migrate({ url: databaseUrl });
    const environment = {
      ...process.env,
      SYNTHCART_SECRET: secret,
      DATABASE_URL: databaseUrl,
      NATS_URL: natsUrl,
      WORK_FOLDER: process.env['WORK_FOLDER'] ?? join(folder, 'work'),
      OBJECTS_URL: process.env['OBJECTS_URL'] ?? pathToFileURL(join(folder, 'objects')).href,
      PORT: String(options.port || (await freePort())),
    };
    const gateway = new Supervised('gateway', entry('main.js'), environment, options.log);
    stack.push(gateway);
    const workers = Array.from(
      { length: options.workers },
      (_, index) =>
        new Supervised(`worker ${index + 1}`, entry('../gpu-worker/main.js'), environment, options.log),
    );
    stack.push(...workers);
    const { url } = await gateway.start();
    await Promise.all(workers.map((worker) => worker.start()));
    return { url: url as string, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServers(
  folder: string,
  log: Logger,
  stack: Service[],
): Promise<{ databaseUrl: string; natsUrl: string }> {
  let databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) {
    const postgres = await startEmbeddedPostgres({ folder, log });
    stack.push(postgres);
    databaseUrl = postgres.url;
  }
  let natsUrl = process.env['NATS_URL'];
  if (!natsUrl) {
    const nats = await startEmbeddedNats({ folder, log });
    stack.push(nats);
    natsUrl = nats.url;
  }
  return { databaseUrl, natsUrl };
}

/** A child process that reports `{ ready: true }` once it serves, and is started again when it dies by itself. */
class Supervised implements Service {
  #child: ChildProcess | undefined;
  #stopping = false;
  #failures = 0;

  constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly log: Logger,
  ) {}

  /** Resolves with what the child said when it was ready; rejects when the first start fails. */
  start(): Promise<{ url?: string }> {
    return new Promise((ready, failed) => {
      const child = fork(this.path, {
        env: this.environment,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      this.#child = child;
      let isReady = false;
      child.on('message', (message: { ready?: boolean; url?: string }) => {
        if (!message.ready) return;
        isReady = true;
        this.#failures = 0;
        ready(message);
      });
      child.once('error', failed);
      child.once('exit', (code, signal) => {
        if (this.#stopping) return;
        if (!isReady)
          failed(new Error(`The ${this.name} stopped before it was ready (${signal ?? `code ${code}`}).`));
        this.#restart(signal ?? `code ${code}`);
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
    await gone;
    clearTimeout(impatience);
  }

  #restart(reason: string): void {
    const wait = Math.min(10_000, 200 * 2 ** this.#failures++);
    this.log.error({ reason, waitMilliseconds: wait }, `the ${this.name} died; starting it again`);
    setTimeout(() => {
      if (!this.#stopping)
        this.start().catch((error: unknown) => this.log.error({ err: error }, `no ${this.name}`));
    }, wait).unref();
  }
}

/** Longer than a worker takes to save a checkpoint. */
const STOP_MILLISECONDS = 25_000;

async function secretIn(folder: string): Promise<string> {
  const path = join(folder, 'secret');
  const secret = await readFile(path, 'utf8').catch(() => undefined);
  if (secret) return secret.trim();
  const made = randomBytes(32).toString('hex');
  // `wx`: of two that start at the same time, one wins, and the other reads its secret.
  await writeFile(path, made, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await chmod(path, 0o600);
  return (await readFile(path, 'utf8')).trim();
}

const entry = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Run as a process: options come by environment, the URL goes to whoever forked it; ends with its parent. */
async function main(): Promise<void> {
  const log = pino({ name: 'up', level: process.env['LOG_LEVEL'] ?? 'warn' });
  const platform = await up({
    folder: process.env['SYNTHCART_FOLDER'] ?? '.synthcart',
    port: Number(process.env['PORT'] ?? 4000),
    workers: Number(process.env['WORKERS'] ?? 1),
    log,
  });
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= platform.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.once('disconnect', stop);
  process.on('message', (message: { stop?: boolean }) => message.stop && stop());
  process.send?.({ ready: true, url: platform.url });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    process.send?.({ ready: false, error: error instanceof Error ? error.message : String(error) });
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
