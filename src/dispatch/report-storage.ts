import type { Logger } from 'pino';
import type { Failure } from '../../schema/messages/failure.js';
import type { StoredPoint } from '../../schema/messages/live.js';
import type { MetricPoint, Report } from '../../schema/messages/report.js';
import type { TenantContext } from '../access/context.js';
import type { Config } from '../config.js';
import { appendPoints } from '../metrics/metric.store.js';
import type { Transaction } from '../platform/database.js';
import type { Attempt, Prisma, Run } from '../platform/prisma-client/client.js';
import { applyResults, attemptFolder, type CheckedOutputs } from '../runs/run.results.js';
import { lockRun, recordRunEvent } from '../runs/run.transitions.js';
import { changeOf, type RunChange } from './announce.js';
import { attemptKey, endAttempt } from './attempts.js';
import type { Ending } from './endings.js';

/** Of the events PROGRESS of one run; its row always has the newest. */
const PROGRESS_EVENT_MILLISECONDS = 1_000;

export interface StoredReports {
  /** That many, from the first, are done with: stored, known already, or stale. The next one lacks its predecessor. */
  handled: number;
  stale: number;
  change: RunChange | undefined;
}

interface Surroundings {
  /** Of the first report, when it is `succeeded`. */
  checked: CheckedOutputs | Failure | undefined;
  /** Go on although a report is missing: it has been waited for long enough. */
  acceptGap: boolean;
  config: Pick<Config, 'retrySeconds'>;
  log: Logger;
}

/**
 * Stores consecutive reports of one run, in one transaction. What doesn't come from the attempt that holds the run
 * changes nothing.
 */
export async function storeReports(
  context: TenantContext,
  tx: Transaction,
  reports: readonly Report[],
  surroundings: Surroundings,
): Promise<StoredReports> {
  const first = reports[0];
  const run = first && (await lockRun(tx, first.tenantId, first.runId));
  if (!run) return { handled: reports.length, stale: reports.length, change: undefined };
  const attempt = await tx.attempt.findUnique({
    where: { tenantId_runId_number: { tenantId: run.tenantId, runId: run.id, number: run.attempt } },
  });
  const storing = new ReportStoring(context, tx, run, attempt ?? undefined, surroundings);
  let handled = 0;
  for (const report of reports) {
    if (!(await storing.store(report))) break;
    handled += 1;
  }
  return { handled, stale: storing.stale, change: await storing.finish() };
}

/** One transaction's way through the reports of a run. */
class ReportStoring {
  stale = 0;
  readonly #before: { sequence: number; eventSequence: number };
  #sequence: number;
  #ended: Run | undefined;
  /** Consecutive metrics are appended together. */
  #points: MetricPoint[] = [];
  readonly #stored: StoredPoint[] = [];
  #change: Prisma.RunUncheckedUpdateInput = {};

  constructor(
    private readonly context: TenantContext,
    private readonly tx: Transaction,
    private run: Run,
    private readonly attempt: Attempt | undefined,
    private readonly surroundings: Surroundings,
  ) {
    this.#sequence = attempt?.reportSequence ?? 0;
    this.#before = { sequence: this.#sequence, eventSequence: run.eventSequence };
  }

