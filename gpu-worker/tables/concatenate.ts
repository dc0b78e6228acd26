import { isNumeric, type Column, type Table } from './table.js';

/** The rows of all tables, one after the other. They have the same columns; there is at least one. */
export function concatenate(tables: readonly Table[]): Table {
  const [first] = tables;
  if (!first) throw new RangeError('no table to concatenate');
  if (tables.length === 1) return first;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return {
    rows,
    columns: first.columns.map((_, index) =>
      joined(
        tables.map(({ columns }) => columns[index]!),
        rows,
      ),
    ),
  };
}

function joined(parts: readonly Column[], rows: number): Column {
  const { schema } = parts[0]!;
  let offset = 0;
  if (isNumeric(parts[0]!)) {
    const values = new Float64Array(rows);
    for (const part of parts) {
      if (!isNumeric(part)) throw new TypeError(`column "${schema.name}" is of two kinds`);
      values.set(part.values, offset);
      offset += part.values.length;
    }
    return { schema, values };
  }
  const codes = new Int32Array(rows);
  const places = new Map<string, number>();
  for (const part of parts) {
    if (isNumeric(part)) throw new TypeError(`column "${schema.name}" is of two kinds`);
    const placeOf = part.categories.map((category) => {
      const place = places.get(category) ?? places.size;
      places.set(category, place);
      return place;
    });
    for (const code of part.codes) codes[offset++] = code < 0 ? -1 : placeOf[code]!;
  }
  return { schema, codes, categories: [...places.keys()] };
}
