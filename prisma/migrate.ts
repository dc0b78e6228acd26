import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import pg from 'pg';
import { PROJECT_ROOT } from '../src/platform/project-root.js';

export { ensureRoles } from './roles.js';

export interface MigrateOptions {
  /** Of the role that owns the tables. */
  url: string;
  /** Gets a line for each migration that is applied. */
  log?: (line: string) => void;
  /** Standard Prisma layout: a folder a migration, in it `migration.sql`. Default: those of this version of Synthcart. */
  folder?: string;
}

/** What `prisma migrate` itself locks, so that it and we never work at the same time. */
const ADVISORY_LOCK = 72_707_369;

/** Statements that PostgreSQL refuses inside a transaction, or that end one. */
const NEEDS_NO_TRANSACTION = /\bCONCURRENTLY\b|^\s*(VACUUM|COMMIT|ALTER\s+SYSTEM)\b/im;

/** As `prisma migrate deploy` makes it, which therefore goes on where we stopped, and the other way round. */
const RECORD_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  name: string;
  path: string;
  sql: string;
  /** SHA-256 of the file, hexadecimal. */
  checksum: string;
}

interface AppliedMigration {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  logs: string | null;
}

/**
 * Applies the migrations that the database lacks, in order of their names; none is applied twice, also when several
 * processes try. Each is one transaction with its record, unless it has statements that can't be in one.
 *
 * @returns the names of those that were applied now
 * @throws when one fails, with file, line and column; when an applied one was edited, failed earlier half-way, or isn't known here
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.folder ?? join(PROJECT_ROOT, 'prisma', 'migrations'));
  return withClient(options.url, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(RECORD_TABLE);
    const { rows } = await client.query<AppliedMigration>(
      'SELECT migration_name, checksum, finished_at, logs FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    );
    const missing = findMissing(migrations, rows);
    for (const migration of missing) {
      await apply(client, migration);
      options.log?.(`Applied the migration ${migration.name}.`);
    }
    return { applied: missing.map(({ name }) => name) };
  });
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const file = join(folder, name, 'migration.sql');
      const bytes = await readFile(file);
      return {
        name,
        path: relative(PROJECT_ROOT, file),
        sql: bytes.toString('utf8'),
        checksum: createHash('sha256').update(bytes).digest('hex'),
      };
    }),
  );
}

function findMissing(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of applied) {
    const migration = known.get(row.migration_name);
    if (!migration) {
      throw new Error(
        `The database has the migration ${row.migration_name}, which this version of Synthcart doesn't know: a newer one made it. Start that one.`,
      );
    }
    if (!row.finished_at) {
      throw new Error(
        `The migration ${migration.path} stopped half-way${row.logs ? `: ${row.logs}` : ''}. Undo what it did, then run "prisma migrate resolve --rolled-back ${migration.name}".`,
      );
    }
    if (row.checksum !== migration.checksum) {
      throw new Error(
        `${migration.path} was changed after it had been applied to this database. Restore it, and write what changes as a new migration.`,
      );
    }
  }
  const done = new Set(applied.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !done.has(name));
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const record = (finished: boolean) =>
    client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, CASE WHEN $4 THEN clock_timestamp() END, $5)`,
      [randomUUID(), migration.checksum, migration.name, finished, finished ? 1 : 0],
    );
  if (NEEDS_NO_TRANSACTION.test(migration.sql)) {
    await record(false);
    try {
      await client.query(migration.sql);
    } catch (error) {
      const problem = describe(error, migration);
      await client.query(
        'UPDATE _prisma_migrations SET logs = $2 WHERE migration_name = $1 AND rolled_back_at IS NULL',
        [migration.name, problem],
      );
      throw new Error(problem, { cause: error });
    }
    await client.query(
      `UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1
       WHERE migration_name = $1 AND rolled_back_at IS NULL`,
      [migration.name],
    );
    return;
  }
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await record(true);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`${describe(error, migration)}. Nothing of this migration was kept.`, { cause: error });
  }
}

/** `file:line:column: what PostgreSQL says`. */
function describe(error: unknown, { path, sql }: Migration): string {
  if (!(error instanceof pg.DatabaseError)) throw error;
  const before = sql.slice(0, Number(error.position ?? 1) - 1).split('\n');
  const place = error.position ? `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}` : path;
  return `${place}: ${error.message}${error.detail ? ` (${error.detail})` : ''}`;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // A connection that breaks makes the query in hand reject; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    // Ends what is locked, too.
    await client.end();
  }
}
