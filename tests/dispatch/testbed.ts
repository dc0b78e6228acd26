import { createHash } from 'node:crypto';
import pg from 'pg';
import { pino, type Logger } from 'pino';
import type { JobMessage } from '../../schema/messages/job.js';
import type { Report, ReportBody } from '../../schema/messages/report.js';
import { reportSubject } from '../../schema/messages/subjects.js';
import { readConfig, type Config } from '../../src/config.js';
import { dispatchRuns } from '../../src/dispatch/scheduler.js';
import { Bus } from '../../src/platform/bus.js';
import { Database } from '../../src/platform/database.js';
import type { ObjectHead, Objects } from '../../src/platform/objects.js';
import { newId } from '../../src/platform/ids.js';
import type { RunState } from '../../src/platform/prisma-client/client.js';
import { testDatabase, testNats, type TestDatabase, type TestNats } from '../platform/services.js';

export const POOL = 'test';

/** Objects in memory: what the dispatch asks of a storage, no more. */
export class MemoryObjects implements Objects {
  readonly stored = new Map<string, Buffer>();
  readonly deleted: string[] = [];
  /** While set, nobody reaches the storage; counts who tried. */
  away = false;
  failures = 0;

  put(key: string, content: string | Buffer): { key: string; bytes: number; sha256: string } {
    const buffer = Buffer.from(content);
    this.stored.set(key, buffer);
    return { key, bytes: buffer.length, sha256: sha256(buffer) };
  }

  signPut(key: string): string {
    return `put:${key}`;
  }

  signGet(key: string): string {
    return `get:${key}`;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    if (this.away) {
      this.failures += 1;
      throw new Error('EIO: the storage is away');
    }
    const content = this.stored.get(key);
    return content && { bytes: content.length, sha256: sha256(content) };
  }

  async read(key: string): Promise<Buffer> {
    const content = this.stored.get(key);
    if (!content) throw new Error(`no object ${key}`);
    return content;
  }

  async write(): Promise<ObjectHead> {
    throw new Error('The dispatch writes no objects.');
  }

  async open(): Promise<undefined> {
    return undefined;
  }

  async delete(key: string): Promise<void> {
    this.deleted.push(key);
    this.stored.delete(key);
  }
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** A tenant with one project, in which runs can be queued. */
export interface TestTenant {
  tenantId: string;
  projectId: string;
}

export interface QueuedRun {
  state?: RunState;
  priority?: number;
  /** Older runs have larger values. */
  queuedSecondsAgo?: number;
  notBeforeInSeconds?: number;
  kind?: 'PROBE' | 'INGEST' | 'SYNTHESIZE';
  config?: object;
}

/** A migrated database, a nats-server, and what the gateway's parts need to run on them. */
export class Testbed {
  readonly log: Logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  readonly #cleanUps: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly urls: TestDatabase,
    readonly nats: TestNats,
    /** Sees everything. */
    readonly owner: pg.Pool,
    readonly database: Database,
    readonly bus: Bus,
    readonly config: Config,
  ) {}

  static async create(environment: Record<string, string> = {}): Promise<Testbed> {
    const [urls, nats] = await Promise.all([testDatabase(), testNats()]);
    const owner = new pg.Pool({ connectionString: urls.ownerUrl, max: 4 });
    const bus = await Bus.connect({ url: nats.url, name: 'test', log: pino({ level: 'silent' }) });
    await bus.ensureStreams();
    const config = readConfig({
      DATABASE_URL: urls.ownerUrl,
      NATS_URL: nats.url,
      OBJECTS_URL: 'file:///nowhere',
      SYNTHCART_SECRET: 'x'.repeat(32),
      ...environment,
    });
    const bed = new Testbed(urls, nats, owner, databaseOf(urls), bus, config);
    bed.onEnd(() => bed.database.close());
    bed.onEnd(() => bus.close());
    return bed;
  }

  /** Runs at the end, last first. */
  onEnd(cleanUp: () => Promise<unknown>): void {
    this.#cleanUps.push(cleanUp);
  }

