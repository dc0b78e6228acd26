import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { relationText, type Orphans, type Relation } from '../../../schema/messages/linked.js';
import type { Random } from '../../compute/random.js';
import { UserFailure } from '../../failure.js';
import { isNumeric, isNumericKind, type Column, type Table } from '../../tables/table.js';
import { FreshIds, fitFreshIds, freshIds } from '../discretisation/fresh-ids.js';

/** A column that identifies the rows of its table, and in what pattern fresh ones are made. */
export const Key = z.strictObject({ column: z.string(), ids: FreshIds });
export type Key = z.infer<typeof Key>;

/** The column of a table that a run names; throws UserFailure INVALID_CONFIG saying which there are. */
export function namedColumn(table: Table, name: string, tableName: string): Column {
  const column = table.columns.find(({ schema }) => schema.name === name);
  if (column) return column;
  throw new UserFailure(
    'INVALID_CONFIG',
    `The table "${tableName}" has no column "${name}". It has: ${table.columns.map(({ schema }) => schema.name).join(', ')}.`,
    { column: name },
  );
}

/** Throws UserFailure INVALID_FILE where rows have no key or share one, INVALID_CONFIG for a column that can't be one. */
export function fitKey(table: Table, name: string, tableName: string): Key {
  const column = namedColumn(table, name, tableName);
  const at = { column: name };
  const what = `"${tableName}.${name}"`;
  const texts = keyTexts(column, false);
  const rowOf = new Map<string, number>();
  for (let row = 0; row < table.rows; row++) {
    const text = texts(row);
    if (text === undefined) {
      throw new UserFailure(
        'INVALID_FILE',
        `${what} can't identify the rows of "${tableName}": row ${row + 1} has none. Drop such rows, or name another column.`,
        at,
      );
    }
    const earlier = rowOf.get(text);
    if (earlier !== undefined) {
      throw new UserFailure(
        'INVALID_FILE',
        `${what} can't identify the rows of "${tableName}": rows ${earlier + 1} and ${row + 1} both have "${text}". Drop one of ` +
          'them, or name another column.',
        at,
      );
    }
    rowOf.set(text, row);
  }
  const names = [...rowOf.keys()];
  if (isNumeric(column) && !names.every((text) => /^\d{1,15}$/.test(text))) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `${what} can't be a key: it holds numbers that are no whole ones of 0 and above. Upload the column as the kind ID.`,
      at,
    );
  }
  return { column: name, ids: fitFreshIds(Int32Array.from(names.keys()), names) };
}

/** Keys of so many rows, none of which a real row has, and all of them different. */
export function freshKeys({ ids }: Key, schema: ColumnSchema, rows: number, random: Random): Column {
  const { codes, categories } = freshIds(ids, 0, rows, random);
  return isNumericKind(schema.kind)
    ? { schema, values: Float64Array.from(codes, (code) => Number(categories[code])) }
    : { schema, codes, categories };
}

/** Which row of the parent each row of the child points at. */
export interface ParentRows {
  /** −1 where the foreign key is missing, or no parent has it. */
  readonly rows: Int32Array;
  /** Rows whose foreign key no parent has, and the first of them. */
  readonly orphans: number;
  readonly firstOrphan?: { readonly row: number; readonly key: string };
}

/** Follows a relation. Of parents that share a key the last one counts. */
export function parentRows(relation: Relation, child: Table, parent: Table): ParentRows {
  const foreign = namedColumn(child, relation.foreignKeyColumn, relation.childTable);
  const key = namedColumn(parent, relation.parentKeyColumn, relation.parentTable);
  const asNumbers = isNumeric(foreign) !== isNumeric(key);
  const keyText = keyTexts(key, asNumbers);
  const rowOf = new Map<string | undefined, number>();
  for (let row = 0; row < parent.rows; row++) rowOf.set(keyText(row), row);
  const foreignText = keyTexts(foreign, asNumbers);
  const rows = new Int32Array(child.rows).fill(-1);
  let orphans = 0;
  let firstOrphan: ParentRows['firstOrphan'];
  for (let row = 0; row < child.rows; row++) {
    const text = foreignText(row);
    if (text === undefined) continue;
    const at = rowOf.get(text);
    if (at !== undefined) rows[row] = at;
    else if (orphans++ === 0) firstOrphan = { row, key: text };
  }
  return { rows, orphans, ...(firstOrphan && { firstOrphan }) };
}

/** Throws UserFailure INVALID_FILE for a relation that no row keeps, and for orphans where they are refused. */
export function requireParents(
  relation: Relation,
  { rows, orphans, firstOrphan }: ParentRows,
  mayBeOrphans: Orphans,
): void {
  const at = { column: relation.foreignKeyColumn };
  if (rows.every((row) => row < 0)) {
    throw new UserFailure(
      'INVALID_FILE',
      `No row of "${relation.childTable}" points at a row of "${relation.parentTable}" (${relationText(relation)}). ` +
        'Name the columns that hold the same values.',
      at,
    );
  }
  if (!firstOrphan || mayBeOrphans === 'missing') return;
  throw new UserFailure(
    'INVALID_FILE',
    `${orphans.toLocaleString('en')} of ${rows.length.toLocaleString('en')} rows of "${relation.childTable}" point at no row of ` +
      `"${relation.parentTable}" (${relationText(relation)}); the first is row ${firstOrphan.row + 1}, with "${firstOrphan.key}". ` +
      'Add the missing rows, drop these, or let orphans count as missing.',
    at,
  );
}

/** Foreign keys that point at those rows of the parents' keys; −1 gives a missing one. */
export function foreignKeys(schema: ColumnSchema, keys: Column, parents: Int32Array): Column {
  const numeric = isNumericKind(schema.kind);
  if (isNumeric(keys)) {
    const { values } = keys;
    if (numeric)
      return { schema, values: Float64Array.from(parents, (row) => (row < 0 ? NaN : values[row]!)) };
    return { schema, codes: parents.slice(), categories: Array.from(values, String) };
  }
  const { codes, categories } = keys;
  if (numeric) {
    const values = Float64Array.from(parents, (row) => (row < 0 ? NaN : Number(categories[codes[row]!])));
    return { schema, values };
  }
  return { schema, codes: parents.map((row) => (row < 0 ? -1 : codes[row]!)), categories };
}

/** Throws UserFailure INVALID_CONFIG where a column of numbers would have to hold keys that aren't. */
export function requireWritable(relation: Relation, foreign: ColumnSchema, key: Key): void {
  const { pattern } = key.ids;
  if (!isNumericKind(foreign.kind) || (pattern.shape === 'number' && pattern.prefix === '')) return;
  throw new UserFailure(
    'INVALID_CONFIG',
    `"${relation.childTable}.${foreign.name}" holds numbers, "${relation.parentTable}.${key.column}" text: ` +
      `${relationText(relation)} can't be kept. Upload both columns as the same kind, such as ID.`,
    { column: foreign.name },
  );
}

/** Keys as text that can be compared; undefined for a missing one. `asNumbers`: "007" is 7. */
function keyTexts(column: Column, asNumbers: boolean): (row: number) => string | undefined {
  if (isNumeric(column)) {
    return (row) => (Number.isNaN(column.values[row]!) ? undefined : String(column.values[row]!));
  }
  const texts = column.categories.map((text) =>
    asNumbers && text.trim() !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text,
  );
  return (row) => (column.codes[row]! < 0 ? undefined : texts[column.codes[row]!]);
}
