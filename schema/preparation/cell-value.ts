import type { ColumnSchema } from '../messages/column.js';
import { milliseconds } from '../messages/time.js';

/** A column as far as it is known before a run: the kind of a derived one isn't. */
export interface KnownColumn extends Pick<ColumnSchema, 'name' | 'booleanLabels'> {
  readonly kind: ColumnSchema['kind'] | undefined;
}

/** The cell that a text stands for in a column: a number, also of dates and booleans, or the text; undefined when it is none. */
export function cellValue(text: string, { kind, booleanLabels }: KnownColumn): number | string | undefined {
  switch (kind) {
    case 'INTEGER':
    case 'REAL': {
      const value = text.trim() === '' ? NaN : Number(text);
      return Number.isFinite(value) && (kind === 'REAL' || Number.isInteger(value)) ? value : undefined;
    }
    case 'BOOLEAN': {
      const value = (booleanLabels ?? ['false', 'true']).findIndex(
        (label) => label.toLowerCase() === text.toLowerCase(),
      );
      return value < 0 ? undefined : value;
    }
    case 'DATETIME': {
      const value = milliseconds(text);
      return Number.isNaN(value) ? undefined : value;
    }
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
    case undefined:
      return text;
  }
}
