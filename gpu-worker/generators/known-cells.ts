import type { ColumnSchema } from '../../schema/messages/column.js';
import { UserFailure } from '../failure.js';
import { isNumeric, isNumericKind, type Column, type Table } from '../tables/table.js';

/** The known column of each of a model's; throws UserFailure INVALID_CONFIG for one that the model lacks, or of another kind. */
export function knownColumns(
  columns: readonly ColumnSchema[],
  known: Table,
): readonly (Column | undefined)[] {
  for (const { schema } of known.columns) {
    const own = columns.find(({ name }) => name === schema.name);
    if (!own) {
      throw new UserFailure(
        'INVALID_CONFIG',
        `The model has no column "${schema.name}". It has: ${columns.map(({ name }) => name).join(', ')}.`,
        { column: schema.name },
      );
    }
  }
  return columns.map((own) => {
    const column = known.columns.find(({ schema }) => schema.name === own.name);
    const numeric = isNumericKind(own.kind);
    if (column && isNumeric(column) !== numeric) {
      throw new UserFailure(
        'INVALID_CONFIG',
        `The column "${own.name}" holds ${numeric ? 'numbers' : 'text'} in the model, not ${numeric ? 'text' : 'numbers'}.`,
        { column: own.name },
      );
    }
    return column;
  });
}

/** Drawn rows, with the known cells that are present in place of the drawn ones. Both have the same rows. */
export function withKnownCells(drawn: Table, known: readonly (Column | undefined)[]): Table {
  return {
    rows: drawn.rows,
    columns: drawn.columns.map((column, index) => {
      const given = known[index];
      if (!given) return column;
      if (isNumeric(column)) {
        if (!isNumeric(given)) throw new RangeError(`column "${column.schema.name}" isn't numeric`);
        const values = column.values.map((value, row) =>
          Number.isNaN(given.values[row]!) ? value : given.values[row]!,
        );
        return { schema: column.schema, values };
      }
      if (isNumeric(given)) throw new RangeError(`column "${column.schema.name}" is numeric`);
      const places = new Map(column.categories.map((category, code) => [category, code]));
      const categories = [...column.categories];
      const placeOf = given.categories.map((category) => {
        const place = places.get(category);
        if (place !== undefined) return place;
        return categories.push(category) - 1;
      });
      const codes = column.codes.map((code, row) =>
        given.codes[row]! < 0 ? code : placeOf[given.codes[row]!]!,
      );
      return { schema: column.schema, codes, categories };
    }),
  };
}
