import { z } from 'zod';

const column = (meaning: string, guess: string) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(`Name of the column that says ${meaning}. Left out, it is guessed from ${guess}.`);

/** Options that name the columns of an event log by their roles. */
export const eventRoleOptions = {
  user: column('who acted', 'names such as user_id or CustomerID'),
  time: column('when', 'the kind DATETIME and names such as timestamp'),
  item: column('on which item', 'names such as item_id, product_id or StockCode'),
  type: column('what was done', 'names such as event_type; a log may have none'),
  session: column('in which session', 'names such as session_id or InvoiceNo; a log may have none'),
};

/** Options of the `sessions` generator; gpu-worker/generators/sessions/README.md says how they work. */
export const SessionsConfig = z.strictObject({
  ...eventRoleOptions,
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Most passes over the training users, 1–10,000. Left out, it is chosen so that training takes about 1,200 steps (2–40 ' +
        'passes). Training ends earlier when held-out events are predicted no better.',
    ),
  batchSize: z.int().min(1).max(4096).default(32).describe('Windows of events a training step, 1–4,096.'),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(2e-3)
    .describe(
      'Step size of Adam after its warm-up, 1e-6–0.1; it falls to zero along a cosine. Lower it if a run diverges.',
    ),
  weightDecay: z.number().min(0).max(100).default(0.01).describe('Decoupled weight decay, 0–100.'),
  width: z
    .int()
    .min(8)
    .max(512)
    .default(48)
    .describe('Width of the transformer and of item vectors, 8–512; a multiple of 4.')
    .refine((width) => width % 4 === 0, 'it must be a multiple of 4'),
  layers: z.int().min(1).max(8).default(1).describe('Layers of the transformer, 1–8.'),
  window: z
    .int()
    .min(2)
    .max(256)
    .optional()
    .describe(
      'Events that the transformer looks back on, 2–256. Left out, it is chosen by the lengths of the logs (8–32).',
    ),
  bins: z
    .int()
    .min(2)
    .max(256)
    .default(32)
    .describe('Most bins of a number or categories of an attribute, 2–256.'),
  minimumSupport: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Fewest events or users that must share a value before the model may repeat it, 1–1,000; more is more private.',
    ),
  memory: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe(
      'Share of items that follow transitions counted in the log at the least, 0–1, wherever there are any. More keeps more of what ' +
        'recommenders learn from the log, and repeats more of it.',
    ),
  coherence: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .describe(
      'How much rather an item follows that goes with all that its user has had, 0–100; 0 looks at the last item alone. Recommenders ' +
        'learn from it which items go together over a whole history.',
    ),
  validationShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.05)
    .describe(
      'Share of users held out to decide which weights to keep, 0.01–0.5; the weights never learn from them.',
    ),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe('Validations, of 30 at most, without better predictions after which training stops, 1–1,000.'),
});
export type SessionsConfig = z.infer<typeof SessionsConfig>;
