import pRetry, { AbortError } from 'p-retry';
import { RequestError, type Connection } from './connection.js';
import * as operations from './operations.js';

export interface RunObserver {
  event?(event: operations.RunEvents['runEvents']): void;
  points?(points: operations.RunMetrics['runMetrics']['points']): void;
}

/** What was received, for a comparison with what was published. */
export interface Followed {
  metricPointsReceived: number;
}

/**
 * Follows a run by two subscriptions until both complete, that is, until it has ended and everything was delivered. A
 * dropped connection is taken up at the last cursor, so that nothing is missed and nothing comes twice.
 */
export async function followRun(
  connection: Connection,
  runId: string,
  observer: RunObserver,
): Promise<Followed> {
  let metricPointsReceived = 0;
  const events = resumed(connection, operations.RUN_EVENTS, runId, (data: operations.RunEvents) => {
    observer.event?.(data.runEvents);
    return data.runEvents.cursor;
  });
  const metrics = resumed(connection, operations.RUN_METRICS, runId, (data: operations.RunMetrics) => {
    metricPointsReceived += data.runMetrics.points.length;
    observer.points?.(data.runMetrics.points);
    return data.runMetrics.cursor;
  });
  await Promise.all([events, metrics]);
  return { metricPointsReceived };
}

async function resumed<Data>(
  connection: Connection,
  document: string,
  runId: string,
  take: (data: Data) => string,
): Promise<void> {
  let after: string | undefined;
  await pRetry(
    async () => {
      try {
        for await (const data of connection.subscribe<Data>(document, { runId, after })) after = take(data);
      } catch (error) {
        // The platform's own answer: asking again gives the same one.
        if (error instanceof RequestError) throw new AbortError(error);
        throw error instanceof Error ? error : new Error('The connection to the platform was lost.');
      }
    },
    { retries: 8, minTimeout: 250, maxTimeout: 5_000 },
  );
}
