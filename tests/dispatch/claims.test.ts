import { Claims } from '../../src/dispatch/claims.js';
import { Leases } from '../../src/dispatch/leases.js';
import { queuePosition } from '../../src/dispatch/queue-position.js';
import type { JobMessage } from '../../schema/messages/job.js';
import { systemContext } from '../../src/access/context.js';
import { MemoryObjects, POOL, Testbed, type TestTenant } from './testbed.js';

const asWorker = (job: JobMessage, workerId = 'worker-1') => ({
  ...job,
  workerId,
  engine: 'onnx-cpu',
  version: '1.30.0',
  device: 'cpu',
});

const SYNTHESIZE = {
  kind: 'SYNTHESIZE',
  config: { kind: 'SYNTHESIZE', generator: 'autoregressive', options: {} },
} as const;

describe('attempts and their leases', () => {
  let bed: Testbed;
  let tenant: TestTenant;
  let claims: Claims;
  let leases: Leases;

  beforeAll(async () => {
    bed = await Testbed.create({ LEASE_SECONDS: '15', RETRY_SECONDS: '2' });
    const { database, bus, config, log } = bed;
    claims = new Claims({ database, bus, config, log, objects: new MemoryObjects() });
    leases = new Leases({ database, bus, config, log });
  });

  beforeEach(async () => {
    await bed.owner.query('TRUNCATE tenants, runs, attempts, outbox_messages, workers CASCADE');
    tenant = await bed.tenant();
  });

  afterAll(() => bed.destroy());

  const claimed = async (run: Parameters<Testbed['dispatchedRun']>[1] = {}): Promise<JobMessage> => {
    const job = await bed.dispatchedRun(tenant, run);
    expect((await claims.claim(asWorker(job))).answer).toBe('GRANTED');
    return job;
  };
  const position = async (runId: string) =>
    bed.database.withTenant(systemContext(tenant.tenantId, 'test'), async (tx) =>
      queuePosition(
        tx,
        await tx.run.findUniqueOrThrow({ where: { tenantId_id: { tenantId: tenant.tenantId, id: runId } } }),
      ),
    );

  describe('a claim', () => {
    it('gives the job with its config, seed and signed inputs, and makes the run RUNNING', async () => {
      const { versionId } = await bed.dataset(tenant);
      const [runId] = (await bed.queue(tenant, 1, SYNTHESIZE)) as [string];
      await bed.input(tenant, runId, 'TABLE', versionId);
      await bed.dispatch(1);
      const reply = await claims.claim(asWorker(await bed.jobMessage(runId)));
      expect(reply).toMatchObject({
        answer: 'GRANTED',
        job: {
          runId,
          attempt: 1,
          seed: 1,
          config: { kind: 'SYNTHESIZE', generator: 'autoregressive' },
          inputs: [
            {
              role: 'TABLE',
              label: 'Sales v1',
              url: `get:${tenant.tenantId}/table.parquet`,
              bytes: 50,
              sha256: 'beef',
              columns: [{ name: 'price', kind: 'REAL' }],
            },
          ],
          lease: { seconds: 15 },
          lastMetricSteps: {},
        },
      });
      expect(await bed.run(runId)).toMatchObject({
        state: 'RUNNING',
        engine: 'onnx-cpu',
        engine_version: '1.30.0',
        device: 'cpu',
      });
      expect(await bed.attempt(runId, 1)).toMatchObject({ state: 'RUNNING', worker_id: 'worker-1' });
    });

    it('gets the same answer again when the first one was lost, and changes nothing by it', async () => {
      const job = await bed.dispatchedRun(tenant);
      const first = await claims.claim(asWorker(job));
      const before = await bed.run(job.runId);
      expect(await claims.claim(asWorker(job))).toEqual(first);
      expect(await bed.run(job.runId)).toEqual(before);
    });

    it('is granted to one of many workers that ask at the same time', async () => {
      const job = await bed.dispatchedRun(tenant);
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claims.claim(asWorker(job, `worker-${index}`))),
      );
      expect(replies.filter((reply) => reply.answer === 'GRANTED')).toHaveLength(1);
    });

    it('is refused with a wrong token, for an attempt that is over, and for a run that is none', async () => {
      const job = await bed.dispatchedRun(tenant);
      const before = await bed.run(job.runId);
      for (const stale of [
        { ...job, leaseToken: '0'.repeat(32) },
        { ...job, attempt: 2 },
        { ...job, runId: 'run_none' },
        { ...job, tenantId: (await bed.tenant()).tenantId },
      ]) {
        expect((await claims.claim(asWorker(stale))).answer).toBe('REFUSED');
      }
      expect(await bed.run(job.runId)).toEqual(before);
    });

    it.each([
      ['CANCELLING', 'CANCELLED'],
      ['PAUSING', 'PAUSED'],
    ] as const)('of a run that is %s meanwhile ends it as %s', async (asked, done) => {
      const job = await bed.dispatchedRun(tenant);
      await bed.setState(job.runId, asked);
      expect((await claims.claim(asWorker(job))).answer).toBe('REFUSED');
      expect((await bed.run(job.runId)).state).toBe(done);
      expect((await bed.attempt(job.runId, 1)).state).toBe('ENDED');
    });

    it('of a run whose dataset was deleted meanwhile fails it, and says which dataset', async () => {
      const { datasetId, versionId } = await bed.dataset(tenant);
      const [runId] = (await bed.queue(tenant, 1, SYNTHESIZE)) as [string];
      await bed.input(tenant, runId, 'TABLE', versionId);
      await bed.dispatch(1);
      await bed.owner.query('UPDATE datasets SET deleted_at = now() WHERE id = $1', [datasetId]);
      expect((await claims.claim(asWorker(await bed.jobMessage(runId)))).answer).toBe('REFUSED');
      const run = await bed.run(runId);
      expect(run.state).toBe('FAILED');
      expect(run.failure?.code).toBe('INPUT_DELETED');
      expect(run.failure?.message).toContain('"Sales"');
    });
  });

  describe('a renewal', () => {
    const renew = (job: JobMessage) => leases.renew({ ...job, workerId: 'worker-1' });

    it('extends the lease', async () => {
      const job = await claimed();
      await bed.owner.query(
        "UPDATE attempts SET lease_expires_at = now() + interval '1 second' WHERE run_id = $1",
        [job.runId],
      );
      expect(await renew(job)).toEqual({ directive: 'CONTINUE' });
      const { rows } = await bed.owner.query<{ extended: boolean }>(
        "SELECT lease_expires_at > now() + interval '10 seconds' AS extended FROM attempts",
      );
      expect(rows).toEqual([{ extended: true }]);
    });

    it.each([
      ['PAUSING', 'PAUSE'],
      ['CANCELLING', 'CANCEL'],
    ] as const)('of a run that is %s answers %s', async (state, directive) => {
      const job = await claimed();
      await bed.setState(job.runId, state);
      expect(await renew(job)).toEqual({ directive });
    });

    it('is LOST for a stale token, an attempt that is over, and one that was never claimed', async () => {
      const job = await claimed();
      expect(await renew({ ...job, leaseToken: '0'.repeat(32) })).toEqual({ directive: 'LOST' });
      await bed.expireLease(job.runId);
      await leases.reap();
      expect(await renew(job)).toEqual({ directive: 'LOST' });
      expect(await renew(await bed.dispatchedRun(tenant))).toEqual({ directive: 'LOST' });
    });
  });

  describe('the reaper', () => {
    it('leaves attempts alone whose lease holds', async () => {
      await claimed();
      expect(await leases.reap()).toBe(0);
    });

    it('puts a run back that no worker claimed, and holds nothing against it', async () => {
      const job = await bed.dispatchedRun(tenant);
      await bed.expireLease(job.runId);
      expect(await leases.reap()).toBe(1);
      expect(await bed.run(job.runId)).toMatchObject({ state: 'QUEUED', faults: 0, not_before: null });
      await bed.dispatch(1);
      expect(await bed.run(job.runId)).toMatchObject({ state: 'DISPATCHED', attempt: 2 });
    });

    it('puts the run of a lost worker back with a wait that doubles, and fails it after three', async () => {
      const job = await claimed();
      const waits: number[] = [];
      for (let fault = 1; fault <= 3; fault += 1) {
        await bed.expireLease(job.runId);
        expect(await leases.reap()).toBe(1);
        const { rows } = await bed.owner.query<{ wait: number }>(
          'SELECT extract(epoch FROM not_before - updated_at)::float8 AS wait FROM runs',
        );
        if (fault === 3) break;
        waits.push(Math.round(rows[0]?.wait ?? -1));
        await bed.owner.query('UPDATE runs SET not_before = NULL');
        await bed.dispatch(1);
        await claims.claim(asWorker(await bed.jobMessage(job.runId)));
      }
      expect(waits).toEqual([2, 4]);
      const run = await bed.run(job.runId);
      expect(run).toMatchObject({ state: 'FAILED', faults: 3, failure: { code: 'WORKER_LOST' } });
    });

    it.each([
      ['PAUSING', 'PAUSED'],
      ['CANCELLING', 'CANCELLED'],
    ] as const)('makes a run that was %s when its worker was lost %s', async (asked, done) => {
      const job = await claimed();
      await bed.setState(job.runId, asked);
      await bed.expireLease(job.runId);
      await leases.reap();
      expect((await bed.run(job.runId)).state).toBe(done);
    });

    it('takes each run back once, whatever number of gateways reap', async () => {
      const job = await claimed();
      await bed.expireLease(job.runId);
      const others = Array.from({ length: 4 }, () => new Leases({ ...bed, database: bed.otherDatabase() }));
      const counts = await Promise.all(others.map((other) => other.reap()));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
      expect((await bed.run(job.runId)).faults).toBe(1);
    });

    it('fails the dataset version of an ingest that used its attempts up', async () => {
      const [runId] = (await bed.queue(tenant, 1, {
        kind: 'INGEST',
        config: { kind: 'INGEST', fileName: 'sales.csv', columnKinds: {} },
      })) as [string];
      const { versionId } = await bed.dataset(tenant, { state: 'INGESTING', ingestRunId: runId });
      await bed.input(tenant, runId, 'FILE', versionId);
      await bed.owner.query('UPDATE runs SET max_faults = 1');
      await bed.dispatch(1);
      await claims.claim(asWorker(await bed.jobMessage(runId)));
      await bed.expireLease(runId);
      await leases.reap();
      const { rows } = await bed.owner.query('SELECT state, failure FROM dataset_versions');
      expect(rows).toMatchObject([{ state: 'FAILED', failure: { code: 'WORKER_LOST' } }]);
    });
  });

  describe('the queue position', () => {
    it('counts the runs ahead in the same tenant and pool, and names what is missing', async () => {
      const runs = await bed.queue(tenant, 3);
      await bed.queue(await bed.tenant(), 5, { priority: 100 });
      expect(await position(runs[2] as string)).toEqual({
        position: 3,
        reason: `No worker is connected in the pool "${POOL}".`,
      });
      await bed.owner.query(
        `INSERT INTO workers (id, pool, slots, engine, device, version, host, started_at, last_seen_at)
         VALUES ('w', $1, 2, 'onnx-cpu', 'cpu', '1', 'h', now(), now())`,
        [POOL],
      );
      expect((await position(runs[2] as string))?.reason).toBe(
        `2 of your runs are ahead of it; the 2 slots of the pool "${POOL}" are busy.`,
      );
      await bed.owner.query('UPDATE tenants SET max_running_runs = 0');
      expect((await position(runs[0] as string))?.reason).toContain('as many as it may');
    });

    it('tells when a run is tried again', async () => {
      const [run] = await bed.queue(tenant, 1, { notBeforeInSeconds: 100 });
      expect((await position(run as string))?.reason).toMatch(/tried again in \d+ s/);
    });

    it('is none for a run that does not wait', async () => {
      expect(await position((await claimed()).runId)).toBeUndefined();
    });
  });
});
