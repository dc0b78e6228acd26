import type { Logger } from 'pino';
import type { Failure } from '../../schema/messages/failure.js';
import { GATEWAY_QUEUE_GROUP, QUEUE_CHANGED } from '../../schema/messages/subjects.js';
import { systemContext } from '../access/context.js';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Run } from '../platform/prisma-client/client.js';
import { isFinal } from '../runs/run.states.js';
import { lockRun, moveRun } from '../runs/run.transitions.js';
import { announce, changeOf } from './announce.js';
import { Loop } from './loop.js';

const TICK_MILLISECONDS = 1_000;
const BATCH = 100;

/**
 * Gives runs the artifacts of the runs that they wait for, and ends those whose artifact will never be made. Everything is read
 * from the database, so a gateway that dies loses nothing; under the lock on the waiting run each is settled once.
 */
export class AwaitedInputs {
  readonly #loop: Loop;
  #listener: Listener | undefined;

  constructor(private readonly options: { database: Database; bus: Bus; log: Logger }) {
    this.#loop = new Loop('settling runs that wait', TICK_MILLISECONDS, () => this.settle(), options.log);
  }

  start(): void {
    this.#listener = this.options.bus.subscribe(QUEUE_CHANGED, () => this.#loop.wake(), GATEWAY_QUEUE_GROUP);
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#listener?.unsubscribe();
    await this.#loop.stop();
  }

  async settle(): Promise<void> {
    const { database, bus, log } = this.options;
    const due = await database.asDispatch(
      (tx) => tx.$queryRaw<{ tenant_id: string; id: string }[]>`
        SELECT DISTINCT w.tenant_id, w.id FROM runs w
        JOIN run_inputs i ON i.tenant_id = w.tenant_id AND i.run_id = w.id
          AND i.awaited_run_id IS NOT NULL AND i.artifact_id IS NULL
        JOIN runs a ON a.tenant_id = i.tenant_id AND a.id = i.awaited_run_id
          AND a.state IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
        WHERE w.awaits > 0 AND w.state IN ('QUEUED', 'PAUSED')
        LIMIT ${BATCH}`,
    );
    for (const { tenant_id: tenantId, id } of due) {
      try {
        const context = systemContext(tenantId, `awaited ${id}`);
        const settled = await database.withTenant(context, async (tx) => {
          const run = await lockRun(tx, tenantId, id);
          if (!run || run.awaits === 0 || (run.state !== 'QUEUED' && run.state !== 'PAUSED'))
            return undefined;
          const failure = await resolveAwaited(tx, run);
          if (!failure) return run;
          return moveRun(context, tx, run, 'FAIL', { failure, message: failure.message });
        });
        if (settled) announce(bus, changeOf(settled, true));
      } catch (error) {
        // One that can't be settled must not keep the others.
        log.error({ err: error, run: id }, 'a run that waits could not be settled');
      }
    }
  }
}

/** Gives a locked run what is made of its inputs; answers the failure that one will never be. A final state never changes. */
async function resolveAwaited(tx: Transaction, { tenantId, id }: Run): Promise<Failure | undefined> {
  const inputs = await tx.runInput.findMany({
    where: { tenantId, runId: id, awaitedRunId: { not: null }, artifactId: null },
    include: { awaitedRun: true },
  });
  let left = inputs.length;
  for (const { role, name, awaitedRun, awaitedKind } of inputs) {
    if (!awaitedRun || !awaitedKind || !isFinal(awaitedRun.state)) continue;
    const what = `The run ${awaitedRun.id}${awaitedRun.name && ` ("${awaitedRun.name}")`}`;
    if (awaitedRun.state !== 'SUCCEEDED') {
      return notMade(
        `${what}, which was to make this run's input, is ${awaitedRun.state}. See why, retry it, and then this one.`,
      );
    }
    const artifact = await tx.artifact.findFirst({
      where: { tenantId, runId: awaitedRun.id, kind: awaitedKind, deletedAt: null },
      select: { id: true },
    });
    if (!artifact)
      return notMade(`${what} has made no ${awaitedKind}, or it was deleted: this run can't read it.`);
    await tx.runInput.update({
      where: { tenantId_runId_role_name: { tenantId, runId: id, role, name } },
      data: { artifactId: artifact.id },
    });
    left--;
  }
  await tx.run.update({ where: { tenantId_id: { tenantId, id } }, data: { awaits: left } });
  return undefined;
}

const notMade = (message: string): Failure => ({ code: 'INPUT_NOT_MADE', message, location: {} });
