import type { Failure, FailureCode } from '../../schema/messages/failure.js';
import { RunState } from '../platform/prisma-client/client.js';
import { stateAfter } from '../runs/run.states.js';
import { backOffSeconds, decide, type Ending } from './endings.js';

const failure = (code: FailureCode): Failure => ({ code, message: 'why', location: {} });
const failed = (code: FailureCode, blameless = false): Ending => ({
  type: 'FAILED',
  failure: failure(code),
  blameless,
});
const end = (state: RunState, ending: Ending, faults = 0) => decide({ state, faults, maxFaults: 3 }, ending);

describe('the end of an attempt', () => {
  it.each([
    ['RUNNING', { type: 'SUCCEEDED' }, 'SUCCEED'],
    ['PAUSING', { type: 'SUCCEEDED' }, 'SUCCEED'],
    ['CANCELLING', { type: 'SUCCEEDED' }, 'SUCCEED'],
    ['PAUSING', { type: 'PAUSED' }, 'PAUSE'],
    ['CANCELLING', { type: 'PAUSED' }, 'CANCEL'],
    ['RUNNING', { type: 'PAUSED' }, 'REQUEUE'],
    ['CANCELLING', { type: 'CANCELLED' }, 'CANCEL'],
    ['DISPATCHED', failed('WORKER_LOST', true), 'REQUEUE'],
    ['RUNNING', failed('WORKER_LOST'), 'REQUEUE'],
    ['PAUSING', failed('WORKER_LOST'), 'PAUSE'],
    ['CANCELLING', failed('WORKER_LOST'), 'CANCEL'],
    ['RUNNING', failed('INVALID_FILE'), 'FAIL'],
    ['PAUSING', failed('DIVERGED'), 'FAIL'],
    ['CANCELLING', failed('INVALID_CONFIG'), 'FAIL'],
  ] as [RunState, Ending, string][])('of a %s run by %j leads to %s', (state, ending, transition) => {
    expect(end(state, ending).transition).toBe(transition);
  });

  it('by our fault fails the run when its faults are used up, and tells why', () => {
    expect(end('RUNNING', failed('INTERNAL'), 1)).toEqual({
      transition: 'REQUEUE',
      faults: 2,
      failure: undefined,
    });
    expect(end('RUNNING', failed('INTERNAL'), 2)).toEqual({
      transition: 'FAIL',
      faults: 3,
      failure: failure('INTERNAL'),
    });
  });

  it('by nobody’s fault is never held against the run', () => {
    expect(end('RUNNING', failed('WORKER_LOST', true), 2)).toMatchObject({
      transition: 'REQUEUE',
      faults: 2,
    });
  });

  it('always leads to a state that a run can reach from where it is', () => {
    const states = ['DISPATCHED', 'RUNNING', 'PAUSING', 'CANCELLING'] as const;
    const endings: Ending[] = [
      { type: 'PAUSED' },
      { type: 'CANCELLED' },
      failed('INTERNAL'),
      failed('WORKER_LOST', true),
      failed('INVALID_FILE'),
    ];
    for (const state of states) {
      for (const ending of endings) {
        for (const faults of [0, 1, 2]) {
          expect(stateAfter(state, end(state, ending, faults).transition)).toBeDefined();
        }
      }
    }
  });
});

it('the wait before another attempt doubles with each fault, up to five minutes', () => {
  expect([1, 2, 3, 8, 9, 40].map((faults) => backOffSeconds(faults, 2))).toEqual([2, 4, 8, 256, 300, 300]);
});
