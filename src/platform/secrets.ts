import { hkdfSync } from 'node:crypto';

/** What a key derived from the installation's secret is for. One purpose's key tells nothing about another's. */
export type SecretPurpose = 'access-token' | 'signed-url' | 'database-app' | 'database-dispatch' | 'cursor';

/** 32 bytes for that purpose, by HKDF-SHA-256 (RFC 5869). */
export function deriveKey(secret: string, purpose: SecretPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'synthcart', purpose, 32));
}

/** The owner's URL with another role, whose password derives from the secret: nothing more to configure or to leak. */
export function roleUrl(
  databaseUrl: string,
  role: 'synthcart_app' | 'synthcart_dispatch',
  secret: string,
): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = rolePassword(role, secret);
  return url.href;
}

export function rolePassword(role: 'synthcart_app' | 'synthcart_dispatch', secret: string): string {
  const purpose = role === 'synthcart_app' ? 'database-app' : 'database-dispatch';
  return deriveKey(secret, purpose).toString('hex');
}
