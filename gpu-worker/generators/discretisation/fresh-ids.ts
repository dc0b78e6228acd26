import { z } from 'zod';
import type { Random } from '../../compute/random.js';

/**
 * Identifiers are not learnt: a synthetic row gets a fresh one that no real row has, in the real ones' pattern where
 * there is one.
 */
export const FreshIds = z.strictObject({
  type: z.literal('id'),
  pattern: z.discriminatedUnion('shape', [
    /** Random version 4 UUIDs. */
    z.strictObject({ shape: z.literal('uuid'), upperCase: z.boolean() }),
    /** A common prefix and a number above every real one, padded with zeros to `digits`. */
    z.strictObject({ shape: z.literal('number'), prefix: z.string(), digits: z.int(), first: z.int() }),
  ]),
  /** Share of rows with an identifier, 0–1. */
  present: z.number(),
  /** Distinct identifiers a present row, in (0, 1]: 1 when each row has its own. */
  distinctShare: z.number(),
});
export type FreshIds = z.infer<typeof FreshIds>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Numbers that doubles hold exactly end at 16 digits; longer ones are no pattern of ours. */
const NUMBERED = /^(?<prefix>.*?)(?<number>\d{1,15})$/s;

export function fitFreshIds(codes: Int32Array, categories: readonly string[]): FreshIds {
  const used = new Uint8Array(categories.length);
  let present = 0;
  for (const code of codes) {
    if (code < 0) continue;
    used[code] = 1;
    present++;
  }
  const names = categories.filter((_, code) => used[code]);
  return {
    type: 'id',
    pattern: patternOf(names),
    present: codes.length === 0 ? 0 : present / codes.length,
    distinctShare: present === 0 ? 1 : names.length / present,
  };
}

/**
 * Identifiers of `rows` rows that begin at row `start` of the sample; cells are missing in the real proportion. Where
 * real rows share identifiers, so do synthetic ones: each is drawn from a pool as large as the real share asks for.
 */
export function freshIds(
  { pattern, present, distinctShare }: FreshIds,
  start: number,
  rows: number,
  random: Random,
): { codes: Int32Array; categories: string[] } {
  const categories: string[] = [];
  const codeOf = new Map<number, number>();
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (present < 1 && random.uniform() >= present) {
      codes[row] = -1;
      continue;
    }
    // Chunks share no pool, so that each can be made without the others; within one, about 1 / distinctShare rows meet.
    const pool = Math.max(1, Math.round(rows * distinctShare));
    const serial = start + (distinctShare === 1 ? row : random.integer(pool));
    let code = codeOf.get(serial);
    if (code === undefined) {
      code = categories.length;
      codeOf.set(serial, code);
      categories.push(pattern.shape === 'uuid' ? uuid(random, pattern.upperCase) : numbered(pattern, serial));
    }
    codes[row] = code;
  }
  return { codes, categories };
}

function patternOf(names: readonly string[]): FreshIds['pattern'] {
  if (names.length > 0 && names.every((name) => UUID.test(name))) {
    return { shape: 'uuid', upperCase: names.every((name) => name === name.toUpperCase()) };
  }
  const parts = names.map(
    (name) => NUMBERED.exec(name)?.groups as { prefix: string; number: string } | undefined,
  );
  const prefix = parts[0]?.prefix;
  if (prefix !== undefined && parts.every((part) => part?.prefix === prefix)) {
    const digits = Math.max(...parts.map((part) => part!.number.length));
    const largest = parts.reduce((largest, part) => Math.max(largest, Number(part!.number)), 0);
    // A round number above them all says little about the largest real one.
    const magnitude = 10 ** Math.max(0, String(largest).length - 1);
    return { shape: 'number', prefix, digits, first: (Math.floor(largest / magnitude) + 1) * magnitude };
  }
  return { shape: 'number', prefix: unusedPrefix(names), digits: 9, first: 1 };
}

/** A prefix that no real identifier begins with, so that none can be met by chance. */
function unusedPrefix(names: readonly string[]): string {
  for (let attempt = 0; ; attempt++) {
    const prefix = attempt === 0 ? 'syn-' : `syn${attempt}-`;
    if (!names.some((name) => name.startsWith(prefix))) return prefix;
  }
}

function numbered(
  { prefix, digits, first }: { prefix: string; digits: number; first: number },
  serial: number,
): string {
  return prefix + String(first + serial).padStart(digits, '0');
}

function uuid(random: Random, upperCase: boolean): string {
  const word = (): string => random.uint32().toString(16).padStart(8, '0');
  const hex = word() + word() + word() + word();
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  const text = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ];
  return upperCase ? text.join('-').toUpperCase() : text.join('-');
}
