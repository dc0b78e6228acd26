import { z } from 'zod';

/** On `synthcart.presence.<worker>`, every two seconds, and once with `leaving` at the end. */
export const Presence = z.object({
  v: z.literal(1),
  workerId: z.string(),
  pool: z.string(),
  /** Runs that it takes at the same time. */
  slots: z.int().min(1),
  /** Runs that it works on. */
  runs: z.array(z.object({ runId: z.string(), attempt: z.int().min(1) })),
  /** `onnx-cuda`, `onnx-cpu` or another one of `gpu-worker/compute`, and the device that it computes on. */
  engine: z.string(),
  device: z.string(),
  /** Of the engine's package. */
  version: z.string(),
  /** Threads and memory that one run may use; workers of before didn't tell. */
  threads: z.int().min(1).optional(),
  memoryLimitBytes: z.int().positive().optional(),
  host: z.string(),
  pid: z.int(),
  startedAt: z.number(),
  leaving: z.boolean().default(false),
});
export type Presence = z.infer<typeof Presence>;

export const PRESENCE_SECONDS = 2;
