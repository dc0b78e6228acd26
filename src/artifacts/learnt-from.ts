import type { JobInput } from '../../schema/messages/job.js';
import type { Transaction } from '../platform/database.js';
import type { Artifact } from '../platform/prisma-client/client.js';
import { StoredLineage } from './stored-lineage.js';

/**
 * The table that the generator of a synthetic table learnt from, and what was withheld from it, by its lineage; of a sample, by
 * that of the model. Undefined for what no generator of one table has made.
 */
export async function learntFrom(
  tx: Transaction,
  { tenantId, lineage }: Pick<Artifact, 'tenantId' | 'lineage'>,
): Promise<JobInput['learntFrom']> {
  const { config, inputs } = StoredLineage.parse(lineage);
  if (config.kind === 'SAMPLE') {
    const model = inputs.find(({ role }) => role === 'MODEL');
    if (!model || !('artifactId' in model)) return undefined;
    const made = await tx.artifact.findUnique({
      where: { tenantId_id: { tenantId, id: model.artifactId } },
      select: { tenantId: true, lineage: true },
    });
    return made ? learntFrom(tx, made) : undefined;
  }
  if (config.kind !== 'SYNTHESIZE' || config.linked) return undefined;
  const sha256 = inputs.find(({ role }) => role === 'TABLE')?.sha256;
  return sha256 == null ? undefined : { sha256, withheld: config.withhold };
}
