import type { ColumnSchema } from '../../../schema/messages/column.js';

const MILLISECONDS = { date: 86_400_000, second: 1000, millisecond: 1 } as const;

/** Rounds to the values that a numeric column can hold: whole numbers, decimal places, midnight for dates. */
export function gridOf(schema: ColumnSchema): (value: number) => number {
  switch (schema.kind) {
    case 'DATETIME': {
      const step = MILLISECONDS[schema.precision ?? 'millisecond'];
      return (value) => Math.round(value / step) * step;
    }
    case 'REAL': {
      const { decimals } = schema;
      // `+ 0` turns the −0 of rounding into 0.
      if (decimals === undefined) return (value) => value;
      const scale = 10 ** decimals;
      return (value) => {
        const scaled = Math.round(value * scale);
        // A quotient of whole numbers that doubles hold exactly is the nearest double; beyond, only the text is exact.
        return (Number.isSafeInteger(scaled) ? scaled / scale : Number(value.toFixed(decimals))) + 0;
      };
    }
    case 'INTEGER':
    case 'BOOLEAN':
      return (value) => Math.round(value) + 0;
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      throw new RangeError(`column "${schema.name}" of kind ${schema.kind} isn't numeric`);
  }
}

/** Distance between neighbouring values that a numeric column can hold; 0 where its schema doesn't say. */
export function stepOf(schema: ColumnSchema): number {
  switch (schema.kind) {
    case 'DATETIME':
      return MILLISECONDS[schema.precision ?? 'millisecond'];
    case 'REAL':
      return schema.decimals === undefined ? 0 : 10 ** -schema.decimals;
    case 'INTEGER':
    case 'BOOLEAN':
      return 1;
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      throw new RangeError(`column "${schema.name}" of kind ${schema.kind} isn't numeric`);
  }
}
