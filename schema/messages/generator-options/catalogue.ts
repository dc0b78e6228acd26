import type { z } from 'zod';
import { AutoregressiveConfig } from './autoregressive.js';

/**
 * The generators by the name that a run's config gives, with what they are and their options. The gateway checks a run
 * against this before it accepts it; the worker parses the same again. One file a generator beside this one.
 */
export const GENERATOR_OPTIONS = {
  autoregressive: {
    summary:
      'Predicts each column from those before it with a masked neural network over bins: the most faithful generator for tables, within minutes on a CPU.',
    options: AutoregressiveConfig,
  },
} as const satisfies Record<string, { summary: string; options: z.ZodType }>;

export type GeneratorName = keyof typeof GENERATOR_OPTIONS;
export const GENERATOR_NAMES = Object.keys(GENERATOR_OPTIONS) as GeneratorName[];
