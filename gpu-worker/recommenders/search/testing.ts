import type { FitSession } from '../../generators/generator.js';

/** A session of a fit that needs no engine, saves nothing and tells nobody. */
export function fitting(more: Partial<FitSession> = {}): FitSession {
  return {
    get engine(): never {
      throw new Error('this fit needs an engine');
    },
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
