import { UserError, UserErrorCode } from './errors.js';

/** What a subscription counts: cursors of one are worth nothing to another. */
export type ResumableStream = 'events' | 'points' | 'activity';

/** Opaque place in a stream: everything up to this sequence was delivered. */
export function resumeCursor(stream: ResumableStream, sequence: number): string {
  return Buffer.from(`${stream}:${sequence}`).toString('base64url');
}

/** The sequence that a cursor names; 0, the beginning, without one. Throws INVALID_INPUT for anything else. */
export function sequenceAt(stream: ResumableStream, cursor: string | null | undefined): number {
  if (cursor === null || cursor === undefined) return 0;
  const [named, digits] = Buffer.from(cursor.slice(0, 100), 'base64url').toString().split(':');
  const sequence = Number(digits);
  if (named === stream && /^\d{1,10}$/.test(digits ?? '') && Number.isSafeInteger(sequence)) return sequence;
  throw new UserError(
    UserErrorCode.INVALID_INPUT,
    'The cursor in `after` is none of this subscription. Give the `cursor` of an event that it sent, or leave it out.',
    ['after'],
  );
}
