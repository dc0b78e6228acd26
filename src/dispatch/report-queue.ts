import type { Report } from '../../schema/messages/report.js';
import type { Delivery } from '../platform/bus.js';

/** A report that waits to be stored. */
export interface WaitingReport {
  report: Report;
  delivery: Delivery;
}

const MOST_POINTS = 5_000;
const MOST_REPORTS = 64;

/** The reports of one run that this gateway has, in the order in which they are to be stored. */
export class ReportQueue {
  readonly #waiting: WaitingReport[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  [Symbol.iterator](): Iterator<WaitingReport> {
    return this.#waiting.values();
  }

  /** A report that comes again, or later than its successors, takes its place among them. */
  add(waiting: WaitingReport): void {
    let place = this.#waiting.length;
    while (place > 0 && isBefore(waiting.report, (this.#waiting[place - 1] as WaitingReport).report))
      place -= 1;
    this.#waiting.splice(place, 0, waiting);
  }

  /** What one transaction takes: as much as is there, within limits; the end of an attempt goes alone. */
  batch(): WaitingReport[] {
    const batch: WaitingReport[] = [];
    let points = 0;
    for (const waiting of this.#waiting) {
      const { body } = waiting.report;
      if (batch.length > 0 && body.type === 'succeeded') break;
      points += body.type === 'metrics' ? body.points.length : 0;
      if (batch.length > 0 && (points > MOST_POINTS || batch.length >= MOST_REPORTS)) break;
      batch.push(waiting);
      if (body.type === 'succeeded') break;
    }
    return batch;
  }

  /** Takes those out that are done. */
  remove(done: readonly WaitingReport[]): void {
    const gone = new Set(done);
    const kept = this.#waiting.filter((waiting) => !gone.has(waiting));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }
}

function isBefore(left: Report, right: Report): boolean {
  return left.attempt !== right.attempt ? left.attempt < right.attempt : left.sequence < right.sequence;
}
