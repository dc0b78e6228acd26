import { shownConfig } from '../runs/run.resolver.js';
import type { Lineage } from './artifact.types.js';
import { StoredLineage } from './stored-lineage.js';

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