  async destroy(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    await this.owner.end();
    await this.nats.stop();
    await this.urls.drop();
  }

  /** Another gateway's connections to the same database. */
  otherDatabase(): Database {
    const database = databaseOf(this.urls);
    this.onEnd(() => database.close());
    return database;
  }

  async otherBus(): Promise<Bus> {
    const bus = await Bus.connect({ url: this.nats.url, name: 'other', log: this.log });
    this.onEnd(() => bus.close());
    return bus;
  }

  async tenant(options: { weight?: number; maxRunningRuns?: number } = {}): Promise<TestTenant> {
    const tenantId = newId('tenant');
    const projectId = newId('project');
    await this.owner.query(
      'INSERT INTO tenants (id, name, weight, max_running_runs, updated_at) VALUES ($1, $1, $2, $3, now())',
      [tenantId, options.weight ?? 1, options.maxRunningRuns ?? 1000],
    );
    await this.owner.query(
      "INSERT INTO projects (tenant_id, id, name, created_by_id, updated_at) VALUES ($1, $2, 'p', 'u', now())",
      [tenantId, projectId],
    );
    return { tenantId, projectId };
  }

  /** Puts `count` runs in the queue, each a second younger than the one before. Answers their ids, in that order. */
  async queue(tenant: TestTenant, count: number, run: QueuedRun = {}): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId('run'));
    await this.owner.query(
      `INSERT INTO runs (tenant_id, id, project_id, kind, state, pool, priority, config, seed, created_by_id, updated_at,
         queued_at, not_before)
       SELECT $1, r.id, $2, $3::"RunKind", $4::"RunState", $5, $6, $7, 1, 'u', now(),
         now() - make_interval(secs => $8 - r.nth), now() + make_interval(secs => $9)
       FROM unnest($10::text[]) WITH ORDINALITY AS r(id, nth)`,
      [
        tenant.tenantId,
        tenant.projectId,
        run.kind ?? 'PROBE',
        run.state ?? 'QUEUED',
        POOL,
        run.priority ?? 50,
        JSON.stringify(run.config ?? { kind: 'PROBE', seconds: 0, pointsPerSecond: 0 }),
        run.queuedSecondsAgo ?? 3600,
        run.notBeforeInSeconds ?? null,
        ids,
      ],
    );
    return ids;
  }

  /** Dispatches onto that many slots, held by nobody yet. Answers the ids of the runs. */
  async dispatch(slots: number, database = this.database): Promise<{ tenant_id: string; id: string }[]> {
    return database.asDispatch((tx) => dispatchRuns(tx, POOL, { slots, workerIds: [] }));
  }

  /** Queues a run and dispatches it; answers the job message that waits in the outbox. */
  async dispatchedRun(tenant: TestTenant, run: QueuedRun = {}): Promise<JobMessage> {
    const [id] = await this.queue(tenant, 1, { priority: 100, ...run });
    await this.dispatch(1000);
    return this.jobMessage(id as string);
  }

  async jobMessage(runId: string): Promise<JobMessage> {
    const { rows } = await this.owner.query<{ payload: JobMessage }>(
      `SELECT payload FROM outbox_messages WHERE payload->>'runId' = $1 ORDER BY id DESC LIMIT 1`,
      [runId],
    );
    return (rows[0] as { payload: JobMessage }).payload;
  }

  /** A dataset with one version, ready or as given. */
  async dataset(
    tenant: TestTenant,
    options: { state?: string; ingestRunId?: string; expired?: boolean } = {},
  ): Promise<{ datasetId: string; versionId: string }> {
    const datasetId = newId('dataset');
    const versionId = newId('datasetVersion');
    await this.owner.query(
      `INSERT INTO datasets (tenant_id, id, project_id, name, kind, created_by_id, updated_at)
       VALUES ($1, $2, $3, 'Sales', 'TABLE', 'u', now())`,
      [tenant.tenantId, datasetId, tenant.projectId],
    );
    const ready = (options.state ?? 'READY') === 'READY';
    await this.owner.query(
      `INSERT INTO dataset_versions (tenant_id, id, dataset_id, number, state, file_name, bytes, sha256, object_key,
         upload_expires_at, ingest_run_id, table_key, table_bytes, table_sha256, rows, columns, created_by_id)
       VALUES ($1, $2, $3, 1, $4::"DatasetVersionState", 'sales.csv', 100, 'f00d', $5,
         now() + make_interval(secs => $6), $7, $8, $9, $10, 3, $11, 'u')`,
      [
        tenant.tenantId,
        versionId,
        datasetId,
        options.state ?? 'READY',
        `${tenant.tenantId}/datasets/${versionId}/sales.csv`,
        options.expired ? -3600 : 3600,
        options.ingestRunId ?? null,
        ready ? `${tenant.tenantId}/table.parquet` : null,
        ready ? 50 : null,
        ready ? 'beef' : null,
        ready ? JSON.stringify([{ name: 'price', kind: 'REAL', nullable: false }]) : null,
      ],
    );
    return { datasetId, versionId };
  }

  async input(tenant: TestTenant, runId: string, role: string, versionId: string): Promise<void> {
    await this.owner.query(
      `INSERT INTO run_inputs (tenant_id, run_id, role, dataset_version_id) VALUES ($1, $2, $3::"InputRole", $4)`,
      [tenant.tenantId, runId, role, versionId],
    );
  }

  async run(runId: string): Promise<RunRow> {
    const { rows } = await this.owner.query<RunRow>('SELECT * FROM runs WHERE id = $1', [runId]);
    return rows[0] as RunRow;
  }

  async attempt(runId: string, number: number): Promise<AttemptRow> {
    const { rows } = await this.owner.query<AttemptRow>(
      'SELECT * FROM attempts WHERE run_id = $1 AND number = $2',
      [runId, number],
    );
    return rows[0] as AttemptRow;
  }

  setState(runId: string, state: RunState): Promise<unknown> {
    return this.owner.query(`UPDATE runs SET state = $2::"RunState" WHERE id = $1`, [runId, state]);
  }

  expireLease(runId: string): Promise<unknown> {
    return this.owner.query(
      "UPDATE attempts SET lease_expires_at = now() - interval '1 second' WHERE run_id = $1",
      [runId],
    );
  }
}

