import type { Engine } from '../../compute/program.js';
import type { FitSession } from '../../generators/generator.js';
import { quietFit } from '../../testing/fit-session.js';

/** A quiet session of a fit that needs no engine. */
export function fitting(more: Partial<FitSession> = {}): FitSession {
  return quietFit(NO_ENGINE, more);
}

const NO_ENGINE = new Proxy({} as Engine, {
  get: () => {
    throw new Error('this fit needs an engine');
  },
});
