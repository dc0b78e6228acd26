import { z } from 'zod';
import { MetricPoint } from './report.js';

/** A point as stored: `sequence` counts all points of the run, whatever their series, from 1 without gaps. */
export const StoredPoint = MetricPoint.extend({ sequence: z.int().min(1) });
export type StoredPoint = z.infer<typeof StoredPoint>;

/**
 * On `synthcart.live.<tenant>.run.<run>`, after the transaction that stored it. A receiver that sees a hole in the
 * sequences reads the missing ones from the database; it never waits for a message to come again.
 */
export const LiveRunMessage = z.discriminatedUnion('type', [
  z.object({ v: z.literal(1), type: z.literal('points'), points: z.array(StoredPoint).min(1) }),
  /** Run events up to this sequence are stored; receivers read them. */
  z.object({ v: z.literal(1), type: z.literal('events'), lastSequence: z.int().min(1) }),
]);
export type LiveRunMessage = z.infer<typeof LiveRunMessage>;

/** On `synthcart.live.<tenant>.project.<project>`: activity up to this sequence is stored. */
export const LiveProjectMessage = z.object({ v: z.literal(1), lastSequence: z.int().min(1) });
export type LiveProjectMessage = z.infer<typeof LiveProjectMessage>;

/** On `synthcart.stored.reports`. */
export const ReportsStored = z.object({
  v: z.literal(1),
  tenantId: z.string(),
  runId: z.string(),
  /** Which gateway says so: it needn't listen to itself. */
  gateway: z.string(),
});
export type ReportsStored = z.infer<typeof ReportsStored>;
