import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import type { SearchConfig } from '../../schema/messages/run-config.js';
import { ColumnMistake, searchRoles } from '../../schema/search/columns.js';
import type { TenantContext } from '../access/context.js';
import type { Transaction } from '../platform/database.js';
import { invalid, type Path } from './request-checks.js';
import type { QueuedInput } from './run.queue.js';

/**
 * Looks whether the tables of a search ranker's run show which of their columns play which role. Throws INVALID_INPUT with the
 * path of the field that would say so.
 */
export async function requireSearchColumns(
  context: TenantContext,
  tx: Transaction,
  config: SearchConfig,
  inputs: readonly QueuedInput[],
  path: Path,
): Promise<void> {
  const columns = new Map<string, ColumnSchema[]>();
  for (const input of inputs) columns.set(input.role, await columnsOf(context, tx, input));
  try {
    searchRoles(
      {
        catalogue: columns.get('CATALOGUE')!,
        searches: columns.get('SEARCHES'),
        synthetic: columns.get('SYNTHETIC'),
        queries: columns.get('QUERIES'),
      },
      config,
    );
  } catch (error) {
    if (!(error instanceof ColumnMistake)) throw error;
    throw invalid(error.message, [...path, ...error.path]);
  }
}

async function columnsOf(
  context: TenantContext,
  tx: Transaction,
  input: QueuedInput,
): Promise<ColumnSchema[]> {
  const { tenantId } = context;
  const row =
    input.datasetVersionId !== undefined
      ? await tx.datasetVersion.findFirst({
          where: { tenantId, id: input.datasetVersionId },
          select: { columns: true },
        })
      : await tx.artifact.findFirst({ where: { tenantId, id: input.artifactId }, select: { columns: true } });
  return z.array(ColumnSchema).parse(row?.columns);
}
