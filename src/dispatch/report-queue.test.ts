import type { Report, ReportBody } from '../../schema/messages/report.js';
import type { Delivery } from '../platform/bus.js';
import { ReportQueue, type WaitingReport } from './report-queue.js';

const delivery: Delivery = {
  subject: '',
  text: '',
  deliveries: 1,
  ack: () => undefined,
  redeliver: () => undefined,
  working: () => undefined,
};
const PAUSED: ReportBody = { type: 'paused' };
const waiting = (attempt: number, sequence: number, body: ReportBody = PAUSED): WaitingReport => ({
  delivery,
  report: {
    v: 1,
    tenantId: 't',
    runId: 'r',
    attempt,
    leaseToken: 'x',
    sequence,
    at: 0,
    body,
  } satisfies Report,
});
const metrics = (points: number): ReportBody => ({
  type: 'metrics',
  points: Array.from({ length: points }, (_, step) => ({ name: 'a', step, value: 1, at: 0 })),
});
const numbers = (batch: WaitingReport[]) =>
  batch.map(({ report }) => [report.attempt, report.sequence].join('.'));

describe('the reports of a run that wait', () => {
  it('are taken in the order of attempt and number, whatever the order they came in', () => {
    const queue = new ReportQueue();
    for (const [attempt, sequence] of [
      [1, 3],
      [2, 1],
      [1, 1],
      [1, 2],
      [1, 1],
    ] as const) {
      queue.add(waiting(attempt, sequence));
    }
    expect(numbers(queue.batch())).toEqual(['1.1', '1.1', '1.2', '1.3', '2.1']);
  });

  it('are taken together as long as they have few points, and one by itself however many it has', () => {
    const queue = new ReportQueue();
    for (let sequence = 1; sequence <= 4; sequence += 1) queue.add(waiting(1, sequence, metrics(2_000)));
    expect(numbers(queue.batch())).toEqual(['1.1', '1.2']);
    const large = new ReportQueue();
    large.add(waiting(1, 1, metrics(9_000)));
    expect(numbers(large.batch())).toEqual(['1.1']);
  });

  it('are taken without a success, whose outputs are to be looked at first', () => {
    const queue = new ReportQueue();
    const success: ReportBody = { type: 'succeeded', outputs: [], metricPoints: 0, stepSeconds: {} };
    queue.add(waiting(1, 1));
    queue.add(waiting(1, 2, success));
    queue.add(waiting(1, 3));
    const first = queue.batch();
    expect(numbers(first)).toEqual(['1.1']);
    queue.remove(first);
    expect(numbers(queue.batch())).toEqual(['1.2']);
  });
});
