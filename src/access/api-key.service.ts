import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { ApiKey as ApiKeyRow, Prisma } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { keysetOrder, mapPage, readPage, type ConnectionArgs, type Page } from '../server/pagination.js';
import { lineOf, literally } from '../server/text.js';
import type { ApiKey, ApiKeyFilter, ApiKeyOrder, CreateApiKeyInput } from './api-key.types.js';
import type { Authentication } from './authentication.js';
import { authorize, confinedTo, permissionsOn, requireTenant } from './authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from './context.js';
import type { Permission } from './permissions.js';
import { API_KEY_PREFIX, newSecret, secretHash } from './tokens.js';

/** Makes, lists and revokes API keys. */
export class ApiKeyService {
  constructor(
    private readonly database: Database,
    private readonly authentication: Authentication,
  ) {}

  async create(
    request: RequestContext,
    input: CreateApiKeyInput,
  ): Promise<{ apiKey: ApiKey; secret: string | null }> {
    const context = requireTenant(request);
    const name = lineOf(input.name, 'A name', 100, ['input', 'name']);
    const scopes = [...new Set(input.scopes)];
    if (scopes.length === 0) {
      throw new UserError(UserErrorCode.INVALID_INPUT, 'Give at least one scope.', ['input', 'scopes']);
    }
    if (input.expiresAt && input.expiresAt <= new Date()) {
      throw new UserError(
        UserErrorCode.INVALID_INPUT,
        `An API key can't end in the past (${input.expiresAt.toISOString()}). Give a later time, or none for a key that never ends.`,
        ['input', 'expiresAt'],
      );
    }
    const projectId = input.projectId ?? confinedTo(context);
    const secret = newSecret(API_KEY_PREFIX);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      if (projectId) await requireProject(context, tx, projectId);
      await authorize(context, tx, 'apiKey:create', projectId);
      await requireHeld(context, tx, scopes, projectId);
      const { id, repeated } = await once(
        context,
        tx,
        { operation: 'createApiKey', key: input.idempotencyKey, body: input },
        async () => {
          const row = await tx.apiKey.create({
            data: {
              tenantId: context.tenantId,
              id: newId('apiKey'),
              name,
              prefix: secret.slice(0, API_KEY_PREFIX.length + 6),
              keyHash: secretHash(secret),
              scopes,
              projectId,
              createdById: actorId(context.actor) ?? 'system',
              expiresAt: input.expiresAt,
            },
          });
          await audit(context, tx, {
            action: 'apiKey:create',
            subjectId: row.id,
            projectId,
            after: { name, scopes, expiresAt: input.expiresAt?.toISOString() ?? null },
          });
          return row.id;
        },
      );
      const row = await tx.apiKey.findUniqueOrThrow({
        where: { tenantId_id: { tenantId: context.tenantId, id } },
      });
      return { apiKey: show(row), secret: repeated ? null : secret };
    });
  }

  async revoke(request: RequestContext, id: string): Promise<ApiKey> {
    const context = requireTenant(request);
    const row = await this.database.withTenant(scopeOf(context), async (tx) => {
      const where = { tenantId_id: { tenantId: context.tenantId, id } };
      const found = await tx.apiKey.findUnique({ where });
      if (!found || !isVisible(context, found)) throw notFound('API key', id, ['input', 'id']);
      await authorize(context, tx, 'apiKey:revoke', found.projectId ?? undefined);
      if (found.revokedAt) return found;
      const revoked = await tx.apiKey.update({ where, data: { revokedAt: new Date() } });
      await audit(context, tx, {
        action: 'apiKey:revoke',
        subjectId: id,
        projectId: found.projectId ?? undefined,
      });
      return revoked;
    });
    this.authentication.forgetKeys();
    return show(row);
  }

  async find(request: RequestContext, id: string): Promise<ApiKey | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const row = await tx.apiKey.findUnique({ where: { tenantId_id: { tenantId: context.tenantId, id } } });
      if (!row || !isVisible(context, row)) return null;
      await authorize(context, tx, 'apiKey:read', row.projectId ?? undefined);
      return show(row);
    });
  }

  async list(
    request: RequestContext,
    filter: ApiKeyFilter | null,
    orderBy: ApiKeyOrder,
    args: ConnectionArgs,
  ): Promise<Page<ApiKey>> {
    const context = requireTenant(request);
    const where: Prisma.ApiKeyWhereInput = {
      AND: [
        { tenantId: context.tenantId, projectId: confinedTo(context) },
        {
          projectId: filter?.projectId ?? undefined,
          name: filter?.nameContains
            ? { contains: literally(filter.nameContains), mode: 'insensitive' }
            : undefined,
          revokedAt: filter?.revoked == null ? undefined : filter.revoked ? { not: null } : null,
        },
      ],
    };
    const page = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'apiKey:read', confinedTo(context));
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.apiKey.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.apiKey.count({ where })),
      );
    });
    return mapPage(page, show);
  }
}

async function requireProject(context: TenantContext, tx: Transaction, projectId: string): Promise<void> {
  const project = await tx.project.findUnique({
    where: { tenantId_id: { tenantId: context.tenantId, id: projectId } },
    select: { id: true },
  });
  if (!project) throw notFound('project', projectId, ['input', 'projectId']);
}

/** Nobody gives a key more than they have. */
async function requireHeld(
  context: TenantContext,
  tx: Transaction,
  scopes: readonly Permission[],
  projectId: string | undefined,
): Promise<void> {
  const held = await permissionsOn(context, tx, projectId);
  const missing = scopes.filter((scope) => !held.has(scope));
  if (missing.length > 0) {
    throw new UserError(
      UserErrorCode.FORBIDDEN,
      `A key can't have permissions that you lack: ${missing.join(', ')}.`,
      ['input', 'scopes'],
    );
  }
}

const isVisible = (context: TenantContext, key: ApiKeyRow): boolean => {
  const confinement = confinedTo(context);
  return confinement === undefined || key.projectId === confinement;
};

const show = (row: ApiKeyRow): ApiKey => ({ ...row, scopes: row.scopes as Permission[] });
