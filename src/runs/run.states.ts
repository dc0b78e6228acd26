import { RunState } from '../platform/prisma-client/client.js';

/** Why a run moves. One name for each reason, whoever acts on it. */
export type RunTransition =
  | 'DISPATCH'
  | 'CLAIM'
  | 'REQUEUE'
  | 'REQUEST_PAUSE'
  | 'PAUSE'
  | 'RESUME'
  | 'REQUEST_CANCEL'
  | 'CANCEL'
  | 'SUCCEED'
  | 'FAIL';

/** From which states a transition may start, and where it leads. What isn't here can't happen. */
export const TRANSITIONS: Readonly<Record<RunTransition, { from: readonly RunState[]; to: RunState }>> = {
  /** The scheduler gave it to a pool that has a free slot. */
  DISPATCH: { from: ['QUEUED'], to: 'DISPATCHED' },
  /** A worker took it. */
  CLAIM: { from: ['DISPATCHED'], to: 'RUNNING' },
  /** Its worker was lost, or failed by our fault with attempts left. */
  REQUEUE: { from: ['DISPATCHED', 'RUNNING'], to: 'QUEUED' },
  /** A user asked for it while a worker has it; the worker checkpoints first. */
  REQUEST_PAUSE: { from: ['DISPATCHED', 'RUNNING'], to: 'PAUSING' },
  /** Nobody works on it: at once when it was waiting, else once the worker has let go (or was lost). */
  PAUSE: { from: ['QUEUED', 'PAUSING'], to: 'PAUSED' },
  RESUME: { from: ['PAUSED'], to: 'QUEUED' },
  REQUEST_CANCEL: { from: ['DISPATCHED', 'RUNNING', 'PAUSING'], to: 'CANCELLING' },
  CANCEL: { from: ['QUEUED', 'PAUSED', 'CANCELLING'], to: 'CANCELLED' },
  /** Also from PAUSING and CANCELLING: it was done before the request reached it. */
  SUCCEED: { from: ['RUNNING', 'PAUSING', 'CANCELLING'], to: 'SUCCEEDED' },
  FAIL: { from: ['QUEUED', 'DISPATCHED', 'RUNNING', 'PAUSING', 'CANCELLING', 'PAUSED'], to: 'FAILED' },
};

/** The state after it, or undefined when a run in that state can't make it. */
export function stateAfter(state: RunState, transition: RunTransition): RunState | undefined {
  const { from, to } = TRANSITIONS[transition];
  return from.includes(state) ? to : undefined;
}

const FINAL: ReadonlySet<RunState> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const HOLDS_SLOT: ReadonlySet<RunState> = new Set(['DISPATCHED', 'RUNNING', 'PAUSING', 'CANCELLING']);

/** It will never change again. */
export const isFinal = (state: RunState): boolean => FINAL.has(state);

/** A worker has it, or is about to. */
export const holdsSlot = (state: RunState): boolean => HOLDS_SLOT.has(state);

export const FINAL_STATES: readonly RunState[] = [...FINAL];

export const SLOT_STATES: readonly RunState[] = [...HOLDS_SLOT];
