import { z } from 'zod';
import { ColumnSchema } from './column.js';
import { Holdout, InputRole, RunConfig } from './run-config.js';

/** Names one attempt, and proves the right to speak for it. A gateway drops what carries a stale token. */
export const AttemptRef = z.object({
  tenantId: z.string(),
  runId: z.string(),
  /** 1 for the first. */
  attempt: z.int().min(1),
  leaseToken: z.string(),
});
export type AttemptRef = z.infer<typeof AttemptRef>;

/** On `synthcart.jobs.<pool>`: an attempt waits for a worker. `Nats-Msg-Id` is `<runId>.<attempt>`. */
export const JobMessage = z.object({ v: z.literal(1), ...AttemptRef.shape });
export type JobMessage = z.infer<typeof JobMessage>;

/** On `synthcart.claim`: a worker that took a job asks for it. The worker acks the job only after the answer. */
export const ClaimRequest = z.object({
  v: z.literal(1),
  ...AttemptRef.shape,
  workerId: z.string(),
  engine: z.string(),
  /** Of the engine's package; workers of before didn't tell. */
  version: z.string().optional(),
  device: z.string(),
});
export type ClaimRequest = z.infer<typeof ClaimRequest>;

export const StoredObject = z.object({
  /** Signed GET URL. */
  url: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
});
export type StoredObject = z.infer<typeof StoredObject>;

export const JobInput = StoredObject.extend({
  role: InputRole,
  /** Tells inputs of the same role apart: the table's name in a run of several. */
  name: z.string().optional(),
  fileName: z.string(),
  /** Set for tables: the Parquet file's columns. */
  columns: z.array(ColumnSchema).optional(),
  /** What people call it in reports: `<dataset> v<number>`, or the artifact's file name. */
  label: z.string(),
  /** Of a synthetic table: the table that its generator learnt from, and what of it was withheld from the generator. */
  learntFrom: z.object({ sha256: z.string(), withheld: Holdout.optional() }).optional(),
});
export type JobInput = z.infer<typeof JobInput>;

/** Everything that a worker needs to do an attempt. URLs are signed at the claim, so waiting in the queue costs nothing. */
export const Job = z.object({
  ...AttemptRef.shape,
  config: RunConfig,
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  inputs: z.array(JobInput),
  /** The last checkpoint of an earlier attempt. */
  checkpoint: StoredObject.optional(),
  /** Seconds between checkpoints of a step that can be resumed. */
  checkpointSeconds: z.number().positive(),
  /** Highest step of each series that is stored already: points at or below it are repeats. */
  lastMetricSteps: z.record(z.string(), z.number()),
  lease: z.object({ seconds: z.number().positive() }),
  /** Largest sum of the attempt's outputs. */
  maxOutputBytes: z.int().positive(),
});
export type Job = z.infer<typeof Job>;

/** REFUSED: the attempt isn't wanted any more (cancelled, requeued, another worker has it); ack the job and forget it. */
export const ClaimReply = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('GRANTED'), job: Job }),
  z.object({ answer: z.literal('REFUSED'), reason: z.string() }),
]);
export type ClaimReply = z.infer<typeof ClaimReply>;
