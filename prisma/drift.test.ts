import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbeddedPostgres, type EmbeddedServer } from '../src/platform/embedded/postgres.js';
import { PROJECT_ROOT } from '../src/platform/project-root.js';
import { ensureRoles, migrate } from './migrate.js';
import { schemaDifference } from './schema-difference.js';

let folder: string;
let postgres: EmbeddedServer;
let schema: string;
let client: pg.Client;

beforeAll(async () => {
  schema = await readFile(join(PROJECT_ROOT, 'prisma', 'schema.prisma'), 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'synthcart-drift-'));
  postgres = await startEmbeddedPostgres({ folder, log: pino({ level: 'silent' }) });
  await ensureRoles({ ownerUrl: postgres.url, appPassword: 'app', dispatchPassword: 'dispatch' });
  await migrate({ url: postgres.url });
  client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
}, 60_000);

afterAll(async () => {
  await client.end();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

it('the migrations make the database that the schema says', async () => {
  expect(await schemaDifference(postgres.url, schema)).toBe('');
}, 30_000);

describe('a drift is seen', () => {
  it.each([
    [
      'a column that only the database has',
      'ALTER TABLE tenants ADD COLUMN extra text',
      /DROP COLUMN "extra"/,
    ],
    [
      'a column that only the schema has',
      'ALTER TABLE tenants DROP COLUMN name CASCADE',
      /ADD COLUMN\s+"name"/,
    ],
    ['another type', 'ALTER TABLE tenants ALTER COLUMN name TYPE varchar(10)', /"name" SET DATA TYPE TEXT/],
    [
      'a column that may be null',
      'ALTER TABLE tenants ALTER COLUMN name DROP NOT NULL',
      /"name" SET NOT NULL/,
    ],
    ['a table that only the database has', 'CREATE TABLE extra (id int PRIMARY KEY)', /DROP TABLE "extra"/],
    ['an index that only the database has', 'CREATE INDEX extra ON tenants (name)', /DROP INDEX "extra"/],
    ['a value of an enum', `ALTER TYPE "Role" ADD VALUE 'EXTRA'`, /"Role/],
  ])(
    '%s',
    async (_name, change, expected) => {
      const url = new URL(postgres.url);
      url.pathname = '/drifted';
      await client.query('DROP DATABASE IF EXISTS drifted WITH (FORCE)');
      await client.query('CREATE DATABASE drifted');
      await migrate({ url: url.href });
      const other = new pg.Client({ connectionString: url.href });
      await other.connect();
      try {
        await other.query(change);
      } finally {
        await other.end();
      }
      expect(await schemaDifference(url.href, schema)).toMatch(expected);
    },
    30_000,
  );
});
