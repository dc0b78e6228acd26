import { z } from 'zod';
import { adversarialOptions } from './adversarial.js';

/** Options of the `ctgan` generator; gpu-worker/generators/adversarial/README.md says how they work. */
export const CtganConfig = z.strictObject({
  ...adversarialOptions,
  batchSize: z
    .int()
    .min(8)
    .max(65_536)
    .default(500)
    .describe('Rows a step, 8–65,536; rounded down to a multiple of `packing`.'),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(6e-4)
    .describe('Step size of Adam for both networks, 1e-6–0.1. Lower it if a run diverges.'),
  packing: z
    .int()
    .min(1)
    .max(50)
    .default(1)
    .describe(
      'Rows that the critic judges together, 1–50: with more it sees when they are all alike, but learns more slowly.',
    ),
  gradientPenalty: z
    .number()
    .min(0)
    .max(1000)
    .default(10)
    .describe("Weight of the penalty on the critic's slope, 0–1,000."),
  pairWeight: z
    .number()
    .min(0)
    .max(1000)
    .default(5)
    .describe(
      "Weight, in the generator's loss, of how far pairs of its values are from those of real rows, 0–1,000; 0 leaves all to the critic.",
    ),
  noiseSize: z.int().min(1).max(1024).default(128).describe('Length of the noise vector, 1–1,024.'),
  hiddenUnits: z.int().min(8).max(4096).default(256).describe('Width of each hidden layer, 8–4,096.'),
  hiddenLayers: z.int().min(1).max(8).default(2).describe('Hidden layers of each network, 1–8.'),
  modes: z
    .int()
    .min(2)
    .max(256)
    .default(10)
    .describe('Most modes of a number, 2–256: repeated values, and ranges of equally many rows.'),
});
export type CtganConfig = z.infer<typeof CtganConfig>;
