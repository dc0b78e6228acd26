import { z } from 'zod';
import { ColumnSchema } from './column.js';
import { Failure } from './failure.js';
import { AttemptRef } from './job.js';
import { OutputKind, StepName } from './run-config.js';

/** One point of a series. Values are finite: a generator that meets NaN fails with DIVERGED instead. */
export const MetricPoint = z.object({
  /** Such as `train/loss`. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(\/[a-z0-9_]+)*$/)
    .max(100),
  /** Rises strictly within a series. */
  step: z.number().min(0),
  value: z.number(),
  /** Milliseconds since 1970. */
  at: z.number(),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

export const Output = z.object({
  kind: OutputKind,
  key: z.string(),
  fileName: z.string(),
  mediaType: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
  /** The table that it is, or is about, in a run of several. */
  table: z.string().optional(),
  /** Of a table, where the run makes several; else they are the run's. */
  rows: z.int().min(0).optional(),
  columns: z.array(ColumnSchema).optional(),
});
export type Output = z.infer<typeof Output>;

/**
 * What an attempt has to tell. `succeeded` names all outputs, so that they appear at once or not at all; `checkpointed`
 * follows the points that lead up to the checkpoint, so that a resumed run neither misses nor repeats one.
 */
export const ReportBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('step'), step: StepName, state: z.enum(['STARTED', 'FINISHED']) }),
  z.object({
    type: z.literal('progress'),
    step: StepName,
    /** Of the step, 0–1. */
    fraction: z.number().min(0).max(1),
    etaSeconds: z.number().min(0).optional(),
  }),
  z.object({ type: z.literal('metrics'), points: z.array(MetricPoint).min(1).max(10_000) }),
  z.object({ type: z.literal('checkpointed'), key: z.string(), bytes: z.int().min(0), sha256: z.string() }),
  z.object({ type: z.literal('paused') }),
  z.object({ type: z.literal('cancelled') }),
  z.object({
    type: z.literal('succeeded'),
    outputs: z.array(Output),
    /** Points that the attempt gave away, for a subscriber to compare with what it received. */
    metricPoints: z.int().min(0),
    /** Wall-clock seconds by step. */
    stepSeconds: z.partialRecord(StepName, z.number().min(0)),
    /** Rows made, for runs that make rows. */
    rows: z.int().min(0).optional(),
  }),
  z.object({
    type: z.literal('failed'),
    failure: Failure,
    /** The worker was shut down in good order and gives the run back: that isn't held against the run. */
    released: z.boolean().optional(),
  }),
]);
export type ReportBody = z.infer<typeof ReportBody>;

/** On `synthcart.reports.<tenant>.<run>`; `Nats-Msg-Id` is `<runId>.<attempt>.<sequence>`. */
export const Report = z.object({
  v: z.literal(1),
  ...AttemptRef.shape,
  /** 1, 2, 3, … within the attempt: a gateway stores each once, in order. */
  sequence: z.int().min(1),
  at: z.number(),
  body: ReportBody,
});
export type Report = z.infer<typeof Report>;
