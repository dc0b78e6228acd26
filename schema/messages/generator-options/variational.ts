import { z } from 'zod';

/** What the options of both variational auto-encoders share. */
export const variationalOptions = {
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Most passes over the training rows, 1–10,000. Left out, it is chosen so that training takes about 3,000 steps (10–300 ' +
        'passes). Training ends earlier when what the model makes comes no closer to held-out rows.',
    ),
  batchSize: z.int().min(8).max(65_536).default(500).describe('Rows a training step, 8–65,536.'),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(1e-3)
    .describe(
      'Step size of Adam after its warm-up, 1e-6–0.1; it falls to zero along a cosine. Lower it if a run diverges.',
    ),
  weightDecay: z.number().min(0).max(100).default(1e-5).describe('Decoupled weight decay, 0–100.'),
  divergenceWeight: z
    .number()
    .min(0.001)
    .max(100)
    .default(0.5)
    .describe(
      'Weight of the divergence from the prior in the loss, 0.001–100: 1 is the evidence lower bound. Less of it makes ' +
        'rows sharper and, since the prior is then missed, less like the real ones altogether.',
    ),
  latentSize: z.int().min(1).max(1024).default(32).describe('Length of the latent vector, 1–1,024.'),
  priorComponents: z
    .int()
    .min(1)
    .max(1000)
    .default(256)
    .describe(
      'Components of the prior, 1–1,000: a mixture of normal distributions that is learnt with the rest. With 1 the rows ' +
        'that are drawn are far more of a blur.',
    ),
  hiddenUnits: z.int().min(8).max(4096).default(256).describe('Width of each hidden layer, 8–4,096.'),
  hiddenLayers: z.int().min(1).max(8).default(2).describe('Hidden layers of encoder and decoder, 1–8 each.'),
  categories: z
    .int()
    .min(2)
    .max(1000)
    .default(50)
    .describe(
      'Most categories of a column that are told apart, 2–1,000; rarer ones are blended into a tail.',
    ),
  minimumSupport: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Fewest rows that must share a value before the model may repeat it, 1–1,000; more is more private.',
    ),
  validationShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.1)
    .describe(
      'Share of rows held out to decide which weights to keep, 0.01–0.5; the model never learns from them.',
    ),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(8)
    .describe(
      'Validations, of 30 in all, without a lower held-out error after which training stops, 1–1,000.',
    ),
  averaging: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.995)
    .describe(
      'Decay of the running average of the weights that is kept as the model, 0–0.9999; 0 keeps the last weights.',
    ),
};
