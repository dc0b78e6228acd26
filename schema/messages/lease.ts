import { z } from 'zod';
import { AttemptRef } from './job.js';

/** On `synthcart.lease`, several times per lease: the child of this attempt reported life. */
export const RenewLeaseRequest = z.object({ v: z.literal(1), ...AttemptRef.shape, workerId: z.string() });
export type RenewLeaseRequest = z.infer<typeof RenewLeaseRequest>;

/**
 * What the worker has to do. CONTINUE; PAUSE: checkpoint, report `paused`, free the slot; CANCEL: stop, report
 * `cancelled`; LOST: another attempt has taken over (or the run is gone): kill the child and report nothing.
 */
export const Directive = z.enum(['CONTINUE', 'PAUSE', 'CANCEL', 'LOST']);
export type Directive = z.infer<typeof Directive>;

export const RenewLeaseReply = z.object({ directive: Directive });
export type RenewLeaseReply = z.infer<typeof RenewLeaseReply>;

/** On `synthcart.control.<worker>`: the same directive, pushed. The reply says that the child has been told. */
export const ControlRequest = z.object({
  v: z.literal(1),
  runId: z.string(),
  attempt: z.int().min(1),
  directive: z.enum(['PAUSE', 'CANCEL']),
});
export type ControlRequest = z.infer<typeof ControlRequest>;

export const ControlReply = z.object({ accepted: z.boolean() });
export type ControlReply = z.infer<typeof ControlReply>;
