import type { z } from 'zod';
import { AutoregressiveConfig } from './autoregressive.js';
import { CopulaConfig } from './copula.js';
import { CtganConfig } from './ctgan.js';
import { GanConfig } from './gan.js';
import { LinkedConfig } from './linked.js';
import { MstConfig } from './mst.js';
import { NormalConfig } from './normal.js';
import { SessionsConfig } from './sessions.js';
import { TvaeConfig } from './tvae.js';
import { VaeConfig } from './vae.js';

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
  tvae: {
    summary:
      'Variational auto-encoder for tables: rows from a latent vector, numbers by their modes. Trains within a minute, blurs some relations.',
    options: TvaeConfig,
  },
  ctgan: {
    summary:
      'Conditional GAN for tables: a Wasserstein critic over packs of rows, rare categories met more often. The peer that everybody knows.',
    options: CtganConfig,
  },
  vae: {
    summary:
      'The plain variational auto-encoder: numbers scaled to their range, categories one-hot. For user profiles and product records without repeated numbers.',
    options: VaeConfig,
  },
  gan: {
    summary:
      'The classic generative adversarial network: a generator against a discriminator. To learn from and to compare with.',
    options: GanConfig,
  },
  copula: {
    summary:
      'Gaussian copula: columns keep their own distributions and are tied by one correlation matrix. Fast, easy to explain, blind to what correlations do not tell.',
    options: CopulaConfig,
  },
  normal: {
    summary:
      'Columns on their own: numbers from the best of normal, log-normal, gamma, Poisson, uniform and exponential, categories by frequency. The baseline that knows no relations.',
    options: NormalConfig,
  },
  mst: {
    summary:
      'Differentially private: noisy counts of columns and of a tree of pairs. What one row can show is bounded by epsilon; rows are less faithful, the more so the smaller it is.',
    options: MstConfig,
  },
  sessions: {
    summary:
      'For event logs: a transformer over each user’s events, with counted transitions between items. Whole new users with sessions, times and items of the real catalogue.',
    options: SessionsConfig,
  },
} as const satisfies Record<string, { summary: string; options: z.ZodType }>;

/** Made of the same parts as the others, but of several tables, which a run names together with their relations. */
export const LINKED_GENERATOR = {
  name: 'linked',
  summary:
    'Several tables with foreign keys: parents first, children around what their parents are like. Every foreign key has its parent.',
  options: LinkedConfig,
} as const;

export type GeneratorName = keyof typeof GENERATOR_OPTIONS;
export const GENERATOR_NAMES = Object.keys(GENERATOR_OPTIONS) as GeneratorName[];

/** Generators whose models draw rows around known cells, which completing a table takes. */
export const COMPLETING_GENERATORS: readonly GeneratorName[] = ['autoregressive', 'tvae', 'vae', 'mst'];
