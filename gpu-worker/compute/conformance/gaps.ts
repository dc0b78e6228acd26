import type { EngineName } from '../program.js';

/**
 * What can't be had, with the reason. Tests fail for a case that disagrees and isn't here, and for one that is here and
 * agrees, so that the lists stay true.
 */
export interface Gap {
  /** Names of cases. */
  readonly cases: readonly string[];
  readonly reason: string;
}

/** What one engine can't do. */
export const GAPS: Readonly<Partial<Record<EngineName, readonly Gap[]>>> = {};

/** What has fewer derivatives than its order says, on every engine. */
export interface DerivativeGap {
  readonly cases: RegExp;
  /** How often it is differentiated instead. */
  readonly order: 0 | 1;
  readonly reason: string;
}

export const DERIVATIVE_GAPS: readonly DerivativeGap[] = [
  {
    cases: /^logSoftmax of (\[3\]|\[2,4\]|\[2,1,3\]|extremes)$/,
    order: 1,
    reason: "tfjs's own gradient of it takes the saved output for a constant; models use ours",
  },
];
