import { dispatchRuns } from '../../src/dispatch/scheduler.js';
import { POOL, Testbed } from './testbed.js';

describe('the scheduler', () => {
  let bed: Testbed;

  beforeAll(async () => {
    bed = await Testbed.create();
  });

  beforeEach(async () => {
    await bed.owner.query('TRUNCATE tenants, runs, attempts, outbox_messages CASCADE');
  });

  afterAll(() => bed.destroy());

  const servedBy = (runs: { tenant_id: string }[], tenantId: string) =>
    runs.filter((run) => run.tenant_id === tenantId).length;

  it('serves a tenant with one run and one with ten among the first slots, beside one with a thousand', async () => {
    const large = await bed.tenant();
    const middle = await bed.tenant();
    const small = await bed.tenant();
    await bed.queue(large, 1000, { priority: 100, queuedSecondsAgo: 100_000 });
    await bed.queue(middle, 10);
    await bed.queue(small, 1);

    const first = await bed.dispatch(3);
    expect(new Set(first.map((run) => run.tenant_id)).size).toBe(3);

    const next = await bed.dispatch(3 + 18);
    expect(servedBy(next, middle.tenantId)).toBe(9);
    expect(servedBy(next, large.tenantId)).toBe(9);
  });

  it('shares slots by weight', async () => {
    const heavy = await bed.tenant({ weight: 3 });
    const light = await bed.tenant({ weight: 1 });
    await bed.queue(heavy, 100);
    await bed.queue(light, 100);
    const dispatched = await bed.dispatch(40);
    expect(servedBy(dispatched, heavy.tenantId)).toBe(30);
    expect(servedBy(dispatched, light.tenantId)).toBe(10);
  });

  it('hands out slots one at a time as it would all at once', async () => {
    const heavy = await bed.tenant({ weight: 2 });
    const light = await bed.tenant({ weight: 1 });
    await bed.queue(heavy, 100);
    await bed.queue(light, 100);
    for (let slots = 1; slots <= 30; slots += 1) expect(await bed.dispatch(slots)).toHaveLength(1);
    const { rows } = await bed.owner.query("SELECT tenant_id FROM runs WHERE state = 'DISPATCHED'");
    expect(servedBy(rows as { tenant_id: string }[], heavy.tenantId)).toBe(20);
  });

  it('among tenants that hold nothing, serves the one first that was served least recently', async () => {
    const [first, second, third] = [await bed.tenant(), await bed.tenant(), await bed.tenant()];
    for (const tenant of [first, second, third]) await bed.queue(tenant, 5);
    const served: (string | undefined)[] = [];
    for (let round = 0; round < 6; round += 1) {
      const [run] = await bed.dispatch(1);
      served.push(run?.tenant_id);
      await bed.setState(run?.id as string, 'SUCCEEDED');
    }
    expect(new Set(served.slice(0, 3)).size).toBe(3);
    expect(served.slice(3)).toEqual(served.slice(0, 3));
  });

  it('never gives a tenant more slots than it may hold, over all pools', async () => {
    const bounded = await bed.tenant({ maxRunningRuns: 4 });
    const elsewhere = await bed.queue(bounded, 1, { state: 'RUNNING' });
    await bed.owner.query("UPDATE runs SET pool = 'other' WHERE id = ANY($1)", [elsewhere]);
    await bed.queue(bounded, 10);
    expect(await bed.dispatch(50)).toHaveLength(3);
    expect(await bed.dispatch(50)).toHaveLength(0);
  });

  it('takes runs of a tenant by priority, then by age, and none before its time', async () => {
    const tenant = await bed.tenant();
    const [older, newer] = await bed.queue(tenant, 2, { priority: 10 });
    await bed.queue(tenant, 1, { priority: 90, notBeforeInSeconds: 600 });
    const [urgent] = await bed.queue(tenant, 1, { priority: 90, queuedSecondsAgo: 0 });
    const order: (string | undefined)[] = [];
    for (let slots = 1; slots <= 4; slots += 1) order.push((await bed.dispatch(slots))[0]?.id);
    expect(order).toEqual([urgent, older, newer, undefined]);
  });

  it('dispatches each run once and overshoots no slot, whatever number of gateways try at a time', async () => {
    for (let tenants = 0; tenants < 5; tenants += 1) await bed.queue(await bed.tenant(), 40);
    const databases = Array.from({ length: 8 }, () => bed.otherDatabase());
    const answers = await Promise.all(
      databases.flatMap((database) => [bed.dispatch(50, database), bed.dispatch(50, database)]),
    );
    const ids = answers.flat().map((run) => run.id);
    expect(ids).toHaveLength(50);
    expect(new Set(ids).size).toBe(50);
    const { rows } = await bed.owner.query<{ attempts: number; messages: number; events: number }>(
      `SELECT (SELECT count(*)::int FROM attempts WHERE state = 'DISPATCHED' AND number = 1) AS attempts,
        (SELECT count(DISTINCT message_id)::int FROM outbox_messages) AS messages,
        (SELECT count(*)::int FROM run_events WHERE state = 'DISPATCHED') AS events`,
    );
    expect(rows[0]).toEqual({ attempts: 50, messages: 50, events: 50 });
  });

  it('counts neither the slots of a lost worker nor the runs that it still holds', async () => {
    const tenant = await bed.tenant();
    await bed.queue(tenant, 4);
    await bed.dispatch(2);
    await bed.owner.query("UPDATE attempts SET worker_id = 'lost', state = 'RUNNING'");
    await bed.owner.query("UPDATE runs SET state = 'RUNNING' WHERE state = 'DISPATCHED'");
    const withLost = await bed.database.asDispatch((tx) =>
      dispatchRuns(tx, POOL, { slots: 2, workerIds: ['lost'] }),
    );
    expect(withLost).toHaveLength(0);
    const withNew = await bed.database.asDispatch((tx) =>
      dispatchRuns(tx, POOL, { slots: 1, workerIds: ['new'] }),
    );
    expect(withNew).toHaveLength(1);
  });

  it('leaves a run alone that somebody else is changing', async () => {
    const tenant = await bed.tenant();
    const [locked, free] = await bed.queue(tenant, 2);
    const somebody = await bed.owner.connect();
    try {
      await somebody.query('BEGIN');
      await somebody.query('SELECT 1 FROM runs WHERE id = $1 FOR UPDATE', [locked]);
      expect((await bed.dispatch(5)).map((run) => run.id)).toEqual([free]);
    } finally {
      await somebody.query('ROLLBACK');
      somebody.release();
    }
  });
});
