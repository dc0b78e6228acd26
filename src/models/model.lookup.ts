import { authorize, confinedTo } from '../access/authorize.js';
import type { TenantContext } from '../access/context.js';
import type { Permission } from '../access/permissions.js';
import type { Transaction } from '../platform/database.js';
import type { Model, ModelVersion } from '../platform/prisma-client/client.js';
import { notFound } from '../server/errors.js';

/** Which models there are for the caller. */
export const visibleTo = (context: TenantContext) => ({
  tenantId: context.tenantId,
  projectId: confinedTo(context),
});

export const keyOf = ({ tenantId }: TenantContext, id: string) => ({ tenantId_id: { tenantId, id } });

/** Missing, another tenant's, and outside a key's project are one and the same. */
export async function requireModel(
  context: TenantContext,
  tx: Transaction,
  id: string,
  permission: Permission,
  path: readonly string[],
): Promise<Model> {
  const model = await tx.model.findFirst({ where: { AND: [visibleTo(context), { id }] } });
  if (!model) throw notFound('model', id, path);
  await authorize(context, tx, permission, model.projectId);
  return model;
}

export async function requireModelVersion(
  context: TenantContext,
  tx: Transaction,
  id: string,
  permission: Permission,
  path: readonly string[],
): Promise<ModelVersion & { model: Model }> {
  const version = await tx.modelVersion.findFirst({
    where: { tenantId: context.tenantId, id, model: visibleTo(context) },
    include: { model: true },
  });
  if (!version) throw notFound('version of a model', id, path);
  await authorize(context, tx, permission, version.model.projectId);
  return version;
}
