import { AwaitedInputs } from '../../src/dispatch/awaited-inputs.js';
import { newId } from '../../src/platform/ids.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { Testbed, type TestTenant } from './testbed.js';

describe('a run that waits for what another makes', () => {
  let bed: Testbed;
  let tenant: TestTenant;

  beforeAll(async () => {
    bed = await Testbed.create();
  });
  beforeEach(async () => {
    await bed.owner.query('TRUNCATE tenants, runs, attempts, outbox_messages CASCADE');
    tenant = await bed.tenant();
  });
  afterAll(() => bed.destroy());

  const settle = (database = bed.database) =>
    new AwaitedInputs({ database, bus: bed.bus, log: bed.log }).settle();

  const maker = async (of = tenant) => (await bed.queue(of, 1, { state: 'RUNNING', kind: 'SYNTHESIZE' }))[0]!;

  /** Queued, and reads what the others make. */
  async function waiting(makers: readonly string[]): Promise<string> {
    const [id] = await bed.queue(tenant, 1);
    for (const [nth, made] of makers.entries()) {
      await bed.owner.query(
        `INSERT INTO run_inputs (tenant_id, run_id, role, name, awaited_run_id, awaited_kind)
         VALUES ($1, $2, 'SYNTHETIC', $3, $4, 'SYNTHETIC_PARQUET')`,
        [tenant.tenantId, id, String(nth), made],
      );
    }
    await bed.owner.query('UPDATE runs SET awaits = $2 WHERE id = $1', [id, makers.length]);
    return id!;
  }
  const succeed = async (run: string) => {
    await bed.setState(run, 'SUCCEEDED');
    return seedArtifact(bed.urls, { ...tenant, id: run }, 'SYNTHETIC_PARQUET');
  };

  test('is not dispatched before all of them are made, and reads them then', async () => {
    const makers = [await maker(), await maker()];
    const id = await waiting(makers);
    await settle();
    expect(await bed.dispatch(10)).toEqual([]);
    const first = await succeed(makers[0]!);
    await settle();
    expect(await bed.dispatch(10)).toEqual([]);
    const second = await succeed(makers[1]!);
    await settle();
    expect((await bed.dispatch(10)).map((run) => run.id)).toEqual([id]);
    const { rows } = await bed.owner.query<{ artifact_id: string }>(
      'SELECT artifact_id FROM run_inputs WHERE run_id = $1 ORDER BY name',
      [id],
    );
    expect(rows.map(({ artifact_id }) => artifact_id)).toEqual([first.id, second.id]);
  });

  test('holds nobody up who waits for nothing', async () => {
    await waiting([await maker()]);
    const [free] = await bed.queue(tenant, 1, { queuedSecondsAgo: 1 });
    expect((await bed.dispatch(1)).map((run) => run.id)).toEqual([free]);
  });

  test.each(['FAILED', 'CANCELLED'] as const)('ends, and says why, when one of them is %s', async (state) => {
    const [bad, good] = [await maker(), await maker()];
    const id = await waiting([bad, good]);
    const next = await waiting([id]);
    await bed.setState(bad, state);
    await settle();
    await settle();
    const run = await bed.run(id);
    expect(run).toMatchObject({ state: 'FAILED', attempt: 0, failure: { code: 'INPUT_NOT_MADE' } });
    expect(run.failure?.message).toContain(`The run ${bad}`);
    expect(run.failure?.message).toContain(`is ${state}`);
    expect((await bed.run(next)).failure?.message).toContain(`The run ${id}`);
  });

  test('ends when the other has succeeded without what was to be read', async () => {
    const other = await maker();
    const id = await waiting([other]);
    await bed.setState(other, 'SUCCEEDED');
    await settle();
    expect((await bed.run(id)).failure?.message).toContain('has made no SYNTHETIC_PARQUET');
  });

  test('is settled once, whatever number of gateways look', async () => {
    const other = await maker();
    const id = await waiting([other]);
    await bed.setState(other, 'FAILED');
    const databases = [bed.database, ...Array.from({ length: 4 }, () => bed.otherDatabase())];
    await Promise.all(databases.map((database) => settle(database)));
    const { rows } = await bed.owner.query(
      "SELECT 1 FROM run_events WHERE run_id = $1 AND state = 'FAILED'",
      [id],
    );
    expect(rows).toHaveLength(1);
  });

  test('waits for no run of another tenant, and for none that never was', async () => {
    const foreign = await maker(await bed.tenant());
    await expect(waiting([foreign])).rejects.toThrow('awaited_run_id_fkey');
    await expect(waiting([newId('run')])).rejects.toThrow('awaited_run_id_fkey');
  });
});
