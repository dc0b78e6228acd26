import pg from 'pg';
import type { RunKind, RunState } from '../../src/platform/prisma-client/client.js';
import { newId } from '../../src/platform/ids.js';
import type { TestDatabase } from './services.js';

/** Any database that its owner can be asked for: a test's own, or the shared gateway's. */
export type OwnedDatabase = Pick<TestDatabase, 'ownerUrl'>;

export interface SeededProject {
  tenantId: string;
  projectId: string;
}

/** A tenant with a project, written as the owner of the database. */
export async function seedProject(database: OwnedDatabase): Promise<SeededProject> {
  const tenantId = newId('tenant');
  const projectId = newId('project');
  await asOwner(database, async (owner) => {
    await owner.query(`INSERT INTO tenants (id, name, updated_at) VALUES ($1, 'Test', now())`, [tenantId]);
    await owner.query(
      `INSERT INTO projects (tenant_id, id, name, created_by_id, updated_at) VALUES ($1, $2, 'Test', 'test', now())`,
      [tenantId, projectId],
    );
  });
  return { tenantId, projectId };
}

/** A run as it stands in the database; nobody schedules it unless its state says so. */
export async function seedRun(
  database: OwnedDatabase,
  project: SeededProject,
  state: RunState = 'RUNNING',
  kind: RunKind = 'PROBE',
  pool = 'default',
): Promise<{ tenantId: string; projectId: string; id: string }> {
  const id = newId('run');
  await asOwner(database, (owner) =>
    owner.query(
      `INSERT INTO runs (tenant_id, id, project_id, kind, state, pool, config, seed, attempt, created_by_id, updated_at)
       VALUES ($1, $2, $3, $4::"RunKind", $5::"RunState", $7, $6, 1, 1, 'test', now())`,
      [project.tenantId, id, project.projectId, kind, state, JSON.stringify({ kind }), pool],
    ),
  );
  return { ...project, id };
}

export async function asOwner<T>(
  database: OwnedDatabase,
  work: (owner: pg.Client) => Promise<T>,
): Promise<T> {
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
