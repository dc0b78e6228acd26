import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link allows, and nothing else: all of it is under the signature. */
export type ObjectLink =
  | { method: 'PUT'; key: string; expires: number; bytes: number; sha256?: string; mediaType: string }
  | { method: 'GET'; key: string; expires: number; fileName: string; mediaType: string };

/** Where links point to, below the gateway's address. */
export const OBJECTS_PATH = '/objects/';

/** Path and query of a link; `expires` in seconds since 1970. */
export function signLink(link: ObjectLink, secret: Buffer): string {
  const query = new URLSearchParams({ method: link.method, expires: String(link.expires) });
  if (link.method === 'PUT') {
    query.set('bytes', String(link.bytes));
    if (link.sha256 !== undefined) query.set('sha256', link.sha256);
  } else {
    query.set('name', link.fileName);
  }
  query.set('type', link.mediaType);
  query.set('signature', signatureOf(link, secret).toString('base64url'));
  return `${OBJECTS_PATH}${link.key}?${query.toString()}`;
}

/** What a link says, or undefined when we didn't sign just that. Whether it has expired is for the caller to look at. */
export function readLink(
  key: string,
  query: Readonly<Record<string, unknown>>,
  secret: Buffer,
): ObjectLink | undefined {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '');
  const common = { key, expires: Number(text('expires')), mediaType: text('type') };
  const method = text('method');
  if (method !== 'PUT' && method !== 'GET') return undefined;
  const link: ObjectLink =
    method === 'PUT'
      ? {
          ...common,
          method,
          bytes: Number(text('bytes')),
          ...(query['sha256'] !== undefined ? { sha256: text('sha256') } : {}),
        }
      : { ...common, method, fileName: text('name') };
  const given = Buffer.from(text('signature'), 'base64url');
  const expected = signatureOf(link, secret);
  return given.length === expected.length && timingSafeEqual(given, expected) ? link : undefined;
}

/** HMAC-SHA-256 over the fields as JSON, in which no two links look the same. */
function signatureOf(link: ObjectLink, secret: Buffer): Buffer {
  const fields =
    link.method === 'PUT'
      ? ['PUT', link.key, link.expires, link.bytes, link.sha256 ?? null, link.mediaType]
      : ['GET', link.key, link.expires, link.fileName, link.mediaType];
  return createHmac('sha256', secret).update(JSON.stringify(fields)).digest();
}
