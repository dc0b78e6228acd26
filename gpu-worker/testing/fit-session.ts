import type { Engine } from '../compute/program.js';
import type { FitSession } from '../generators/generator.js';

/** A session of a fit that saves nothing and tells nobody. */
export function quietFit(engine: Engine, more: Partial<FitSession> = {}): FitSession {
  return {
    engine,
    seed: 3,
    signal: new AbortController().signal,
    metric: () => {},
    progress: () => {},
    checkpointDue: () => false,
    saveCheckpoint: () => Promise.resolve(),
    checkpoint: undefined,
    ...more,
  };
}
