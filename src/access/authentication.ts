import type { Logger } from 'pino';
import type { Database } from '../platform/database.js';
import { nounOf } from '../platform/ids.js';
import type { Role } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import type { Actor, RequestContext } from './context.js';
import { ExpiringCache } from './expiring-cache.js';
import { PERMISSIONS, type Permission } from './permissions.js';
import { API_KEY_PREFIX, secretHash, type AccessClaims, type AccessTokens } from './tokens.js';

/** What a request shows of its sender. */
export interface Credentials {
  /** `Bearer <access token or API key>`. */
  authorization: string | undefined;
  /** Id of the tenant that the request is about. */
  tenant: string | undefined;
}

export interface Identity extends Omit<RequestContext, 'requestId'> {
  /** When the credentials end by themselves; milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

interface KnownUser {
  claims: AccessClaims;
  /** False once the session was ended. */
  active: boolean;
  roles: ReadonlyMap<string, Role>;
}

interface KnownKey {
  tenantId: string;
  apiKeyId: string;
  scopes: ReadonlySet<Permission>;
  projectId: string | undefined;
  expiresAt: number | undefined;
}

/** How long a change made through another gateway may go unnoticed. */
export const REMEMBERED_MILLISECONDS = 5_000;
const REMEMBERED = 10_000;
const LAST_USED_MILLISECONDS = 60_000;

/**
 * Finds out who calls. What the database says is remembered for five seconds: a revoked key, an ended session or a lost
 * role stops working within that time, at once on the gateway that was asked to revoke it.
 */
export class Authentication {
  readonly #users = new ExpiringCache<KnownUser | undefined>(REMEMBERED_MILLISECONDS, REMEMBERED);
  readonly #keys = new ExpiringCache<KnownKey | undefined>(REMEMBERED_MILLISECONDS, REMEMBERED);
  readonly #noted = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly tokens: AccessTokens,
    private readonly log: Logger,
  ) {}

  /** Throws UNAUTHENTICATED for credentials that aren't valid, NOT_FOUND for a tenant that isn't the caller's. */
  async identify(credentials: Credentials): Promise<Identity> {
    const { authorization, tenant } = credentials;
    if (!authorization)
      return { actor: { kind: 'ANONYMOUS' }, tenantId: undefined, role: undefined, expiresAt: undefined };
    const secret = /^Bearer +([\w.~+/=-]{1,4096})$/i.exec(authorization.trim())?.[1];
    if (!secret) throw unauthenticated('Send `authorization: Bearer …` with an access token or an API key.');
    return secret.startsWith(API_KEY_PREFIX)
      ? this.#identifyKey(secretHash(secret), tenant)
      : this.#identifyUser(secret, tenant);
  }

  /** Something about users, sessions or memberships was changed here. */
  forgetUsers(): void {
    this.#users.clear();
  }

  forgetKeys(): void {
    this.#keys.clear();
  }

  async #identifyKey(hash: string, tenant: string | undefined): Promise<Identity> {
    const key = await this.#keys.get(hash, () => this.#findKey(hash));
    if (!key) throw unauthenticated('This API key does not exist, or was revoked.');
    if (key.expiresAt !== undefined && key.expiresAt <= Date.now()) {
      throw unauthenticated('This API key has expired. Ask for a new one.');
    }
    if (tenant && tenant !== key.tenantId) throw notFound('tenant', tenant);
    this.#noteUse(key);
    const actor: Actor = {
      kind: 'API_KEY',
      apiKeyId: key.apiKeyId,
      scopes: key.scopes,
      projectId: key.projectId,
    };
    return { actor, tenantId: key.tenantId, role: undefined, expiresAt: key.expiresAt };
  }

  async #identifyUser(token: string, tenant: string | undefined): Promise<Identity> {
    let user = await this.#users.get(token, () => this.#findUser(token));
    // They may have joined a moment ago, by way of another gateway.
    if (user?.active && !(tenant ? user.roles.has(tenant) : user.roles.size > 0)) {
      this.#users.delete(token);
      user = await this.#users.get(token, () => this.#findUser(token));
    }
    if (!user)
      throw unauthenticated(
        `This is neither a valid access token nor an API key (those begin with \`${API_KEY_PREFIX}\`). Sign in again.`,
      );
    const { claims, active, roles } = user;
    if (claims.expiresAt <= Date.now()) throw expired();
    if (!active) throw unauthenticated('This session was ended. Sign in again.');
    if (tenant && !roles.has(tenant)) throw notFound('tenant', tenant);
    const [only] = roles.size === 1 ? roles.keys() : [];
    const tenantId = tenant || only;
    return {
      actor: { kind: 'USER', userId: claims.userId, sessionId: claims.sessionId },
      tenantId,
      role: tenantId === undefined ? undefined : roles.get(tenantId),
      expiresAt: claims.expiresAt,
    };
  }

  async #findKey(keyHash: string): Promise<KnownKey | undefined> {
    const row = await this.database.withScope({ shownSecret: keyHash }, (tx) =>
      tx.apiKey.findUnique({ where: { keyHash } }),
    );
    if (!row || row.revokedAt) return undefined;
    return {
      tenantId: row.tenantId,
      apiKeyId: row.id,
      scopes: new Set(PERMISSIONS.filter((permission) => row.scopes.includes(permission))),
      projectId: row.projectId ?? undefined,
      expiresAt: row.expiresAt?.getTime(),
    };
  }

  async #findUser(token: string): Promise<KnownUser | undefined> {
    const claims = await this.tokens.read(token);
    if (claims === 'expired') throw expired();
    if (!claims || nounOf(claims.userId) !== 'user') return undefined;
    const { userId, sessionId } = claims;
    return this.database.withScope({ userId }, async (tx) => {
      const session = await tx.session.findUnique({ where: { id: sessionId } });
      const members = await tx.member.findMany({ where: { userId }, select: { tenantId: true, role: true } });
      return {
        claims,
        active: session !== null && session.userId === userId && session.revokedAt === null,
        roles: new Map(members.map((member) => [member.tenantId, member.role])),
      };
    });
  }

  /** At most once a minute and key, and not in the way of the request. */
  #noteUse({ tenantId, apiKeyId }: KnownKey): void {
    const now = Date.now();
    if ((this.#noted.get(apiKeyId) ?? 0) > now - LAST_USED_MILLISECONDS) return;
    if (this.#noted.size >= REMEMBERED) this.#noted.clear();
    this.#noted.set(apiKeyId, now);
    this.database
      .withTenant({ tenantId }, (tx) =>
        tx.apiKey.updateMany({ where: { tenantId, id: apiKeyId }, data: { lastUsedAt: new Date(now) } }),
      )
      .catch((error: unknown) =>
        this.log.warn({ err: error, apiKeyId }, 'the use of an API key could not be noted'),
      );
  }
}

const unauthenticated = (message: string) => new UserError(UserErrorCode.UNAUTHENTICATED, message);

const expired = () =>
  unauthenticated(
    'This access token has expired. Get a new one with `refreshSession`, sent without `authorization`.',
  );
