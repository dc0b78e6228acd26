import { percentile } from './report.js';

/** How points reached the subscribers of one process. Milliseconds from the time of a point to its arrival. */
export interface DeliverySummary {
  p50: number;
  p99: number;
  max: number;
  /** Of the newest point of each batch: without the time that points wait for their batch. */
  newestP50: number;
  newestP99: number;
  /** Points that should have come, over all subscribers, and didn't. */
  missing: number;
  /** Points that came more than once. */
  repeated: number;
  frames: number;
}

/** The batches that one subscriber received; `at` in milliseconds since 1970. */
export class Deliveries {
  readonly latencies: number[] = [];
  readonly newest: number[] = [];
  readonly #seen = new Set<number>();
  repeated = 0;

  take(points: readonly { sequence: number; at: number | string }[]): void {
    const now = Date.now();
    let newest = Infinity;
    for (const { sequence, at } of points) {
      if (this.#seen.has(sequence)) this.repeated += 1;
      this.#seen.add(sequence);
      const latency = now - (typeof at === 'string' ? Date.parse(at) : at);
      this.latencies.push(latency);
      newest = Math.min(newest, latency);
    }
    this.newest.push(newest);
  }

  get distinct(): number {
    return this.#seen.size;
  }
}

export function summarize(subscribers: readonly Deliveries[], expected: number): DeliverySummary {
  const latencies = subscribers.flatMap(({ latencies }) => latencies);
  const newest = subscribers.flatMap(({ newest }) => newest);
  const total = (count: (subscriber: Deliveries) => number) =>
    subscribers.reduce((sum, subscriber) => sum + count(subscriber), 0);
  return {
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
    newestP50: percentile(newest, 0.5),
    newestP99: percentile(newest, 0.99),
    missing: total(({ distinct }) => expected - distinct),
    repeated: total(({ repeated }) => repeated),
    frames: newest.length,
  };
}
