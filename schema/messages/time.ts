import { z } from 'zod';

const PATTERN = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?)?$/;

/** ISO 8601 without zone, UTC: `2026-01-31` or `2026-01-31T08:26:00`. */
export const Time = z
  .string()
  .refine(
    (text) => PATTERN.test(text) && !Number.isNaN(milliseconds(text)),
    'a time such as 2026-01-31 or 2026-01-31T08:26:00',
  );

/** Milliseconds since 1970 of a time as above, also with a space for the T, and with a Z; NaN for anything else. */
export function milliseconds(text: string): number {
  const plain = text.replace(' ', 'T').replace(/Z$/, '');
  if (!PATTERN.test(plain)) return NaN;
  return Date.parse(plain.includes('T') ? `${plain}Z` : plain);
}
