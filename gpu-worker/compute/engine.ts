import { availableParallelism } from 'node:os';
import { UserFailure } from '../failure.js';
import { ENGINE_NAMES, type Engine, type EngineName } from './program.js';
import { STARTERS, unavailable, type Conditions } from './engines/starters.js';

/** Whether an engine could start here, found without starting it. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Where it would run; or, when it isn't available, what it needs. */
  readonly detail: string;
}

/** The one has gaps (conformance/gaps.ts), the other is slow: used only when they are forced. */
const ONLY_WHEN_FORCED: ReadonlySet<EngineName> = new Set<EngineName>(['tfjs-webgpu', 'tfjs-cpu']);

/**
 * Starts the first engine that works here, or the forced one. Throws UserFailure ENGINE_UNAVAILABLE when the forced
 * engine can't start: it never falls back without a word, as tfjs itself does.
 */
export async function startEngine({
  forced,
  threads = availableParallelism(),
}: { forced?: string | undefined; threads?: number } = {}): Promise<Engine> {
  if (forced !== undefined && forced !== '') {
    const name = ENGINE_NAMES.find((candidate) => candidate === forced);
    if (!name) {
      throw new UserFailure(
        'ENGINE_UNAVAILABLE',
        `There is no engine "${forced}". Set ENGINE to one of ${ENGINE_NAMES.join(', ')}, or leave it out for the fastest one.`,
      );
    }
    return STARTERS[name].start({ allowSoftware: true, threads });
  }
  for (const name of ENGINE_NAMES) {
    if (ONLY_WHEN_FORCED.has(name)) continue;
    try {
      return await STARTERS[name].start({ allowSoftware: false, threads });
    } catch (error) {
      if (!(error instanceof UserFailure)) throw error;
    }
  }
  throw unavailable('onnx-cpu');
}

/** Which engines could start here, in the order in which they are tried. */
export async function listEngines(
  conditions: Conditions = { allowSoftware: false, threads: availableParallelism() },
): Promise<readonly EngineReport[]> {
  return Promise.all(
    ENGINE_NAMES.map(async (name) => {
      const where = await STARTERS[name].find(conditions);
      return where === undefined
        ? { name, available: false, detail: STARTERS[name].needs }
        : { name, available: true, detail: where };
    }),
  );
}
