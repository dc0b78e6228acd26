import { RETRYABLE_FAILURES, type Failure } from '../../schema/messages/failure.js';
import type { Run } from '../platform/prisma-client/client.js';
import type { RunTransition } from '../runs/run.states.js';

/** How an attempt ended, whoever says so. */
export type Ending =
  | { type: 'SUCCEEDED' }
  /** The worker has let go, as it was asked to (or, PAUSED and CANCELLED unasked: for a request taken back). */
  | { type: 'PAUSED' }
  | { type: 'CANCELLED' }
  | {
      type: 'FAILED';
      failure: Failure;
      /** It isn't held against the run: nobody took the job, or the worker gave it back in good order. */
      blameless: boolean;
    };

/** What that means for the run. */
export interface Decision {
  transition: Extract<RunTransition, 'SUCCEED' | 'FAIL' | 'PAUSE' | 'CANCEL' | 'REQUEUE'>;
  faults: number;
  failure: Failure | undefined;
}

/**
 * A request to cancel or pause is fulfilled by any end but a success and the user's own mistakes; without one, what can
 * be mended by another attempt is tried again until the run's faults are used up.
 */
export function decide(run: Pick<Run, 'state' | 'faults' | 'maxFaults'>, ending: Ending): Decision {
  const { faults } = run;
  if (ending.type === 'SUCCEEDED') return { transition: 'SUCCEED', faults, failure: undefined };
  const failure = ending.type === 'FAILED' ? ending.failure : undefined;
  if (failure && !RETRYABLE_FAILURES.has(failure.code)) return { transition: 'FAIL', faults, failure };
  const counted = ending.type === 'FAILED' && !ending.blameless ? faults + 1 : faults;
  if (run.state === 'CANCELLING') return { transition: 'CANCEL', faults: counted, failure: undefined };
  if (run.state === 'PAUSING') return { transition: 'PAUSE', faults: counted, failure: undefined };
  if (failure && counted > faults && counted >= run.maxFaults)
    return { transition: 'FAIL', faults: counted, failure };
  return { transition: 'REQUEUE', faults: counted, failure: undefined };
}

const LONGEST_BACK_OFF_SECONDS = 300;

/** Seconds before the next attempt after that many faults (≥ 1): `retrySeconds`, doubled with each further one, ≤ 5 minutes. */
export function backOffSeconds(faults: number, retrySeconds: number): number {
  return Math.min(LONGEST_BACK_OFF_SECONDS, retrySeconds * 2 ** (faults - 1));
}

/** The failure of an attempt whose worker fell silent. */
export function workerLost(workerId: string | null): Failure {
  return {
    code: 'WORKER_LOST',
    message: workerId
      ? `The worker ${workerId} stopped answering while it did this run.`
      : 'No worker took the run in time.',
    location: {},
  };
}
