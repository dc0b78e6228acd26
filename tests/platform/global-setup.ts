import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { ensureRoles, migrate } from '../../prisma/migrate.js';
import { startEmbeddedNats } from '../../src/platform/embedded/nats.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded/postgres.js';
import { rolePassword } from '../../src/platform/secrets.js';
import { SERVICES_VARIABLE, startProcess, withDatabase, type SharedServices } from './services.js';

/** What global-teardown.ts stops. */
export interface Running {
  stop(): Promise<void>;
}

declare global {
  // `var`: jest hands globals of the set-up to the teardown, and to nobody else.
  var synthcartRunning: Running | undefined;
}

/**
 * Starts PostgreSQL, nats-server, one gateway and one worker, once per run of the tests. Runs from dist/, since jest
 * loads a set-up as it is, without mapping `.js` endings to TypeScript.
 */
export default async function setUp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-test-'));
  const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const secret = randomBytes(32).toString('hex');
  const stack: (() => Promise<unknown>)[] = [];
  globalThis.synthcartRunning = {
    stop: async () => {
      for (const stop of stack.splice(0).reverse()) await stop();
    },
  };
  stack.push(() => rm(folder, { recursive: true, force: true }));
  let ownerUrl = process.env['DATABASE_URL'];
  if (!ownerUrl) {
    const postgres = await startEmbeddedPostgres({ folder, log });
    stack.push(() => postgres.stop());
    ownerUrl = postgres.url;
  }
  const nats = await startEmbeddedNats({ folder, log });
  stack.push(() => nats.stop());

  await ensureRoles({
    ownerUrl,
    appPassword: rolePassword('synthcart_app', secret),
    dispatchPassword: rolePassword('synthcart_dispatch', secret),
  });
  const suffix = randomBytes(4).toString('hex');
  const templateDatabase = `synthcart_template_${suffix}`;
  const sharedDatabase = `synthcart_shared_${suffix}`;
  await query(ownerUrl, `CREATE DATABASE ${templateDatabase}`);
  await migrate({ url: withDatabase(ownerUrl, templateDatabase) });
  await query(ownerUrl, `CREATE DATABASE ${sharedDatabase} TEMPLATE ${templateDatabase}`);
  stack.push(async () => {
    await query(ownerUrl, `DROP DATABASE ${sharedDatabase} WITH (FORCE)`);
    await query(ownerUrl, `DROP DATABASE ${templateDatabase} WITH (FORCE)`);
  });

  const environment = {
    DATABASE_URL: withDatabase(ownerUrl, sharedDatabase),
    NATS_URL: nats.url,
    OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
    SYNTHCART_SECRET: secret,
    PORT: '0',
    WORK_FOLDER: join(folder, 'work'),
    ENGINE: 'onnx-cpu',
  };
  const gateway = await startProcess('dist/src/main.js', environment);
  stack.push(() => gateway.kill('SIGTERM'));
  const worker = await startProcess('dist/gpu-worker/main.js', environment);
  stack.push(() => worker.kill('SIGTERM'));

  const services: SharedServices = {
    ownerUrl,
    templateDatabase,
    secret,
    gatewayUrl: gateway.url,
    gatewayPid: gateway.pid,
    sharedDatabaseUrl: environment.DATABASE_URL,
    sharedNatsUrl: nats.url,
    gatewayEnvironment: environment,
  };
  process.env[SERVICES_VARIABLE] = JSON.stringify(services);
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
