import { z } from 'zod';
import { InputRole, RunConfig, RunKind } from '../../schema/messages/run-config.js';
import { shownConfig } from '../runs/run.resolver.js';
import type { Lineage } from './artifact.types.js';

/** As stored with an artifact when its run succeeds (src/runs/run.results.ts). Additive only: old rows stay. */
const StoredLineage = z.object({
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

/** Throws when the row isn't one that we wrote. */
export function readLineage(stored: unknown): Lineage {
  const { kind, config, engine, engineVersion, device, inputs, ...rest } = StoredLineage.parse(stored);
  return {
    ...rest,
    runKind: kind,
    config: shownConfig(config),
    generator: ('generator' in config && config.generator) || null,
    engine: engine ?? null,
    engineVersion: engineVersion ?? null,
    device: device ?? null,
    inputs: inputs.map((input) => ({
      role: input.role,
      name: 'datasetVersionId' in input ? (input.name ?? '') : '',
      ...('artifactId' in input
        ? { id: input.artifactId, label: input.fileName }
        : { id: input.datasetVersionId, label: `${input.dataset} v${input.number}` }),
      sha256: input.sha256 ?? null,
    })),
  };
}
