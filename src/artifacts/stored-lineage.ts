import { z } from 'zod';
import { InputRole, RunConfig, RunKind } from '../../schema/messages/run-config.js';

/** As stored with an artifact when its run succeeds (src/runs/run.results.ts). Additive only: old rows stay. */
export const StoredLineage = z.object({
  runId: z.string(),
  kind: RunKind,
  config: RunConfig,
  seed: z.number(),
  attempt: z.number(),
  engine: z.string().nullish(),
  engineVersion: z.string().nullish(),
  device: z.string().nullish(),
  codeVersion: z.string(),
  inputs: z.array(
    z.union([
      z.object({
        role: InputRole,
        name: z.string().optional(),
        dataset: z.string(),
        datasetVersionId: z.string(),
        number: z.number(),
        sha256: z.string().nullish(),
      }),
      z.object({
        role: InputRole,
        artifactId: z.string(),
        fileName: z.string(),
        sha256: z.string().nullish(),
      }),
    ]),
  ),
});
export type StoredLineage = z.infer<typeof StoredLineage>;
