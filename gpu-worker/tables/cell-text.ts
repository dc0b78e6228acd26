import type { ColumnSchema } from '../../schema/messages/column.js';

/**
 * The number that a file shows for `value`: INTEGER rounded to the nearest integer, REAL to the column's `decimals`.
 * Throws a RangeError for an infinite value, which no file format here can hold.
 */
export function roundedNumber(value: number, schema: ColumnSchema): number {
  if (!Number.isFinite(value)) throw new RangeError(`column "${schema.name}" can't hold ${value}`);
  if (schema.kind === 'INTEGER') return Math.round(value) + 0;
  if (schema.kind === 'REAL') return Number(decimalText(value, schema.decimals));
  return value;
}

/**
 * A cell of a numeric column as the original file would spell it; '' when `value` is NaN (missing).
 * BOOLEAN by its labels, DATETIME as ISO 8601 without zone (`2026-01-31`, `2026-01-31T08:26:00`, `…00.250`; UTC).
 */
export function numberCellText(value: number, schema: ColumnSchema): string {
  if (Number.isNaN(value)) return '';
  switch (schema.kind) {
    case 'INTEGER':
      return BigInt(roundedNumber(value, schema)).toString();
    case 'REAL':
      return realText(roundedNumber(value, schema), schema);
    case 'BOOLEAN':
      return (schema.booleanLabels ?? ['false', 'true'])[value >= 0.5 ? 1 : 0];
    case 'DATETIME':
      return dateTimeText(value, schema.precision ?? 'millisecond');
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      throw new TypeError(`column "${schema.name}" holds strings, not numbers`);
  }
}

/** `toFixed` falls back to exponents from here on. */
const LEAST_UNFIXED = 1e21;

function realText(value: number, { decimals, fixedDecimals }: ColumnSchema): string {
  if (fixedDecimals && decimals !== undefined && Math.abs(value) < LEAST_UNFIXED) {
    return value.toFixed(decimals);
  }
  return decimalText(value, decimals);
}

const ISO_LENGTH = { date: 10, second: 19, millisecond: 23 } as const;

/** Milliseconds since 1970 (UTC) as ISO 8601 without zone, cut to the precision. */
export function dateTimeText(milliseconds: number, precision: 'date' | 'second' | 'millisecond'): string {
  return new Date(milliseconds).toISOString().slice(0, ISO_LENGTH[precision]);
}

/**
 * `value` in plain decimal notation with at most `decimals` digits after the point and no needless zeros. The shortest
 * spelling that reads back as the same number is kept when it fits, since `toFixed(15)` would show binary noise.
 */
function decimalText(value: number, decimals: number | undefined): string {
  const shortest = String(value);
  const exponentAt = shortest.indexOf('e');
  if (exponentAt < 0) {
    const point = shortest.indexOf('.');
    if (point < 0) return value === 0 ? '0' : shortest;
    if (decimals === undefined || shortest.length - point - 1 <= decimals) return shortest;
  } else if (Math.abs(value) >= 1) {
    return BigInt(value).toString();
  }
  if (decimals !== undefined) return withoutTrailingZeros(value.toFixed(decimals));
  const [mantissa = '', exponent = '0'] = shortest.split('e');
  const digits = mantissa.replace('-', '').replace('.', '');
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(-Number(exponent) - 1)}${digits}`;
}

function withoutTrailingZeros(fixed: string): string {
  const text = fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
  return text === '-0' ? '0' : text;
}

/** One field of an RFC 4180 record, quoted only where it must be. */
export function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
