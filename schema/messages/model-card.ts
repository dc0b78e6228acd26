import { z } from 'zod';
import { ColumnSchema } from './column.js';
import { Constraint } from './constraints.js';
import { StepRecord } from './preparation.js';
import { ReferenceSource, ScoreName, ScoreUnit } from './scores.js';

const Seconds = z.number().min(0);

/**
 * What people need to know of a fitted generator before they use it or its rows (Mitchell et al., "Model cards for model
 * reporting", 2019); the file `model-card.json` of a SYNTHESIZE run.
 */
export const ModelCard = z.object({
  v: z.literal(1),
  runId: z.string(),
  createdAt: z.iso.datetime(),
  data: z.object({
    /** `<dataset> v<number>`. */
    label: z.string(),
    sha256: z.string(),
    /** Rows that the generator learnt from, and those of the table that were left out. */
    rows: z.int().min(0),
    rowsLeftOut: z.int().min(0),
    columns: z.array(ColumnSchema),
    /** What was kept from the generator as a holdout, of the rows left out. */
    withheld: z.object({ rows: z.int().min(0), what: z.string() }).optional(),
    /** What was done to the table before, step by step. */
    preparation: z.array(StepRecord).default([]),
  }),
  model: z.object({
    generator: z.string(),
    summary: z.string(),
    /** As the generator had them, defaults included. */
    options: z.record(z.string(), z.json()),
    seed: z.int(),
    /** Name, version and device. */
    engine: z.string(),
    trainSeconds: Seconds.optional(),
    /** The run's own, and those that its preparation promises. */
    constraints: z.array(Constraint),
    /** What one row may show in it, where it was fitted with differential privacy. */
    privacy: z.object({ epsilon: z.number().min(0), delta: z.number().min(0).max(1) }).optional(),
    /** What it has learnt of columns or of the table, in sentences, where it is a model that people can read. */
    findings: z.array(z.object({ subject: z.string(), text: z.string() })).default([]),
  }),
  scores: z.array(
    z.object({
      name: ScoreName,
      value: z.number(),
      reference: z.number().optional(),
      referenceSource: ReferenceSource.optional(),
      better: z.enum(['higher', 'lower']),
      /** Cards of before it was written have none. */
      unit: ScoreUnit.default('share'),
      meaning: z.string(),
    }),
  ),
  /** Plain sentences. */
  verdict: z.array(z.string()).min(1),
  intendedUse: z.array(z.string()),
  limits: z.array(z.string()),
});
export type ModelCard = z.infer<typeof ModelCard>;
