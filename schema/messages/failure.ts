import { z } from 'zod';

/** Why a run failed. Everything but INTERNAL, OUT_OF_MEMORY and WORKER_LOST is the user's to mend and never retried. */
export const FailureCode = z.enum([
  'INVALID_FILE',
  'INVALID_ENCODING',
  'INVALID_CONFIG',
  'INSUFFICIENT_DATA',
  'LIMIT_EXCEEDED',
  'INPUT_DELETED',
  /** The run that was to make the input failed or was cancelled. */
  'INPUT_NOT_MADE',
  'ENGINE_UNAVAILABLE',
  'DIVERGED',
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'WORKER_LOST',
  'INTERNAL',
]);
export type FailureCode = z.infer<typeof FailureCode>;

/** Codes for which another attempt can help. */
export const RETRYABLE_FAILURES: ReadonlySet<FailureCode> = new Set([
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'WORKER_LOST',
  'INTERNAL',
]);

/** Where the trouble is: in the uploaded file (line and column are 1-based), or in the run's config (field path). */
export const FailureLocation = z.object({
  file: z.string().optional(),
  line: z.int().min(1).optional(),
  /** Name of the table's column, or its 1-based position when it has no name. */
  column: z.string().optional(),
  /** Path into the config, such as `epochs` or `where.Month`. */
  field: z.string().optional(),
});
export type FailureLocation = z.infer<typeof FailureLocation>;

export const Failure = z.object({
  code: FailureCode,
  message: z.string(),
  location: FailureLocation.default({}),
  /** Id under which the worker logged the full error; given for INTERNAL only, whose message is masked. */
  incidentId: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;
