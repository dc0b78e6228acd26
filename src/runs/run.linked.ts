import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import type { LinkedTables } from '../../schema/messages/linked.js';
import type { TenantContext } from '../access/context.js';
import type { Transaction } from '../platform/database.js';
import { UserError, UserErrorCode } from '../server/errors.js';

/**
 * Looks whether the tables have the columns that their relations and keys name. `datasetVersionIds` has the version of each table,
 * which is READY. Throws INVALID_INPUT with the path of the field that is wrong.
 */
export async function requireLinkedColumns(
  context: TenantContext,
  tx: Transaction,
  { tables, relations }: LinkedTables,
  datasetVersionIds: readonly string[],
  path: readonly string[],
): Promise<void> {
  const versions = await tx.datasetVersion.findMany({
    where: { tenantId: context.tenantId, id: { in: [...datasetVersionIds] } },
    select: { id: true, columns: true },
  });
  const columnsOf = (table: string): string[] => {
    const id = datasetVersionIds[tables.findIndex(({ name }) => name === table)];
    const version = versions.find((candidate) => candidate.id === id);
    return z
      .array(ColumnSchema)
      .parse(version?.columns)
      .map(({ name }) => name);
  };
  const requireColumn = (table: string, column: string, ...at: string[]): void => {
    const columns = columnsOf(table);
    if (columns.includes(column)) return;
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `The table "${table}" has no column "${column}". It has: ${columns.join(', ')}.`,
      [...path, ...at],
    );
  };
  relations.forEach(({ childTable, foreignKeyColumn, parentTable, parentKeyColumn }, index) => {
    requireColumn(childTable, foreignKeyColumn, 'relations', String(index), 'foreignKeyColumn');
    requireColumn(parentTable, parentKeyColumn, 'relations', String(index), 'parentKeyColumn');
  });
  tables.forEach(({ name, key }, index) => {
    if (key !== undefined) requireColumn(name, key, 'tables', String(index), 'key');
  });
}
