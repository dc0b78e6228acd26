import { z } from 'zod';
import { AttemptRef } from './job.js';
import { OutputKind } from './run-config.js';

/** On `synthcart.uploads`: where to put the files of an attempt. Asked right before the PUT, so URLs are short-lived. */
export const UploadsRequest = z.object({
  v: z.literal(1),
  ...AttemptRef.shape,
  files: z
    .array(
      z.object({
        /** A kind of output, or the attempt's checkpoint. */
        purpose: z.union([OutputKind, z.literal('CHECKPOINT')]),
        fileName: z.string().regex(/^[\w.-]{1,100}$/),
        mediaType: z.string(),
        bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(32),
});
export type UploadsRequest = z.infer<typeof UploadsRequest>;

/** In the order of the request. Keys lie under the attempt, so two attempts never write the same object. */
export const UploadsReply = z.discriminatedUnion('answer', [
  z.object({
    answer: z.literal('GRANTED'),
    uploads: z.array(z.object({ key: z.string(), url: z.string() })),
  }),
  z.object({ answer: z.literal('REFUSED'), reason: z.string() }),
]);
export type UploadsReply = z.infer<typeof UploadsReply>;
