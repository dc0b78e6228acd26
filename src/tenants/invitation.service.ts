import type { Authentication } from '../access/authentication.js';
import { authorize, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { signedIn } from '../access/session.service.js';
import { INVITATION_PREFIX, newSecret, secretHash } from '../access/tokens.js';
import { audit } from '../audit/audit.js';
import { setScope, type Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Invitation, Prisma, Tenant } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { keysetOrder, readPage, type ConnectionArgs, type Page } from '../server/pagination.js';
import { emailOf } from '../server/text.js';
import { requireMayGrant, type MemberWithUser } from './member.service.js';
import type { InvitationFilter, InvitationOrder, InviteMemberInput } from './tenant.types.js';

const VALID_DAYS = 14;

/** Asks people into a tenant. The token is the caller's to pass on: nothing here sends e-mail. */
export class InvitationService {
  constructor(
    private readonly database: Database,
    private readonly authentication: Authentication,
  ) {}

  async create(
    request: RequestContext,
    input: InviteMemberInput,
  ): Promise<{ invitation: Invitation; token: string | null }> {
    const context = requireTenant(request);
    const email = emailOf(input.email, ['input', 'email']);
    const token = newSecret(INVITATION_PREFIX);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:invite');
      await requireMayGrant(context, tx, input.role, ['input', 'role']);
      const { id, repeated } = await once(
        context,
        tx,
        { operation: 'inviteMember', key: input.idempotencyKey, body: input },
        async () => {
          const joined = await tx.member.findFirst({
            where: { tenantId: context.tenantId, user: { email } },
            select: { id: true },
          });
          if (joined) {
            throw new UserError(UserErrorCode.ALREADY_EXISTS, 'They are a member already.', [
              'input',
              'email',
            ]);
          }
          const invitation = await tx.invitation.create({
            data: {
              tenantId: context.tenantId,
              id: newId('invitation'),
              email,
              role: input.role,
              tokenHash: secretHash(token),
              expiresAt: new Date(Date.now() + VALID_DAYS * 24 * 3600 * 1000),
              createdById: actorId(context.actor) ?? 'system',
            },
          });
          await audit(context, tx, {
            action: 'member:invite',
            subjectId: invitation.id,
            after: { email, role: input.role },
          });
          return invitation.id;
        },
      );
      const invitation = await tx.invitation.findUniqueOrThrow({
        where: { tenantId_id: { tenantId: context.tenantId, id } },
      });
      return { invitation, token: repeated ? null : token };
    });
  }

  /** Once, in time, and only by an account with the invited e-mail address: a token that leaked is worth nothing. */
  async accept(request: RequestContext, token: string): Promise<{ member: MemberWithUser; tenant: Tenant }> {
    const { userId } = signedIn(request);
    const accepted = await this.database.withScope({ userId, shownSecret: secretHash(token) }, async (tx) => {
      const invitation = await tx.invitation.findUnique({ where: { tokenHash: secretHash(token) } });
      const user = await tx.user.findUniqueOrThrow({ where: { id: userId } });
      if (!invitation || invitation.email !== user.email || invitation.revokedAt) {
        throw new UserError(
          UserErrorCode.NOT_FOUND,
          'There is no such invitation for your e-mail address.',
          TOKEN_PATH,
        );
      }
      if (invitation.acceptedAt || invitation.expiresAt <= new Date()) {
        throw new UserError(
          UserErrorCode.EXPIRED,
          'This invitation was accepted already, or has expired. Ask for a new one.',
          TOKEN_PATH,
        );
      }
      const { tenantId, role } = invitation;
      const context: TenantContext = { ...request, tenantId, role };
      await setScope(tx, scopeOf(context));
      // Of two who accept at the same time, the second waits here and finds it accepted.
      const { count } = await tx.invitation.updateMany({
        where: { tenantId, id: invitation.id, acceptedAt: null, revokedAt: null },
        data: { acceptedAt: new Date() },
      });
      const joined = await tx.member.findUnique({ where: { tenantId_userId: { tenantId, userId } } });
      if (count === 0 || joined) {
        throw new UserError(UserErrorCode.ALREADY_EXISTS, 'You are a member already.', TOKEN_PATH);
      }
      const member = await tx.member.create({
        data: { tenantId, id: newId('member'), userId, role },
      });
      await audit(context, tx, { action: 'member:join', subjectId: member.id, after: { role, userId } });
      return {
        member: { ...member, user },
        tenant: await tx.tenant.findUniqueOrThrow({ where: { id: tenantId } }),
      };
    });
    this.authentication.forgetUsers();
    return accepted;
  }

  async revoke(request: RequestContext, id: string): Promise<Invitation> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const where = { tenantId_id: { tenantId: context.tenantId, id } };
      const invitation = await tx.invitation.findUnique({ where });
      if (!invitation) throw notFound('invitation', id, ['input', 'id']);
      await authorize(context, tx, 'member:invite');
      if (invitation.revokedAt) return invitation;
      if (invitation.acceptedAt) {
        throw new UserError(
          UserErrorCode.INVALID_STATE,
          'It was accepted already. Remove the member instead.',
          ['input', 'id'],
        );
      }
      const revoked = await tx.invitation.update({ where, data: { revokedAt: new Date() } });
      await audit(context, tx, { action: 'member:invite', subjectId: id, after: { revoked: true } });
      return revoked;
    });
  }

  async find(request: RequestContext, id: string): Promise<Invitation | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:invite');
      return tx.invitation.findUnique({ where: { tenantId_id: { tenantId: context.tenantId, id } } });
    });
  }

  async list(
    request: RequestContext,
    filter: InvitationFilter | null,
    orderBy: InvitationOrder,
    args: ConnectionArgs,
  ): Promise<Page<Invitation>> {
    const context = requireTenant(request);
    const open = { acceptedAt: null, revokedAt: null, expiresAt: { gt: new Date() } };
    const where: Prisma.InvitationWhereInput = {
      tenantId: context.tenantId,
      ...(filter?.open == null ? {} : filter.open ? open : { NOT: open }),
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:invite');
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.invitation.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.invitation.count({ where })),
      );
    });
  }
}

const TOKEN_PATH = ['input', 'token'] as const;
