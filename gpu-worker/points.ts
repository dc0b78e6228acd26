import type { MetricPoint, ReportBody } from '../schema/messages/report.js';

const BATCH_MILLISECONDS = 100;
const BATCH_POINTS = 500;
/** Points that may wait for their storage; beyond it the run has to wait for them. Some 10 MB. */
const MOST_WAITING = 50_000;

/**
 * Batches the points of an attempt by time and count. Steps rise strictly within a series: what is stored already, of
 * an earlier attempt too, isn't sent again.
 */
export class Points {
  readonly #lastSteps: Map<string, number>;
  readonly #report: (body: ReportBody) => Promise<void>;
  #batch: MetricPoint[] = [];
  #batchSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #sent = 0;
  #lastStored: Promise<void> = Promise.resolve();

  constructor(lastSteps: Readonly<Record<string, number>>, report: (body: ReportBody) => Promise<void>) {
    this.#lastSteps = new Map(Object.entries(lastSteps));
    this.#report = report;
  }

  /** Points that this attempt gave away. */
  get count(): number {
    return this.#sent + this.#batch.length;
  }

  /** So many points wait for the stream that the run must not make more. */
  get tooMany(): boolean {
    return this.#waiting + this.#batch.length > MOST_WAITING;
  }

  add(name: string, step: number, value: number, at: number): void {
    // JSON has no word for them; a fit that diverges says so itself.
    if (!Number.isFinite(value)) return;
    if (step <= (this.#lastSteps.get(name) ?? -Infinity)) return;
    this.#lastSteps.set(name, step);
    if (this.#batch.length === 0) {
      this.#batchSince = at;
      this.#timer = setTimeout(() => void this.flush(), BATCH_MILLISECONDS);
    }
    this.#batch.push({ name, step, value, at });
    // A busy loop may keep the timer from firing.
    if (this.#batch.length >= BATCH_POINTS || at - this.#batchSince >= BATCH_MILLISECONDS) void this.flush();
  }

  /** Sends what is batched; resolves once every point so far is stored. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#batch.length > 0) {
      const points = this.#batch;
      this.#batch = [];
      this.#waiting += points.length;
      this.#sent += points.length;
      this.#lastStored = this.#report({ type: 'metrics', points }).then(() => {
        this.#waiting -= points.length;
      });
    }
    return this.#lastStored;
  }
}
