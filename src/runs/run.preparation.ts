import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { stepText, type PreparationStep } from '../../schema/messages/preparation.js';
import { mistakeIn } from '../../schema/preparation/mistakes.js';
import type { TenantContext } from '../access/context.js';
import type { Transaction } from '../platform/database.js';
import { UserError, UserErrorCode } from '../server/errors.js';

/**
 * Looks whether the steps can be done to the columns of a dataset version that is READY. Throws INVALID_INPUT with the path of
 * the field that is wrong, which has the step's number in it.
 */
export async function requireFittingSteps(
  context: TenantContext,
  tx: Transaction,
  datasetVersionId: string,
  steps: readonly PreparationStep[],
  path: readonly string[],
): Promise<void> {
  if (steps.length === 0) return;
  const { columns } = await tx.datasetVersion.findFirstOrThrow({
    where: { tenantId: context.tenantId, id: datasetVersionId },
    select: { columns: true },
  });
  const mistake = mistakeIn(steps, z.array(ColumnSchema).parse(columns));
  if (!mistake) return;
  const { index, field, message } = mistake;
  const step = steps[index]!;
  throw new UserError(
    UserErrorCode.INVALID_INPUT,
    `Step ${index + 1} of the preparation (${stepText(step)}) can't be done: ${message}.`,
    [...path, String(index), step.type, field],
  );
}
