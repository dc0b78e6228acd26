import type { JobMessage } from '../../schema/messages/job.js';
import { Claims } from '../../src/dispatch/claims.js';
import { DeadLetters } from '../../src/dispatch/dead-letters.js';
import { Reports } from '../../src/dispatch/reports.js';
import { Sweep } from '../../src/dispatch/sweep.js';
import { Uploads } from '../../src/dispatch/uploads.js';
import { eventually, MemoryObjects, Reporting, Testbed, type QueuedRun, type TestTenant } from './testbed.js';

describe('reports', () => {
  let bed: Testbed;
  let tenant: TestTenant;
  let claims: Claims;
  let reports: Reports;
  const objects = new MemoryObjects();

  beforeAll(async () => {
    bed = await Testbed.create({ RETRY_SECONDS: '2' });
    const { database, bus, config, log } = bed;
    const common = { database, bus, config, log, objects };
    const deadLetters = new DeadLetters(common);
    claims = new Claims(common);
    reports = new Reports({ ...common, bury: (message, reason) => deadLetters.bury(message, reason) });
    deadLetters.start();
    reports.start();
    bed.onEnd(() => deadLetters.stop());
    bed.onEnd(() => reports.stop());
    tenant = await bed.tenant();
  });

  afterAll(() => bed.destroy());

  const claimed = async (run: QueuedRun = {}): Promise<JobMessage> => {
    const job = await bed.dispatchedRun(tenant, run);
    await claims.claim({ ...job, workerId: 'worker', engine: 'onnx-cpu', device: 'cpu' });
    return job;
  };
  const point = (step: number, name = 'train/loss') => ({
    name,
    step,
    value: 1 / step,
    at: 1_700_000_000_000 + step,
  });
  const stored = (job: JobMessage, sequence: number) =>
    eventually(async () => (await bed.attempt(job.runId, job.attempt)).report_sequence >= sequence);
  const reached = (runId: string, state: string) =>
    eventually(async () => (await bed.run(runId)).state === state);
  const steps = async (runId: string): Promise<number[]> => {
    const { rows } = await bed.owner.query<{ step: number }>(
      `SELECT unnest(steps) AS step, unnest(sequences) AS sequence FROM metric_chunks WHERE run_id = $1 ORDER BY sequence`,
      [runId],
    );
    return rows.map(({ step }) => step);
  };
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

  it('tell the steps and the progress of a run', async () => {
    const job = await claimed();
    const worker = new Reporting(bed.bus, job);
    await worker.report({ type: 'step', step: 'load', state: 'STARTED' });
    await worker.report({ type: 'step', step: 'load', state: 'FINISHED' });
    await worker.report({ type: 'step', step: 'train', state: 'STARTED' });
    await worker.report({ type: 'progress', step: 'train', fraction: 0.25, etaSeconds: 30 });
    await stored(job, 4);
    expect(await bed.run(job.runId)).toMatchObject({ step: 'train', progress: 0.25, eta_seconds: 30 });
    const { rows } = await bed.owner.query(
      'SELECT type, step FROM run_events WHERE run_id = $1 ORDER BY sequence',
      [job.runId],
    );
    expect(rows).toMatchObject([
      { type: 'STATE_CHANGED' },
      { type: 'STATE_CHANGED' },
      { type: 'STEP_STARTED', step: 'load' },
      { type: 'STEP_FINISHED', step: 'load' },
      { type: 'STEP_STARTED', step: 'train' },
      { type: 'PROGRESS', step: 'train' },
    ]);
  });

  it('that come twice are stored once', async () => {
    const job = await claimed();
    const worker = new Reporting(bed.bus, job);
    const first = worker.next({ type: 'metrics', points: [point(1), point(2)] });
    const second = worker.next({ type: 'metrics', points: [point(3)] });
    for (const [index, report] of [first, first, second, first, second].entries()) {
      await worker.publish(report, index);
    }
    await worker.report({ type: 'metrics', points: [point(4)] });
    await stored(job, 3);
    expect(await steps(job.runId)).toEqual(upTo(4));
    expect((await bed.run(job.runId)).metric_sequence).toBe(4);
  });

  it('that overtake each other are stored in their order', async () => {
    const job = await claimed();
    const worker = new Reporting(bed.bus, job);
    const inOrder = upTo(20).map((step) => worker.next({ type: 'metrics', points: [point(step)] }));
    for (const place of [3, 1, 0, 2, 19, 4, 6, 5, 18, 17, 16, 15, 7, 8, 9, 10, 11, 14, 13, 12]) {
      await worker.publish(inOrder[place] as (typeof inOrder)[number]);
    }
    await stored(job, 20);
    expect(await steps(job.runId)).toEqual(upTo(20));
  });

  it('of any number of runs, taken by two gateways, are stored each once and in order', async () => {
    const database = bed.otherDatabase();
    const bus = await bed.otherBus();
    const { config, log } = bed;
    const other = new Reports({ database, bus, config, log, objects, bury: async () => undefined });
    other.start();
    try {
      const jobs = await Promise.all(upTo(6).map(() => claimed()));
      await Promise.all(
        jobs.map(async (job) => {
          const worker = new Reporting(bed.bus, job);
          for (let step = 1; step <= 200; step += 2) {
            await worker.report({ type: 'metrics', points: [point(step), point(step + 1)] });
          }
        }),
      );
      for (const job of jobs) {
        await stored(job, 100);
        expect(await steps(job.runId)).toEqual(upTo(200));
        expect((await bed.run(job.runId)).metric_sequence).toBe(200);
      }
    } finally {
      await other.stop();
    }
  });

  it('of an attempt that lost its run change nothing', async () => {
    const job = await claimed();
    const old = new Reporting(bed.bus, job);
    await old.report({ type: 'metrics', points: [point(1)] });
    await stored(job, 1);
    await old.report({ type: 'failed', failure: { code: 'INTERNAL', message: 'ours', location: {} } });
    await reached(job.runId, 'QUEUED');
    await bed.owner.query('UPDATE runs SET not_before = NULL WHERE id = $1', [job.runId]);
    await bed.dispatch(1000);
    const again = await bed.jobMessage(job.runId);
    expect(again.attempt).toBe(2);
    await claims.claim({ ...again, workerId: 'worker', engine: 'onnx-cpu', device: 'cpu' });
    const before = await bed.run(job.runId);
    const stale = reports.stale;

    await old.report({ type: 'metrics', points: [point(2)] });
    await old.report({ type: 'checkpointed', key: 'x', bytes: 1, sha256: 'x' });
    await old.report({ type: 'succeeded', outputs: [], metricPoints: 2, stepSeconds: {} });
    const forger = new Reporting(bed.bus, { ...again, leaseToken: '0'.repeat(32) });
    await forger.report({ type: 'failed', failure: { code: 'INVALID_FILE', message: 'no', location: {} } });
    await eventually(async () => reports.stale === stale + 4);
    expect(await bed.run(job.runId)).toEqual(before);
    expect(await steps(job.runId)).toEqual([1]);
  });

  it('of a failure by the user end the run; by us, they put it back with a wait', async () => {
    const user = await claimed();
    const failure = { code: 'INVALID_FILE', message: 'Line 7 has 3 cells.', location: { line: 7 } } as const;
    await new Reporting(bed.bus, user).report({ type: 'failed', failure });
    await reached(user.runId, 'FAILED');
    expect((await bed.run(user.runId)).failure).toEqual(failure);

    const ours = await claimed();
    await new Reporting(bed.bus, ours).report({
      type: 'failed',
      failure: { code: 'OUT_OF_MEMORY', message: 'full', location: {} },
    });
    await reached(ours.runId, 'QUEUED');
    expect(await bed.run(ours.runId)).toMatchObject({ faults: 1, not_before: expect.any(Date) as Date });
  });

  it('of a worker that shuts down give the run back, and hold nothing against it', async () => {
    const job = await claimed();
    await new Reporting(bed.bus, job).report({
      type: 'failed',
      failure: { code: 'WORKER_LOST', message: 'shut down', location: {} },
      released: true,
    });
    await reached(job.runId, 'QUEUED');
    expect(await bed.run(job.runId)).toMatchObject({ faults: 0, not_before: null });
  });

  it('of a pause and of a cancel fulfil what was asked', async () => {
    const pausing = await claimed();
    await bed.setState(pausing.runId, 'PAUSING');
    await new Reporting(bed.bus, pausing).report({ type: 'paused' });
    await reached(pausing.runId, 'PAUSED');
    const cancelling = await claimed();
    await bed.setState(cancelling.runId, 'CANCELLING');
    await new Reporting(bed.bus, cancelling).report({ type: 'cancelled' });
    await reached(cancelling.runId, 'CANCELLED');
  });

  it('of checkpoints keep the last one, and discard the one before', async () => {
    const job = await claimed();
    const worker = new Reporting(bed.bus, job);
    const folder = `${job.tenantId}/runs/${job.runId}/1/`;
    await worker.report({ type: 'checkpointed', key: `${folder}a`, bytes: 1, sha256: 'a' });
    await worker.report({ type: 'checkpointed', key: `${folder}b`, bytes: 1, sha256: 'b' });
    await stored(job, 2);
    expect((await bed.run(job.runId)).checkpoint_key).toBe(`${folder}b`);
    const { rows } = await bed.owner.query('SELECT key FROM discarded_objects WHERE tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(rows).toEqual([{ key: `${folder}a` }]);
  });

  describe('of a success', () => {
    const upload = async (
      job: JobMessage,
      fileName: string,
      kind: 'SYNTHETIC_CSV' | 'REPORT',
      content: string,
    ) => {
      const { bytes, sha256 } = objects.put('unused', content);
      const uploads = new Uploads({ ...bed, objects });
      const file = { purpose: kind, fileName, mediaType: 'text/plain', bytes, sha256 };
      const reply = await uploads.grant({ ...job, files: [file] });
      if (reply.answer !== 'GRANTED') throw new Error(reply.reason);
      const key = reply.uploads[0]?.key as string;
      objects.put(key, content);
      return { kind, key, fileName, mediaType: 'text/plain', bytes, sha256 };
    };
    const artifacts = async (runId: string) =>
      (await bed.owner.query<object>('SELECT * FROM artifacts WHERE run_id = $1 ORDER BY file_name', [runId]))
        .rows;

    it('make all artifacts at once, with their lineage, and leave none to the sweep', async () => {
      const job = await claimed();
      const outputs = [
        await upload(job, 'synthetic.csv', 'SYNTHETIC_CSV', 'a\n1\n'),
        await upload(job, 'report.html', 'REPORT', '<p>'),
      ];
      const left = await upload(job, 'left-behind', 'REPORT', 'x');
      await new Reporting(bed.bus, job).report({
        type: 'succeeded',
        outputs,
        metricPoints: 0,
        stepSeconds: { train: 1.5 },
        rows: 1,
      });
      await reached(job.runId, 'SUCCEEDED');
      expect(await artifacts(job.runId)).toMatchObject([
        { kind: 'REPORT', file_name: 'report.html', rows: null },
        {
          kind: 'SYNTHETIC_CSV',
          file_name: 'synthetic.csv',
          rows: 1,
          lineage: { runId: job.runId, attempt: 1, seed: 1, engine: 'onnx-cpu', kind: 'PROBE', inputs: [] },
        },
      ]);
      expect(await bed.run(job.runId)).toMatchObject({ progress: 1, rows: 1, step_seconds: { train: 1.5 } });

      const sweep = new Sweep({ ...bed, objects, config: { ...bed.config, signedUrlSeconds: 0 } });
      await sweep.sweep();
      expect(objects.deleted).toContain(left.key);
      for (const { key } of outputs) expect(objects.stored.has(key)).toBe(true);
    });

    it('are not believed when an output is not stored as reported', async () => {
      const job = await claimed();
      const output = await upload(job, 'synthetic.csv', 'SYNTHETIC_CSV', 'a\n1\n');
      await new Reporting(bed.bus, job).report({
        type: 'succeeded',
        outputs: [{ ...output, sha256: 'other' }],
        metricPoints: 0,
        stepSeconds: {},
      });
      await reached(job.runId, 'QUEUED');
      expect(await bed.run(job.runId)).toMatchObject({ faults: 1 });
      expect(await artifacts(job.runId)).toEqual([]);
    });

    it('waits for an object storage that is away, however often it is asked', async () => {
      const job = await claimed();
      const output = await upload(job, 'synthetic.csv', 'SYNTHETIC_CSV', 'a\n1\n');
      objects.away = true;
      const failures = objects.failures + 7;
      await new Reporting(bed.bus, job).report({
        type: 'succeeded',
        outputs: [output],
        metricPoints: 0,
        stepSeconds: {},
      });
      await eventually(async () => objects.failures >= failures);
      objects.away = false;
      await reached(job.runId, 'SUCCEEDED');
      expect(await artifacts(job.runId)).toHaveLength(1);
    }, 30_000);

    it('make a dataset version ready when the run was its ingest', async () => {
      const [runId] = (await bed.queue(tenant, 1, {
        kind: 'INGEST',
        priority: 100,
        config: { kind: 'INGEST', fileName: 'sales.csv', columnKinds: {} },
      })) as [string];
      const { versionId } = await bed.dataset(tenant, { state: 'INGESTING', ingestRunId: runId });
      await bed.input(tenant, runId, 'FILE', versionId);
      await bed.dispatch(1000);
      const job = await bed.jobMessage(runId);
      await claims.claim({ ...job, workerId: 'worker', engine: 'onnx-cpu', device: 'cpu' });
      const folder = `${job.tenantId}/runs/${runId}/1/`;
      const found = {
        v: 1,
        rows: 3,
        columns: [{ name: 'price', kind: 'REAL', nullable: false }],
        profile: {
          rows: 3,
          bytes: 100,
          format: { type: 'csv', gzip: false },
          columns: [],
          keyCandidates: [],
        },
        format: { type: 'csv', gzip: false },
      };
      const outputs = [
        { kind: 'TABLE', fileName: 'table.parquet', ...objects.put(`${folder}table.parquet`, 'PAR1') },
        {
          kind: 'PROFILE',
          fileName: 'profile.json',
          ...objects.put(`${folder}profile.json`, JSON.stringify(found)),
        },
      ] as const;
      await new Reporting(bed.bus, job).report({
        type: 'succeeded',
        outputs: outputs.map((output) => ({ ...output, mediaType: 'x/y' })),
        metricPoints: 0,
        stepSeconds: {},
        rows: 3,
      });
      await reached(runId, 'SUCCEEDED');
      const { rows } = await bed.owner.query('SELECT * FROM dataset_versions WHERE id = $1', [versionId]);
      expect(rows).toMatchObject([
        { state: 'READY', rows: 3, table_key: `${folder}table.parquet`, columns: [{ name: 'price' }] },
      ]);
      expect(await artifacts(runId)).toEqual([]);
    });
  });

  it('that do not parse go to the dead letters with the reason, and their run is tried again', async () => {
    const job = await claimed();
    const worker = new Reporting(bed.bus, job);
    await worker.publish({ ...worker.next({ type: 'paused' }), body: { type: 'nonsense' } as never });
    await reached(job.runId, 'QUEUED');
    expect((await bed.run(job.runId)).faults).toBe(1);
    const { rows } = await bed.owner.query('SELECT * FROM dead_letters WHERE run_id = $1', [job.runId]);
    expect(rows).toMatchObject([
      { tenant_id: job.tenantId, subject: expect.stringContaining(job.runId) as string },
    ]);
  });

  it('are taken again after NATS was restarted', async () => {
    const job = await claimed();
    const worker = new Reporting(bed.bus, job);
    await worker.report({ type: 'metrics', points: [point(1)] });
    await stored(job, 1);
    await bed.nats.restart();
    const next = worker.next({ type: 'metrics', points: [point(2)] });
    // The connection may be away still; a worker tries again, too.
    await eventually(() =>
      worker.publish(next).then(
        () => true,
        () => false,
      ),
    );
    await stored(job, 2);
    expect(await steps(job.runId)).toEqual(upTo(2));
  });

  it('wait for a gateway that comes back, and are then stored', async () => {
    const job = await claimed();
    await reports.stop();
    const worker = new Reporting(bed.bus, job);
    for (const step of upTo(50)) await worker.report({ type: 'metrics', points: [point(step)] });
    reports.start();
    await stored(job, 50);
    expect(await steps(job.runId)).toEqual(upTo(50));
  });
});
