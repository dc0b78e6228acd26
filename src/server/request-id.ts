import { randomBytes } from 'node:crypto';

export const REQUEST_ID_HEADER = 'x-request-id';

/** The caller's own id for the request when it is a sane one, else a fresh one. It goes into logs, so it may hold no spaces. */
export function requestIdOf(given: string | readonly string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : newRequestId();
}

export function newRequestId(): string {
  return `req_${randomBytes(12).toString('hex')}`;
}