export interface RunRow {
  state: RunState;
  attempt: number;
  faults: number;
  not_before: Date | null;
  failure: { code: string; message: string } | null;
  step: string | null;
  progress: number;
  rows: number | null;
  metric_sequence: number;
  event_sequence: number;
  checkpoint_key: string | null;
  started_at: Date | null;
  ended_at: Date | null;
}

export interface AttemptRow {
  state: 'DISPATCHED' | 'RUNNING' | 'ENDED';
  worker_id: string | null;
  lease_token: string;
  lease_expires_at: Date;
  report_sequence: number;
}

/** What a worker says about an attempt, one report after the other. */
export class Reporting {
  #sequence = 0;

  constructor(
    private readonly bus: Bus,
    private readonly job: JobMessage,
  ) {}

  next(body: ReportBody): Report {
    return this.numbered((this.#sequence += 1), body);
  }

  numbered(sequence: number, body: ReportBody): Report {
    return { ...this.job, sequence, at: Date.now(), body };
  }

  /** A repeat is published under an id of its own, as one that the stream doesn't recognise. */
  async publish(report: Report, repeat = 0): Promise<void> {
    const { tenantId, runId, attempt, sequence } = report;
    await this.bus.publishDurable(
      reportSubject(tenantId, runId),
      report,
      `${runId}.${attempt}.${sequence}.${report.leaseToken}.${repeat}`,
    );
  }

  async report(body: ReportBody): Promise<void> {
    await this.publish(this.next(body));
  }
}

/** Looks until it is so; the test's own time limit ends a wait for what never comes. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((done) => setTimeout(done, 10));
  }
}

function databaseOf({ appUrl, dispatchUrl }: TestDatabase): Database {
  return new Database({ appUrl, dispatchUrl, poolSize: 12 });
}
