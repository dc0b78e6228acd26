import type { Transaction } from '../platform/database.js';

export interface StorageUse {
  used: bigint;
  most: bigint;
}

/**
 * What a tenant's objects take of what they may: files and tables of datasets, and artifacts. A corrected version shares
 * the file of the version that it corrects. A file that could not be read is kept, and counts, until its dataset is
 * deleted; an upload that expired is gone.
 */
export async function storageUse(tx: Transaction, tenantId: string): Promise<StorageUse> {
  const [use] = await tx.$queryRaw<StorageUse[]>`
    SELECT t.max_bytes AS most, (
      coalesce((SELECT sum(a.bytes) FROM artifacts a WHERE a.tenant_id = t.id AND a.deleted_at IS NULL), 0)
      + coalesce((SELECT sum(coalesce(v.table_bytes, 0)
                        + CASE WHEN v.corrects_id IS NULL AND (v.state <> 'FAILED' OR v.ingest_run_id IS NOT NULL)
                          THEN v.bytes ELSE 0 END)
                  FROM dataset_versions v
                  JOIN datasets d ON d.tenant_id = v.tenant_id AND d.id = v.dataset_id AND d.deleted_at IS NULL
                  WHERE v.tenant_id = t.id), 0)
    )::bigint AS used
    FROM tenants t WHERE t.id = ${tenantId}`;
  if (!use) throw new Error(`There is no tenant ${tenantId}.`);
  return use;
}
