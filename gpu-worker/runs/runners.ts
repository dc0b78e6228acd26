import type { Output } from '../../schema/messages/report.js';
import type { RunKind } from '../../schema/messages/run-config.js';
import type { Session } from '../session.js';

export interface RunResult {
  readonly outputs: Output[];
  /** Rows made, for runs that make rows. */
  readonly rows?: number;
}

/** Does a whole attempt: its steps in the order of `STEPS_OF`. */
export type Runner = (session: Session) => Promise<RunResult>;

/** Loads no more than that kind needs: a child starts the faster for it. */
export async function runnerOf(kind: RunKind): Promise<Runner> {
  switch (kind) {
    case 'INGEST':
      return (await import('./ingest.js')).ingest;
    case 'SYNTHESIZE':
      return (await import('./synthesize.js')).synthesize;
    case 'SAMPLE':
      return (await import('./sample.js')).sample;
    case 'EVALUATE':
      return (await import('./evaluate.js')).evaluateRun;
    case 'COMPLETE':
      return (await import('./complete.js')).complete;
    case 'RECOMMEND':
      return (await import('./recommend.js')).recommend;
    case 'SEARCH':
      return (await import('./search.js')).search;
    case 'EXPLAIN':
      return (await import('./explain.js')).explain;
    case 'PROBE':
      return (await import('./probe.js')).probe;
  }
}
