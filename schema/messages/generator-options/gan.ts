import { z } from 'zod';
import { adversarialOptions } from './adversarial.js';

/** Options of the `gan` generator; gpu-worker/generators/adversarial/README.md says how they work. */
export const GanConfig = z.strictObject({
  ...adversarialOptions,
  batchSize: z.int().min(8).max(65_536).default(128).describe('Real rows a discriminator step, 8–65,536.'),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(1e-4)
    .describe('Step size of Adam for both networks, 1e-6–0.1. Lower it if a run diverges.'),
  discriminatorSteps: z
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe('Steps of the discriminator for each one of the generator, 1–10.'),
  noiseSize: z.int().min(1).max(1024).default(64).describe('Length of the noise vector, 1–1,024.'),
  hiddenUnits: z.int().min(8).max(4096).default(256).describe('Width of each hidden layer, 8–4,096.'),
  hiddenLayers: z.int().min(1).max(8).default(2).describe('Hidden layers of each network, 1–8.'),
});
export type GanConfig = z.infer<typeof GanConfig>;
