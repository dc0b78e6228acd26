import { JobMessage, ClaimReply } from '../../schema/messages/job.js';
import { ControlRequest } from '../../schema/messages/lease.js';
import { LiveRunMessage } from '../../schema/messages/live.js';
import type { Presence } from '../../schema/messages/presence.js';
import {
  controlSubject,
  jobConsumer,
  liveRunSubject,
  presenceSubject,
  QUEUE_CHANGED,
  REQUESTS,
  STREAMS,
} from '../../schema/messages/subjects.js';
import { Dispatch } from '../../src/dispatch/dispatch.js';
import { Sweep } from '../../src/dispatch/sweep.js';
import { Outbox } from '../../src/dispatch/outbox.js';
import { eventually, MemoryObjects, POOL, Reporting, Testbed, type TestTenant } from './testbed.js';

const presence = (workerId: string, more: Partial<Presence> = {}): Presence => ({
  v: 1,
  workerId,
  pool: POOL,
  slots: 2,
  runs: [],
  engine: 'onnx-cpu',
  device: 'cpu',
  version: '1',
  host: 'here',
  pid: 1,
  startedAt: Date.now(),
  leaving: false,
  ...more,
});

describe('the dispatch', () => {
  let bed: Testbed;
  let tenant: TestTenant;
  let jobs: JobMessage[];
  let consumer: { stop(): Promise<void> };

  beforeAll(async () => {
    bed = await Testbed.create();
  });

  beforeEach(async () => {
    await bed.owner.query(
      'TRUNCATE tenants, runs, attempts, outbox_messages, workers, discarded_objects CASCADE',
    );
    tenant = await bed.tenant();
    jobs = [];
    consumer = bed.bus.consume(
      {
        stream: STREAMS.jobs.name,
        name: jobConsumer(POOL),
        ackWaitMs: 30_000,
        maxAckPending: 1000,
        prefetch: 100,
      },
      (delivery) => {
        jobs.push(JobMessage.parse(JSON.parse(delivery.text)));
        delivery.ack();
      },
    );
  });

  afterEach(() => consumer.stop());
  afterAll(() => bed.destroy());

  const queued = async (count: number) => {
    const { rows } = await bed.owner.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM runs WHERE state = 'QUEUED'",
    );
    return rows[0]?.n === count;
  };
  const outboxIsEmpty = async () =>
    (await bed.owner.query('SELECT 1 FROM outbox_messages LIMIT 1')).rows.length === 0;

  it('gives a queued run to a worker that says it is here, and takes it through to its end', async () => {
    const dispatch = new Dispatch({ ...bed, objects: new MemoryObjects() });
    await dispatch.start();
    const heard: LiveRunMessage[] = [];
    const [runId] = (await bed.queue(tenant, 1)) as [string];
    const listener = bed.bus.subscribe(liveRunSubject(tenant.tenantId, runId), (message) => {
      heard.push(LiveRunMessage.parse(message));
    });
    try {
      bed.bus.publish(presenceSubject('w1'), presence('w1'));
      const job = await eventually(async () => jobs[0]);
      expect(job.runId).toBe(runId);
      const claim = { ...job, workerId: 'w1', engine: 'onnx-cpu', device: 'cpu' };
      const reply = ClaimReply.parse(await bed.bus.request(REQUESTS.claim, claim, 5_000));
      expect(reply.answer).toBe('GRANTED');
      expect(await bed.bus.request(REQUESTS.renewLease, { ...job, workerId: 'w1' }, 5_000)).toEqual({
        directive: 'CONTINUE',
      });
      const worker = new Reporting(bed.bus, job);
      const points = [{ name: 'probe/value', step: 1, value: 2, at: Date.now() }];
      await worker.report({ type: 'metrics', points });
      await worker.report({ type: 'succeeded', outputs: [], metricPoints: 1, stepSeconds: {} });
      await eventually(async () => (await bed.run(runId)).state === 'SUCCEEDED');
      const last = (await bed.run(runId)).event_sequence;
      await eventually(async () =>
        heard.some((message) => message.type === 'events' && message.lastSequence === last),
      );
      expect(heard.filter(({ type }) => type === 'points')).toMatchObject([
        { points: [{ ...points[0], sequence: 1 }] },
      ]);
    } finally {
      listener.unsubscribe();
      await dispatch.stop();
    }
  });

  it('fills no more slots than live workers have, and more when told that one came free', async () => {
    const dispatch = new Dispatch({ ...bed, objects: new MemoryObjects() });
    await dispatch.start();
    try {
      await bed.queue(tenant, 5);
      bed.bus.publish(presenceSubject('w1'), presence('w1', { slots: 1 }));
      bed.bus.publish(presenceSubject('w2'), presence('w2', { slots: 2 }));
      await eventually(async () => jobs.length === 3);
      expect(await queued(2)).toBe(true);
      await bed.setState(jobs[0]?.runId as string, 'SUCCEEDED');
      bed.bus.publish(QUEUE_CHANGED, {});
      await eventually(async () => jobs.length === 4);
      expect(await queued(1)).toBe(true);
    } finally {
      await dispatch.stop();
    }
  });

  it('remembers which workers there are and when one has left', async () => {
    const dispatch = new Dispatch({ ...bed, objects: new MemoryObjects() });
    await dispatch.start();
    try {
      bed.bus.publish(presenceSubject('w1'), presence('w1'));
      bed.bus.publish(presenceSubject('w1'), presence('w1', { leaving: true }));
      const row = await eventually(
        async () =>
          (await bed.owner.query("SELECT * FROM workers WHERE id = 'w1' AND left_at IS NOT NULL")).rows[0] as
            object | undefined,
      );
      expect(row).toMatchObject({ pool: POOL, slots: 2, engine: 'onnx-cpu', host: 'here' });
    } finally {
      await dispatch.stop();
    }
  });

  it('tells a worker at once to cancel, and knows when nobody heard it', async () => {
    const { control } = new Dispatch({ ...bed, objects: new MemoryObjects() });
    const heard: ControlRequest[] = [];
    const worker = bed.bus.serve(controlSubject('w1'), 'w1', async (message) => {
      heard.push(ControlRequest.parse(message));
      return { accepted: true };
    });
    const order = { runId: 'run_1', attempt: 1, directive: 'CANCEL' } as const;
    expect(await control.push({ workerId: 'w1', ...order })).toBe(true);
    expect(heard).toEqual([{ v: 1, ...order }]);
    worker.unsubscribe();
    expect(await control.push({ workerId: 'w1', ...order })).toBe(false);
  });

  it('keeps the note of an object for as long as a link could bring the object again', async () => {
    const objects = new MemoryObjects();
    await bed.owner.query(
      `INSERT INTO discarded_objects (tenant_id, key, created_at)
       VALUES ($1, 'gone', now()), ($1, 'linked', now() + interval '1 minute')`,
      [tenant.tenantId],
    );
    const sweep = new Sweep({ ...bed, objects });
    await sweep.sweep();
    const notes = await bed.owner.query<{ key: string }>('SELECT key FROM discarded_objects');
    expect(notes.rows).toEqual([{ key: 'linked' }]);
    await bed.owner.query('UPDATE discarded_objects SET created_at = now()');
    await sweep.sweep();
    expect((await bed.owner.query('SELECT key FROM discarded_objects')).rows).toEqual([]);
  });

  it('gives up on uploads that were not completed in time, and removes what was uploaded', async () => {
    const objects = new MemoryObjects();
    const late = await bed.dataset(tenant, { state: 'AWAITING_UPLOAD', expired: true });
    const waiting = await bed.dataset(tenant, { state: 'AWAITING_UPLOAD' });
    const sweep = new Sweep({ ...bed, objects });
    await Promise.all([sweep.sweep(), new Sweep({ ...bed, database: bed.otherDatabase(), objects }).sweep()]);
    await sweep.sweep();
    const { rows } = await bed.owner.query<{
      id: string;
      state: string;
      failure: { message: string } | null;
    }>('SELECT id, state, failure FROM dataset_versions ORDER BY id');
    expect(rows.find(({ id }) => id === late.versionId)).toMatchObject({
      state: 'FAILED',
      failure: { message: expect.stringContaining('expired') as string },
    });
    expect(rows.find(({ id }) => id === waiting.versionId)).toMatchObject({ state: 'AWAITING_UPLOAD' });
    // Each object at least once: to delete it again does no harm.
    expect([...new Set(objects.deleted)]).toEqual([
      `${tenant.tenantId}/datasets/${late.versionId}/sales.csv`,
    ]);
  });

  it('publishes what the outbox kept while NATS was away, each message once', async () => {
    const outbox = new Outbox(bed.database, bed.bus, bed.log);
    const other = new Outbox(bed.otherDatabase(), await bed.otherBus(), bed.log);
    const runs = await bed.queue(tenant, 150);
    outbox.start();
    other.start();
    try {
      const restarted = bed.nats.restart();
      await bed.dispatch(64);
      await bed.dispatch(128);
      await restarted;
      await bed.dispatch(150);
      outbox.wake();
      await eventually(outboxIsEmpty);
      await eventually(async () => jobs.length >= 150);
      expect(jobs.map(({ runId }) => runId).sort()).toEqual([...runs].sort());
    } finally {
      await outbox.stop();
      await other.stop();
    }
  });
});
