import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { isNumeric, type Column, type Table } from '../tables/table.js';
import { combinationKey, combinationKeys, type Cell } from '../tables/combinations.js';
import { replacing, without } from './replacing.js';
import type { Transform } from './transform.js';

/** Several columns learnt as one category whose values are the combinations that the real table has. */
export const CombinationDescription = z.strictObject({
  type: z.literal('combination'),
  columns: z.array(ColumnSchema).min(2),
  /** Name of the one column; no column of the table is called so. */
  name: z.string().min(1),
  /** Cells in the order of `columns`; null is missing. Their positions are the category's values. */
  combinations: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});
type CombinationDescription = z.infer<typeof CombinationDescription>;

/** A category that stands for no combination (a generator's own, for rare ones) gives missing cells. */
export function combination({ columns, name, combinations }: CombinationDescription): Transform {
  const names = columns.map((column) => column.name);
  const labels = combinations.map((_, index) => String(index));
  const schema: ColumnSchema = { name, kind: 'CATEGORY', nullable: false, unique: false };
  return {
    replaces: names,
    reads: [],
    apply(table) {
      const positions = new Map(combinations.map((cells, index) => [combinationKey(cells), index]));
      const codes = Int32Array.from(combinationKeys(table, names), (key) => positions.get(key) ?? -1);
      const [first, ...rest] = names;
      return without(replacing(table, first!, { schema, codes, categories: labels }), rest);
    },
    undo(table) {
      const drawn = table.columns.find((column) => column.schema.name === name);
      if (!drawn || isNumeric(drawn)) throw new TypeError(`the rows have no categories called "${name}"`);
      const known = drawn.categories.map((label) => combinations[Number(label)]);
      const rows = Array.from(drawn.codes, (code) => known[code]);
      return columns.reduce<Table>(
        (restored, column, index) =>
          index === 0
            ? replacing(restored, name, columnOfCells(column, rows, index))
            : replacing(restored, column.name, columnOfCells(column, rows, index)),
        table,
      );
    },
  };
}

function columnOfCells(
  schema: ColumnSchema,
  rows: readonly (readonly Cell[] | undefined)[],
  index: number,
): Column {
  const cells = rows.map((row) => row?.[index] ?? null);
  switch (schema.kind) {
    case 'INTEGER':
    case 'REAL':
    case 'BOOLEAN':
    case 'DATETIME':
      return { schema, values: Float64Array.from(cells, (cell) => (cell === null ? NaN : Number(cell))) };
    case 'CATEGORY':
    case 'TEXT':
    case 'ID': {
      const codeOf = new Map<Cell, number>();
      const categories: string[] = [];
      const codes = Int32Array.from(cells, (cell) => {
        if (cell === null) return -1;
        let code = codeOf.get(cell);
        if (code === undefined) {
          code = categories.push(String(cell)) - 1;
          codeOf.set(cell, code);
        }
        return code;
      });
      return { schema, codes, categories };
    }
  }
}
