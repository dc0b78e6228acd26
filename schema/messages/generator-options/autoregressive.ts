import { z } from 'zod';
import { privacyOptions } from './privacy.js';

/** Options of the `autoregressive` generator; gpu-worker/generators/autoregressive/README.md says how they work. */
export const AutoregressiveConfig = z.strictObject({
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Most passes over the training rows, 1–10,000. Left out, it is chosen so that training takes about 1,000 steps (4–60 ' +
        'passes). Training ends earlier when the held-out loss has risen too far.',
    ),
  batchSize: z
    .int()
    .min(8)
    .max(65_536)
    .default(500)
    .describe(
      'Most rows a training step, 8–65,536; small tables take fewer, so that a pass has at least 20 steps. Larger batches use ' +
        'the engine better and need more memory.',
    ),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(1e-3)
    .describe(
      'Step size of Adam after its warm-up, 1e-6–0.1; it falls to zero along a cosine. Lower it if a run diverges.',
    ),
  weightDecay: z
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe('Decoupled weight decay, 0–100. More of it keeps a model of few rows from memorising them.'),
  hiddenUnits: z
    .int()
    .min(8)
    .max(4096)
    .default(128)
    .describe('Width of each hidden layer, 8–4,096. Time grows with its square.'),
  residualBlocks: z
    .int()
    .min(0)
    .max(8)
    .default(2)
    .describe('Residual blocks of two hidden layers each, 0–8. With 0 the model is one hidden layer.'),
  bins: z
    .int()
    .min(2)
    .max(256)
    .default(50)
    .describe(
      'Most bins of a column, 2–256. Numbers are cut into that many; of categories, as many keep a bin of their own. ' +
        'Tables with very many columns get fewer, so that memory stays bounded.',
    ),
  parts: z
    .int()
    .min(0)
    .max(64)
    .default(16)
    .describe(
      'Parts of each bin of a number, 0–64: what else a row holds then decides where in its bin a number lies, too. 0 and 1 leave ' +
        'that to chance, and training is faster.',
    ),
  minimumSupport: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Fewest rows that must share a value before the model may repeat it, 1–1,000. Rarer categories and extreme ' +
        'numbers are blended into their neighbours; more is more private.',
    ),
  order: z
    .enum(['file', 'reverse', 'random'])
    .default('file')
    .describe(
      'Order in which columns are predicted, each from those before it: as in the file, the other way round, or shuffled by the seed.',
    ),
  validationShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.03)
    .describe('Share of rows held out to decide when to stop, 0.01–0.5; the model never learns from them.'),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe(
      'Passes in a row with a held-out loss more than 5 % above the lowest, after which training stops, 1–1,000.',
    ),
  averaging: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.998)
    .describe(
      'Decay of the running average of the weights that is kept as the model, 0–0.9999; 0 keeps the last weights.',
    ),
  ...privacyOptions,
  epsilon: privacyOptions.epsilon
    .optional()
    .describe(
      'Fits with differential privacy of this ε, 0.01–1,000: a private tree of pairs, refined by steps on clipped and noisy gradients. ' +
        'Columns are then predicted in the order of the tree; parts, minimumSupport, validationShare and patience are of no use. ' +
        'Left out, nothing is promised.',
    ),
  clipNorm: z
    .number()
    .min(1e-3)
    .max(1000)
    .default(1)
    .describe(
      'Under differential privacy, length to which the gradient of each row is cut, 0.001–1,000; noise is in proportion to it.',
    ),
});
export type AutoregressiveConfig = z.infer<typeof AutoregressiveConfig>;
