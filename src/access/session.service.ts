import { setScope, violatesUnique, type Database, type Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { User } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode } from '../server/errors.js';
import { emailOf, lineOf } from '../server/text.js';
import { AttemptLimit } from './attempts.js';
import type { Authentication } from './authentication.js';
import type { RequestContext } from './context.js';
import { checkPassword, hashPassword, passwordMatches } from './passwords.js';
import type {
  ChangePasswordInput,
  RefreshSessionInput,
  SessionTokens,
  SignInInput,
  SignUpInput,
  UpdateViewerInput,
} from './session.types.js';
import { REFRESH_TOKEN_PREFIX, newSecret, secretHash, type AccessTokens } from './tokens.js';

/** Accounts and sessions. */
export class SessionService {
  /** Ten guesses at once for an account and address, then one in half a minute. */
  readonly #attempts = new AttemptLimit(10, 30);

  constructor(
    private readonly database: Database,
    private readonly accessTokens: AccessTokens,
    private readonly authentication: Authentication,
    private readonly refreshSeconds: number,
  ) {}

  async signUp(input: SignUpInput): Promise<{ user: User; tokens: SessionTokens }> {
    const email = emailOf(input.email, ['input', 'email']);
    const name = lineOf(input.name, 'A name', 100, ['input', 'name']);
    checkPassword(input.password, [email, name], ['input', 'password']);
    const passwordHash = await hashPassword(input.password);
    const userId = newId('user');
    try {
      return await this.database.withScope({ userId }, async (tx) => {
        const user = await tx.user.create({ data: { id: userId, email, name, passwordHash } });
        return { user, tokens: await this.#open(tx, userId) };
      });
    } catch (error) {
      if (!violatesUnique(error)) throw error;
      throw new UserError(
        UserErrorCode.ALREADY_EXISTS,
        'There is an account with this e-mail address. Sign in instead.',
        ['input', 'email'],
      );
    }
  }

  /** The same error, after the same time, for an unknown address as for a wrong password. */
  async signIn(input: SignInInput, address: string): Promise<{ user: User; tokens: SessionTokens }> {
    const email = emailOf(input.email, ['input', 'email']);
    const attempt = `${email} ${address}`;
    const wait = this.#attempts.take(attempt);
    if (wait > 0) {
      throw new UserError(
        UserErrorCode.LIMIT_EXCEEDED,
        `Too many attempts to sign in. Wait ${wait} s and try again.`,
      );
    }
    const user = await this.database.withScope({ shownSecret: email }, (tx) =>
      tx.user.findUnique({ where: { email } }),
    );
    if (!(await passwordMatches(input.password, user?.passwordHash)) || !user) {
      throw new UserError(UserErrorCode.UNAUTHENTICATED, 'The e-mail address or the password is wrong.');
    }
    this.#attempts.succeeded(attempt);
    const tokens = await this.database.withScope({ userId: user.id }, (tx) => this.#open(tx, user.id));
    return { user, tokens };
  }

  /** Replaces both tokens. A refresh token that comes a second time ends its session: somebody else may have it. */
  async refresh(input: RefreshSessionInput): Promise<{ user: User; tokens: SessionTokens }> {
    const hash = secretHash(input.refreshToken);
    const refreshed = await this.database.withScope({ shownSecret: hash }, async (tx) => {
      const session = await tx.session.findFirst({
        where: { OR: [{ tokenHash: hash }, { formerHash: hash }] },
      });
      if (!session || session.revokedAt || session.expiresAt <= new Date()) return undefined;
      await setScope(tx, { userId: session.userId });
      const refreshToken = newSecret(REFRESH_TOKEN_PREFIX);
      const refreshTokenExpiresAt = this.#refreshEnd();
      const { count } = await tx.session.updateMany({
        where: { id: session.id, tokenHash: hash, revokedAt: null },
        data: {
          tokenHash: secretHash(refreshToken),
          formerHash: hash,
          expiresAt: refreshTokenExpiresAt,
          lastUsedAt: new Date(),
        },
      });
      if (count === 0) {
        await tx.session.update({ where: { id: session.id }, data: { revokedAt: new Date() } });
        return 'repeated' as const;
      }
      const user = await tx.user.findUniqueOrThrow({ where: { id: session.userId } });
      const access = await this.accessTokens.issue(user.id, session.id);
      return {
        user,
        tokens: {
          accessToken: access.token,
          accessTokenExpiresAt: access.expiresAt,
          refreshToken,
          refreshTokenExpiresAt,
        },
      };
    });
    if (refreshed === 'repeated') {
      this.authentication.forgetUsers();
      throw new UserError(
        UserErrorCode.UNAUTHENTICATED,
        'This refresh token was used before, so its session was ended. Sign in again.',
        ['input', 'refreshToken'],
      );
    }
    if (!refreshed) {
      throw new UserError(
        UserErrorCode.UNAUTHENTICATED,
        'This refresh token is not valid any more. Sign in again.',
        ['input', 'refreshToken'],
      );
    }
    return refreshed;
  }

  async signOut(context: RequestContext): Promise<void> {
    const { userId, sessionId } = signedIn(context);
    await this.database.withScope({ userId }, (tx) =>
      tx.session.updateMany({ where: { id: sessionId, revokedAt: null }, data: { revokedAt: new Date() } }),
    );
    this.authentication.forgetUsers();
  }

  async update(context: RequestContext, input: UpdateViewerInput): Promise<User> {
    const { userId } = signedIn(context);
    const name = input.name == null ? undefined : lineOf(input.name, 'A name', 100, ['input', 'name']);
    return this.database.withScope({ userId }, (tx) =>
      tx.user.update({ where: { id: userId }, data: { name } }),
    );
  }

  /** Ends all other sessions of the user. */
  async changePassword(context: RequestContext, input: ChangePasswordInput): Promise<User> {
    const { userId, sessionId } = signedIn(context);
    const attempt = `${userId} password`;
    if (this.#attempts.take(attempt) > 0) {
      throw new UserError(UserErrorCode.LIMIT_EXCEEDED, 'Too many attempts. Wait a minute and try again.');
    }
    const user = await this.database.withScope({ userId }, (tx) =>
      tx.user.findUniqueOrThrow({ where: { id: userId } }),
    );
    if (!(await passwordMatches(input.currentPassword, user.passwordHash))) {
      throw new UserError(UserErrorCode.INVALID_INPUT, 'The current password is wrong.', [
        'input',
        'currentPassword',
      ]);
    }
    this.#attempts.succeeded(attempt);
    checkPassword(input.newPassword, [user.email, user.name], ['input', 'newPassword']);
    const passwordHash = await hashPassword(input.newPassword);
    const changed = await this.database.withScope({ userId }, async (tx) => {
      await tx.session.updateMany({
        where: { userId, id: { not: sessionId }, revokedAt: null },
        data: { revokedAt: new Date() },
      });
      return tx.user.update({ where: { id: userId }, data: { passwordHash } });
    });
    this.authentication.forgetUsers();
    return changed;
  }

  async #open(tx: Transaction, userId: string): Promise<SessionTokens> {
    const refreshToken = newSecret(REFRESH_TOKEN_PREFIX);
    const refreshTokenExpiresAt = this.#refreshEnd();
    const session = await tx.session.create({
      data: {
        id: newId('session'),
        userId,
        tokenHash: secretHash(refreshToken),
        expiresAt: refreshTokenExpiresAt,
      },
    });
    const access = await this.accessTokens.issue(userId, session.id);
    return {
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt,
      refreshToken,
      refreshTokenExpiresAt,
    };
  }

  #refreshEnd(): Date {
    return new Date(Date.now() + this.refreshSeconds * 1000);
  }
}

/** Throws unless a person (not an API key) calls. */
export function signedIn(context: RequestContext): { userId: string; sessionId: string } {
  if (context.actor.kind === 'USER') return context.actor;
  throw new UserError(
    UserErrorCode.UNAUTHENTICATED,
    context.actor.kind === 'API_KEY'
      ? "An API key can't do this: it takes a person who signed in."
      : 'Sign in first.',
  );
}