  /** False when it must wait for its predecessor. */
  async store(report: Report): Promise<boolean> {
    const { attempt, run } = this;
    if (
      !attempt ||
      this.#ended ||
      attempt.state !== 'RUNNING' ||
      report.attempt !== attempt.number ||
      report.leaseToken !== attempt.leaseToken
    ) {
      this.stale += 1;
      this.surroundings.log.debug({ run: run.id, attempt: report.attempt }, 'a stale report was dropped');
      return true;
    }
    if (report.sequence <= this.#sequence) return true;
    if (report.sequence > this.#sequence + 1) {
      if (!this.surroundings.acceptGap) return false;
      const missing = { run: run.id, attempt: attempt.number, after: this.#sequence, next: report.sequence };
      this.surroundings.log.error(missing, 'reports of a run are missing; going on without them');
    }
    await this.#apply(report, attempt);
    this.#sequence = report.sequence;
    return true;
  }

  /** Writes what was gathered. Call it once, at the end. */
  async finish(): Promise<RunChange | undefined> {
    const { tx, run, attempt } = this;
    if (!attempt || this.#sequence === this.#before.sequence) return undefined;
    await this.#appendPoints();
    await tx.attempt.update({ where: attemptKey(attempt), data: { reportSequence: this.#sequence } });
    await this.#saveRun();
    if (this.#ended) return { ...changeOf(this.#ended, true), points: this.#stored };
    return {
      tenantId: run.tenantId,
      runId: run.id,
      points: this.#stored,
      eventSequence: this.run.eventSequence > this.#before.eventSequence ? this.run.eventSequence : undefined,
    };
  }

  async #apply({ body }: Report, attempt: Attempt): Promise<void> {
    if (body.type === 'metrics') {
      this.#points.push(...body.points);
      return;
    }
    await this.#appendPoints();
    switch (body.type) {
      case 'step':
        if (body.state === 'STARTED') this.#set({ step: body.step, progress: 0, etaSeconds: null });
        else this.#set({ progress: 1, etaSeconds: null });
        await this.#record({
          type: body.state === 'STARTED' ? 'STEP_STARTED' : 'STEP_FINISHED',
          step: body.step,
        });
        return;
      case 'progress': {
        const { step, fraction, etaSeconds } = body;
        this.#set({ step, progress: fraction, etaSeconds: etaSeconds ?? null });
        if (isDue(this.run, fraction)) {
          await this.#record({ type: 'PROGRESS', step, progress: fraction, etaSeconds });
        }
        return;
      }
      case 'checkpointed':
        return this.#keepCheckpoint(body, attempt);
      case 'paused':
        return this.#end({ type: 'PAUSED' }, attempt);
      case 'cancelled':
        return this.#end({ type: 'CANCELLED' }, attempt);
      case 'failed':
        return this.#end(
          { type: 'FAILED', failure: body.failure, blameless: body.released ?? false },
          attempt,
        );
      case 'succeeded':
        return this.#succeed(body, attempt);
    }
  }

  async #succeed(body: Extract<Report['body'], { type: 'succeeded' }>, attempt: Attempt): Promise<void> {
    const { checked } = this.surroundings;
    if (!checked) throw new Error('The outputs of a run were not looked at.');
    const applied =
      'code' in checked
        ? checked
        : await applyResults(
            this.context,
            this.tx,
            { ...this.run, rows: body.rows ?? null },
            attempt,
            checked,
          );
    if ('code' in applied) {
      return this.#end({ type: 'FAILED', failure: applied, blameless: false }, attempt);
    }
    this.run = applied;
    this.#set({
      stepSeconds: body.stepSeconds,
      rows: body.rows ?? null,
      progress: 1,
      publishedPoints: attempt.pointsBefore + body.metricPoints,
    });
    return this.#end({ type: 'SUCCEEDED' }, attempt);
  }

  async #end(ending: Ending, attempt: Attempt): Promise<void> {
    const change = this.#change;
    this.#change = {};
    this.#ended = await endAttempt(this.context, this.tx, { run: this.run, attempt }, ending, {
      retrySeconds: this.surroundings.config.retrySeconds,
      change,
    });
    this.run = this.#ended;
  }

  async #keepCheckpoint(
    { key, bytes, sha256 }: Extract<Report['body'], { type: 'checkpointed' }>,
    attempt: Attempt,
  ): Promise<void> {
    const { tx, run } = this;
    const place = { tenantId: run.tenantId, runId: run.id, attempt: attempt.number };
    if (!key.startsWith(attemptFolder(place))) {
      this.surroundings.log.error(
        { run: run.id, key },
        'a checkpoint lies in a foreign place; it is ignored',
      );
      return;
    }
    // The run's own from now on, until the next takes its place.
    await tx.discardedObject.deleteMany({ where: { ...place, key } });
    if (run.checkpointKey && run.checkpointKey !== key) {
      await tx.discardedObject.create({ data: { tenantId: run.tenantId, key: run.checkpointKey } });
    }
    this.run = { ...run, checkpointKey: key };
    this.#set({
      checkpointKey: key,
      checkpointBytes: bytes,
      checkpointSha256: sha256,
      checkpointAt: new Date(),
    });
    await this.#record({ type: 'CHECKPOINTED' });
  }

  #set(change: Prisma.RunUncheckedUpdateInput): void {
    this.#change = { ...this.#change, ...change };
  }

  async #record(event: Parameters<typeof recordRunEvent>[2]): Promise<void> {
    this.run = { ...this.run, eventSequence: await recordRunEvent(this.tx, this.run, event) };
  }

  async #appendPoints(): Promise<void> {
    const points = this.#points;
    if (points.length === 0) return;
    this.#points = [];
    this.#stored.push(...(await appendPoints(this.tx, this.run, points)));
  }

  async #saveRun(): Promise<void> {
    if (Object.keys(this.#change).length === 0) return;
    const { tenantId, id } = this.run;
    await this.tx.run.update({ where: { tenantId_id: { tenantId, id } }, data: this.#change });
    this.#change = {};
  }
}

/** When the last event PROGRESS of a run was recorded by this process: a memory of what to leave out, not a state. */
const lastProgress = new Map<string, number>();

function isDue({ tenantId, id }: Run, fraction: number): boolean {
  const key = `${tenantId}.${id}`;
  const now = performance.now();
  if (fraction < 1 && now - (lastProgress.get(key) ?? -Infinity) < PROGRESS_EVENT_MILLISECONDS) return false;
  lastProgress.delete(key);
  if (fraction < 1) lastProgress.set(key, now);
  const oldest = lastProgress.size > 1_000 ? lastProgress.keys().next().value : undefined;
  if (oldest !== undefined) lastProgress.delete(oldest);
  return true;
}
