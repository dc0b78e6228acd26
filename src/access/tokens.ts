import { createHash, randomBytes } from 'node:crypto';
import { SignJWT, errors, jwtVerify } from 'jose';

/** What an access token says. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const ISSUER = 'synthcart';
const AUDIENCE = 'synthcart-api';

/** Short-lived JSON web tokens (RFC 7519), HS256: every gateway of an installation has the key, nobody else needs it. */
export class AccessTokens {
  constructor(
    private readonly key: Uint8Array,
    private readonly seconds: number,
  ) {}

  async issue(userId: string, sessionId: string): Promise<{ token: string; expiresAt: Date }> {
    const expiresAt = Math.floor(Date.now() / 1000) + Math.ceil(this.seconds);
    const token = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(this.key);
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /** What it says, `'expired'`, or undefined when it is none of ours. */
  async read(token: string): Promise<AccessClaims | 'expired' | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'sid', 'exp'],
      });
      const { sub, sid, exp } = payload;
      if (typeof sub !== 'string' || typeof sid !== 'string' || exp === undefined) return undefined;
      return { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired';
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

export const API_KEY_PREFIX = 'synthcart_';
export const REFRESH_TOKEN_PREFIX = 'refresh_';
export const INVITATION_PREFIX = 'invitation_';

/** A secret with 256 random bits in base 62, so that a double click selects it whole. */
export function newSecret(prefix: string): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let number = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let digits = '';
  // 62^43 > 2^256: always the same length.
  for (let place = 0; place < 43; place++) {
    digits = alphabet[Number(number % 62n)] + digits;
    number /= 62n;
  }
  return prefix + digits;
}

/** What is kept of a secret: SHA-256, hex. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
