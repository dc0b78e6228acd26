import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { Connection } from '../client/connection.js';
import * as operations from '../client/operations.js';
import { makeAccount, type Account } from '../client/platform.js';
import { ensureRoles, migrate } from '../prisma/migrate.js';
import { startEmbeddedNats } from '../src/platform/embedded/nats.js';
import { startEmbeddedPostgres } from '../src/platform/embedded/postgres.js';
import { rolePassword, roleUrl } from '../src/platform/secrets.js';
import { startChild, type Child } from './child-process.js';

/** A platform to measure: embedded servers, one gateway process, and the workers that a bench asks for. */
export interface BenchPlatform {
  url: string;
  natsUrl: string;
  /** PostgreSQL as the gateway sees it. */
  appUrl: string;
  dispatchUrl: string;
  account: Account;
  connection: Connection;
  /** Resolves when the worker takes jobs. */
  startWorker(slots: number): Promise<Child>;
  startProbe(probe: { seconds: number; pointsPerSecond: number }): Promise<string>;
  /** Processor time that the gateway has used since its start. */
  gatewayCpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** @param profileFolder where the gateway leaves a CPU profile when it stops */
export async function startBenchPlatform(profileFolder: string | undefined): Promise<BenchPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-bench-'));
  const log = pino({ level: 'silent' });
  const stack: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stack.splice(0).reverse()) await end();
  };
  try {
    const secret = randomBytes(32).toString('hex');
    const postgres = await startEmbeddedPostgres({ folder, log });
    stack.push(() => postgres.stop());
    const nats = await startEmbeddedNats({ folder, log });
    stack.push(() => nats.stop());
    await ensureRoles({
      ownerUrl: postgres.url,
      appPassword: rolePassword('synthcart_app', secret),
      dispatchPassword: rolePassword('synthcart_dispatch', secret),
    });
    await migrate({ url: postgres.url });

    const environment = {
      DATABASE_URL: postgres.url,
      NATS_URL: nats.url,
      OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
      WORK_FOLDER: join(folder, 'work'),
      SYNTHCART_SECRET: secret,
      PORT: '0',
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
      ENGINE: 'onnx-cpu',
    };
    const gateway = startChild('../src/main.js', {
      environment,
      execArgv: [
        '--import',
        new URL('./cpu-reporter.js', import.meta.url).href,
        ...(profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : []),
      ],
    });
    stack.push(() => gateway.stop());
    const { url } = await gateway.next<{ type: 'ready'; url: string }>('ready');
    const account = await makeAccount(url, { tenant: 'Bench', project: 'Bench' });
    const connection = new Connection(url, { token: account.apiKey });
    return {
      url,
      natsUrl: nats.url,
      appUrl: roleUrl(postgres.url, 'synthcart_app', secret),
      dispatchUrl: roleUrl(postgres.url, 'synthcart_dispatch', secret),
      account,
      connection,
      startWorker: async (slots) => {
        const worker = startChild('../gpu-worker/main.js', {
          environment: { ...environment, SLOTS: String(slots) },
        });
        stack.push(() => worker.stop());
        await worker.next('ready');
        return worker;
      },
      startProbe: async ({ seconds, pointsPerSecond }) => {
        const { run } = await connection.mutate<operations.StartRun>(operations.START_RUN, {
          input: { projectId: account.projectId, probe: { seconds, pointsPerSecond } },
        });
        return run.id;
      },
      gatewayCpuSeconds: async () => {
        const answer = gateway.next<{ type: 'cpu'; seconds: number }>('cpu');
        gateway.send({ type: 'cpu' });
        return (await answer).seconds;
      },
      stop: async () => {
        await connection.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
