import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { FailureCode } from '../schema/messages/failure.js';
import { RELEASED, type FinalReport, type StopOrder } from './child-messages.js';

/** Why the parent killed the child. */
export type Kill = 'LOST' | 'HUNG' | 'MEMORY' | StopOrder;

/** All that is known of a child that died before it could say how its attempt ended. */
export interface Death {
  readonly kill: Kill | undefined;
  /** What it had been told to do. */
  readonly order: StopOrder | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Of its start. */
  readonly error?: unknown;
  /** The last of its standard error. */
  readonly stderr: string;
  /** Memory that it held when it was last looked at. */
  readonly rss: number;
  readonly memoryLimitBytes: number;
  readonly silentMilliseconds: number;
}

/** The end of an attempt whose child died. */
export function endOf(death: Death, log: Logger): FinalReport {
  const { kill, order, code, signal, error, stderr, rss, memoryLimitBytes } = death;
  switch (kill) {
    case 'CANCEL':
      return { type: 'cancelled' };
    case 'PAUSE':
      return { type: 'paused' };
    case 'RELEASE':
      return RELEASED;
    case 'MEMORY':
      return outOfMemory(memoryLimitBytes);
    case 'HUNG':
      return internalFailure('the process of a run hung', { silentFor: death.silentMilliseconds }, log);
    case 'LOST':
    case undefined:
      break;
  }
  // An order to cancel is obeyed also by dying.
  if (order === 'CANCEL') return { type: 'cancelled' };
  // V8 when its heap is full, and C++ when an exception of `new` isn't caught.
  if (/heap out of memory|Allocation failed|std::bad_alloc/.test(stderr))
    return outOfMemory(memoryLimitBytes);
  if (signal === 'SIGKILL') {
    // The system's out-of-memory killer sends the same signal as a person does.
    if (rss > 0.9 * memoryLimitBytes) return outOfMemory(memoryLimitBytes);
    return failed('WORKER_LOST', 'The process of the run was killed.');
  }
  return internalFailure('the process of a run died', { code, signal, error, stderr }, log);
}

export function internalFailure(what: string, detail: unknown, log: Logger): FinalReport {
  const incidentId = randomUUID();
  log.error({ incidentId, detail }, what);
  return {
    type: 'failed',
    failure: {
      code: 'INTERNAL',
      message: `Something went wrong in the worker. Its log tells more under ${incidentId}.`,
      location: {},
      incidentId,
    },
  };
}

export function failed(code: FailureCode, message: string): FinalReport {
  return { type: 'failed', failure: { code, message, location: {} } };
}

function outOfMemory(limitBytes: number): FinalReport {
  return failed(
    'OUT_OF_MEMORY',
    `The run needed more than the ${Math.round(limitBytes / 1024 ** 2)} MB of memory that its worker gives it. ` +
      'Ask for fewer rows, lower the batch size, or raise MEMORY_LIMIT_MB of the worker.',
  );
}
