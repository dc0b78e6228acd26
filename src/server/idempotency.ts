import { createHash } from 'node:crypto';
import { actorId, type RequestContext } from '../access/context.js';
import type { Transaction } from '../platform/database.js';
import { UserError, UserErrorCode } from './errors.js';

const MAX_KEY_LENGTH = 255;

/** For the field `idempotencyKey` of an input. */
export const IDEMPOTENCY_KEY = {
  nullable: true,
  description: `Makes it safe to send this again: with the same key and the same input, the answer is the same and nothing new is made; with another input it is an IDEMPOTENCY_CONFLICT. 1–${MAX_KEY_LENGTH} characters, such as a UUID, remembered for at least a day.`,
};

export interface Repeatable {
  /** The mutation's name. */
  operation: string;
  /** The caller's idempotency key; without one the request is simply done. */
  key?: string | null;
  /** The mutation's input. Its `idempotencyKey` is left out of the comparison. */
  body: object;
  /** Set to '' for operations outside a tenant. Default: the context's tenant. */
  tenantId?: string;
}

/**
 * Makes an entity once for each key: a repeat of the same request answers the id that the first one made. A request that
 * failed has left nothing, so its key is free again. Keys are kept per tenant and caller, for at least a day.
 *
 * Throws IDEMPOTENCY_CONFLICT when the key stands for another request. Two requests with one key at the same time wait
 * for each other (a transaction-level advisory lock), so the second sees what the first one made.
 */
export async function once(
  context: RequestContext,
  tx: Transaction,
  request: Repeatable,
  make: () => Promise<string>,
): Promise<{ id: string; repeated: boolean }> {
  const { key, operation } = request;
  if (key == null) return { id: await make(), repeated: false };
  if (key.length < 1 || key.length > MAX_KEY_LENGTH || key.includes('\0')) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `An idempotency key has 1–${MAX_KEY_LENGTH} characters; a UUID does well.`,
      KEY_PATH,
    );
  }
  const tenantId = request.tenantId ?? context.tenantId ?? '';
  const actor = actorId(context.actor) ?? 'system';
  const bodyHash = hashOf(request.body);

  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${JSON.stringify([tenantId, actor, key])}, 0))`;
  const earlier = await tx.idempotencyRecord.findUnique({
    where: { tenantId_actorId_key: { tenantId, actorId: actor, key } },
  });
  if (earlier) {
    if (earlier.operation !== operation || earlier.bodyHash !== bodyHash) {
      throw new UserError(
        UserErrorCode.IDEMPOTENCY_CONFLICT,
        `The idempotency key was used before, for another request (${earlier.operation}). Use a new key for a new request.`,
        KEY_PATH,
      );
    }
    return { id: earlier.entityId, repeated: true };
  }
  const id = await make();
  await tx.idempotencyRecord.create({
    data: { tenantId, actorId: actor, key, operation, bodyHash, entityId: id },
  });
  return { id, repeated: false };
}

const KEY_PATH = ['input', 'idempotencyKey'] as const;

function hashOf(body: object): string {
  return createHash('sha256')
    .update(canonical({ ...body, idempotencyKey: undefined }))
    .digest('hex');
}

/** JSON with sorted keys, so that the order in which a client wrote its fields doesn't matter; absent is null. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const entries = Object.entries(part).filter(([, v]) => v !== undefined && v !== null);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
