import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startEmbeddedPostgres, type EmbeddedServer } from '../src/platform/embedded/postgres.js';
import { PROJECT_ROOT } from '../src/platform/project-root.js';
import { ensureRoles, migrate } from './migrate.js';

const shipped = join(PROJECT_ROOT, 'prisma', 'migrations');
let folder: string;
let postgres: EmbeddedServer;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthcart-migrate-'));
  postgres = await startEmbeddedPostgres({ folder, log: pino({ level: 'silent' }) });
  // Many at a time, as gateways that start together do.
  const roles = { ownerUrl: postgres.url, appPassword: 'app', dispatchPassword: 'dispatch' };
  await Promise.all(Array.from({ length: 6 }, () => ensureRoles(roles)));
}, 60_000);

afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function query<R extends pg.QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function emptyDatabase(): Promise<string> {
  const name = `test_${++databases}`;
  await query(postgres.url, `CREATE DATABASE ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

/** @returns the folder of migrations with these files, by name */
async function migrationsOf(files: Record<string, string>): Promise<string> {
  const made = await mkdtemp(join(folder, 'migrations-'));
  for (const [name, sql] of Object.entries(files)) await writeMigration(made, name, sql);
  return made;
}

async function writeMigration(into: string, name: string, sql: string): Promise<void> {
  await mkdir(join(into, name), { recursive: true });
  await writeFile(join(into, name, 'migration.sql'), sql);
}

describe('migrate', () => {
  it('applies what is shipped to an empty database, and nothing the second time', async () => {
    const url = await emptyDatabase();
    const { applied } = await migrate({ url });
    expect(applied.length).toBeGreaterThan(0);
    expect(applied).toEqual([...applied].sort());
    expect((await migrate({ url })).applied).toEqual([]);
    const rows = await query<{ migration_name: string; applied_steps_count: number }>(
      url,
      `SELECT migration_name, applied_steps_count FROM _prisma_migrations
       WHERE finished_at IS NOT NULL AND logs IS NULL ORDER BY 1`,
    );
    expect(rows.map((row) => row.migration_name)).toEqual(applied);
    expect(rows.every((row) => row.applied_steps_count === 1)).toBe(true);
  });

  it('applies each migration once when several processes migrate at the same time', async () => {
    const url = await emptyDatabase();
    const results = await Promise.all(Array.from({ length: 4 }, () => migrate({ url })));
    expect(results.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  });

  it('applies only what was added since', async () => {
    const url = await emptyDatabase();
    const migrations = await migrationsOf({ '1_first': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder: migrations });
    await writeMigration(migrations, '2_second', 'ALTER TABLE a ADD COLUMN name text;');
    expect((await migrate({ url, folder: migrations })).applied).toEqual(['2_second']);
  });

  it('names file, line and column of what fails, keeps nothing of it, and applies it once mended', async () => {
    const url = await emptyDatabase();
    const migrations = await migrationsOf({
      '1_first': 'CREATE TABLE a (id int);',
      '2_broken': 'CREATE TABLE b (id int);\nCREATE TABLE c (\n  id nonsense\n);',
    });
    await expect(migrate({ url, folder: migrations })).rejects.toThrow(
      /2_broken\/migration\.sql:3:6: type "nonsense" does not exist/,
    );
    const tables = await query(url, `SELECT 1 FROM pg_tables WHERE tablename IN ('b', 'c')`);
    expect(tables).toEqual([]);
    await writeMigration(migrations, '2_broken', 'CREATE TABLE b (id int);');
    expect((await migrate({ url, folder: migrations })).applied).toEqual(['2_broken']);
  });

  it('runs what can be in no transaction outside of one, and remembers when that fails half-way', async () => {
    const url = await emptyDatabase();
    const migrations = await migrationsOf({
      '1_first': 'CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);',
      '2_index': 'CREATE INDEX CONCURRENTLY a_id ON a (id);',
      '3_unique': 'CREATE UNIQUE INDEX CONCURRENTLY a_unique ON a (id);',
    });
    await expect(migrate({ url, folder: migrations })).rejects.toThrow(
      /3_unique.*could not create unique index/,
    );
    expect(await query(url, `SELECT 1 FROM pg_indexes WHERE indexname = 'a_id'`)).toHaveLength(1);
    await expect(migrate({ url, folder: migrations })).rejects.toThrow(
      /3_unique.*stopped half-way.*could not create/,
    );
  });

  it('refuses a migration that was edited after it had been applied', async () => {
    const url = await emptyDatabase();
    const migrations = await migrationsOf({ '1_first': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder: migrations });
    await writeMigration(migrations, '1_first', 'CREATE TABLE a (id bigint);');
    await expect(migrate({ url, folder: migrations })).rejects.toThrow(
      /1_first\/migration\.sql was changed after/,
    );
  });

  it('refuses a database that a newer version has migrated further', async () => {
    const url = await emptyDatabase();
    const migrations = await mkdtemp(join(folder, 'newer-'));
    await cp(shipped, migrations, { recursive: true });
    await writeMigration(migrations, '99991231000000_later', 'CREATE TABLE later (id int);');
    await migrate({ url, folder: migrations });
    await expect(migrate({ url })).rejects.toThrow(/99991231000000_later.*a newer one made it/);
  });
});

describe('ensureRoles', () => {
  const attributes = `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles
    WHERE rolname LIKE 'synthcart\\_%' AND rolname <> 'synthcart_owner' ORDER BY 1`;
  const bound = {
    rolsuper: false,
    rolbypassrls: false,
    rolcreaterole: false,
    rolcreatedb: false,
    rolcanlogin: true,
  };

  const urlAs = (role: string, password: string): string => {
    const url = new URL(postgres.url);
    url.username = role;
    url.password = password;
    return url.href;
  };

  it('makes two roles that row level security binds, once, when several gateways ask for them', async () => {
    expect(await query(postgres.url, attributes)).toEqual([
      { rolname: 'synthcart_app', ...bound },
      { rolname: 'synthcart_dispatch', ...bound },
    ]);
  });

  it('binds a role again that was given more, and changes a password', async () => {
    await query(postgres.url, 'ALTER ROLE synthcart_app BYPASSRLS CREATEDB');
    await ensureRoles({ ownerUrl: postgres.url, appPassword: `new's "one"`, dispatchPassword: 'dispatch' });
    expect((await query(postgres.url, attributes))[0]).toEqual({ rolname: 'synthcart_app', ...bound });
    await expect(query(urlAs('synthcart_app', 'app'), 'SELECT 1')).rejects.toThrow(
      /password authentication failed/,
    );
    expect(await query(urlAs('synthcart_app', encodeURIComponent(`new's "one"`)), 'SELECT 1 AS one')).toEqual(
      [{ one: 1 }],
    );
  });

  it('lets several gateways change the passwords at the same time', async () => {
    await Promise.all(
      Array.from({ length: 6 }, () =>
        ensureRoles({ ownerUrl: postgres.url, appPassword: 'shared', dispatchPassword: 'shared' }),
      ),
    );
    expect(await query(urlAs('synthcart_dispatch', 'shared'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await query(urlAs('synthcart_app', 'shared'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
