import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import type { Table } from '../tables/table.js';
import { stepOf, writtenValue } from '../tables/written-values.js';
import { numbersIn, replacing } from './replacing.js';
import type { Transform } from './transform.js';

/** Of two columns of which one is never above the other, one is replaced by their difference, which is never negative. */
export const DifferenceDescription = z.strictObject({
  type: z.literal('difference'),
  low: ColumnSchema,
  high: ColumnSchema,
  /** Which of the two is replaced by high − low; the other one stays. */
  replaced: z.enum(['low', 'high']),
  /** The smallest difference, in units of the replaced column's difference: 0, or more where the two may not be equal. */
  least: z.number().min(0),
  /** Whether the replaced column never was negative: then it won't be, however large a difference is drawn. */
  nonNegative: z.boolean(),
});
type DifferenceDescription = z.infer<typeof DifferenceDescription>;

/** Dates differ by whole days, seconds or milliseconds, whichever both can tell; numbers by what either can tell. */
export function differenceStep({
  low,
  high,
}: Pick<DifferenceDescription, 'low' | 'high'>): number | undefined {
  const [a, b] = [stepOf(low), stepOf(high)];
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}

/**
 * Learning (low, high − low ≥ 0) in place of (low, high) makes low ≤ high hold by construction. The replaced column is
 * missing wherever the other one is, so it may only be replaced when the real table has no row where it alone is there.
 */
export function difference(description: DifferenceDescription): Transform {
  const { low, high, replaced, least, nonNegative } = description;
  const own = replaced === 'high' ? high : low;
  const other = replaced === 'high' ? low : high;
  const unit = low.kind === 'DATETIME' ? differenceStep(description)! : 1;
  const floor = nonNegative ? 0 : -Infinity;
  const schema = differenceSchema(description, own);
  return {
    replaces: [own.name],
    reads: [other.name],
    apply(table) {
      const lows = numbersIn(table, low.name);
      const values = numbersIn(table, high.name).map((value, row) =>
        writtenValue((value - lows[row]!) / unit, schema),
      );
      return replacing(table, own.name, { schema, values });
    },
    undo(table): Table {
      const others = numbersIn(table, other.name);
      const sign = replaced === 'high' ? 1 : -1;
      const values = numbersIn(table, own.name).map((value, row) =>
        Math.max(floor, writtenValue(others[row]! + sign * Math.max(value, least) * unit, own)),
      );
      return replacing(table, own.name, { schema: own, values });
    },
  };
}

function differenceSchema({ low, high }: DifferenceDescription, own: ColumnSchema): ColumnSchema {
  const { name, nullable } = own;
  if (low.kind !== 'REAL' && high.kind !== 'REAL') return { name, kind: 'INTEGER', nullable, unique: false };
  const [a, b] = [low, high].map(({ kind, decimals }) => (kind === 'INTEGER' ? 0 : decimals));
  const decimals = a === undefined || b === undefined ? undefined : Math.max(a, b);
  return { name, kind: 'REAL', nullable, unique: false, decimals };
}
