import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import { TableName } from '../../../schema/messages/linked.js';
import type { Column, Table } from '../../tables/table.js';
import { fitParentCodes, parentCodes, ParentCodes, codeColumn, childCodes } from './parent-codes.js';
import { Key } from './keys.js';
import { mutualInformation } from './matching.js';

/** Attributes of one parent that a child's model sees, at most: the most telling ones. */
const MOST_ATTRIBUTES = 30;
/**
 * Parents for each code of an attribute by which they are chosen, on average: with finer codes, chance would decide which of them
 * a synthetic parent has, and with it how many children that gets.
 */
const PARENTS_PER_CODE = 8;
const FEWEST_CODES = 4;
/** Rows of which is judged how telling an attribute is. */
const MOST_ROWS_JUDGED = 20_000;
/** Codes of a child's own column when that is judged. */
const JUDGED_BINS = 8;

/** How the rows of one table are made; `model` columns are those of the generator that is fitted to it. */
export const TablePlan = z.strictObject({
  name: TableName,
  columns: z.array(ColumnSchema),
  /** Of the real table. */
  rows: z.int(),
  keys: z.array(Key),
  /** The relation that decides how many rows there are, by its position; absent for a table without parents. */
  driver: z
    .strictObject({
      relation: z.int(),
      /** Real rows without a parent. */
      parentless: z.int(),
      codes: z.array(ParentCodes),
    })
    .optional(),
  /** Relations whose parent is chosen by what the row asks for. */
  matched: z.array(
    z.strictObject({
      relation: z.int(),
      /** Column of the model that says whether a row has such a parent; absent where all have. */
      flag: z.string().optional(),
      /** The most telling first. */
      codes: z.array(ParentCodes),
    }),
  ),
  /** Columns of the model that tell how many children a row has, by the relation of those. */
  counts: z.array(z.strictObject({ relation: z.int(), column: z.string() })),
});
export type TablePlan = z.infer<typeof TablePlan>;

/** What a relation asks of the model of its child: the parent of each row, and what is known of the parents. */
export interface ParentSide {
  readonly relation: number;
  /** −1 for none. */
  readonly parents: Int32Array;
  /** Rows of the parent. */
  readonly parentRows: number;
  /** The attributes of the parent's rows, as its own model has them. */
  readonly attributes: readonly Column[];
  /** How its columns are told from those of other relations. */
  readonly label: string;
}

export interface Planning {
  readonly name: string;
  readonly table: Table;
  readonly keys: readonly Key[];
  /** The first one drives. */
  readonly parents: readonly ParentSide[];
  /** How many children each row has, by relation. */
  readonly children: readonly {
    readonly relation: number;
    readonly label: string;
    readonly counts: Float64Array;
  }[];
  /** Foreign keys. */
  readonly foreign: ReadonlySet<string>;
  readonly bins: number;
  readonly support: number;
}

/** The plan of a table, and the table that its generator is to learn: parents' attributes first, then its own, then counts. */
export function planTable(planning: Planning): { plan: TablePlan; learnt: Table } {
  const { name, table, keys, parents, children, foreign, bins, support } = planning;
  const isKey = (column: string): boolean => keys.some((key) => key.column === column);
  const own = table.columns.filter(({ schema }) => !isKey(schema.name) && !foreign.has(schema.name));
  const taken = new Set(table.columns.map(({ schema }) => schema.name));
  const counts = children.map(({ relation, label, counts: values }) => {
    const schema = columnSchema(unusedName(label, taken), 'INTEGER');
    return { relation, column: { schema, values } };
  });
  const judged = coded([...own, ...counts.map(({ column }) => column)], table.rows);
  const first: Column[] = [];
  let driver: TablePlan['driver'];
  const matched: TablePlan['matched'] = [];
  parents.forEach(({ relation, parents: rows, parentRows, attributes, label }, place) => {
    const few = Math.max(FEWEST_CODES, Math.floor(parentRows / PARENTS_PER_CODE));
    const coding = { bins: place === 0 ? bins : Math.min(bins, few), support };
    const found = attributes.flatMap((attribute) => {
      const column = unusedName(`${label}.${attribute.schema.name}`, taken);
      const found = fitParentCodes(attribute, rows, column, coding);
      return found ? [{ coding: found, codes: childCodes(found, parentCodes(found, attribute), rows) }] : [];
    });
    const telling = mostTelling(found, judged);
    const codes = telling.map(({ coding }) => coding);
    const parentless = rows.reduce((count, row) => count + (row < 0 ? 1 : 0), 0);
    if (place === 0) driver = { relation, parentless, codes };
    else {
      const flag = parentless > 0 ? unusedName(`${label} is given`, taken) : undefined;
      matched.push({ relation, ...(flag !== undefined && { flag }), codes });
      if (flag !== undefined) first.push(flagColumn(flag, rows));
    }
    for (const { coding, codes: ofRows } of telling) first.push(codeColumn(coding, ofRows));
    if (place === 0) judged.push(...telling.map(({ codes: ofRows }) => sampled(ofRows)));
  });
  const plan = TablePlan.parse({
    name,
    columns: table.columns.map(({ schema }) => schema),
    rows: table.rows,
    keys,
    driver,
    matched,
    counts: counts.map(({ relation, column }) => ({ relation, column: column.schema.name })),
  });
  const columns = [...first, ...own, ...counts.map(({ column }) => column)];
  return { plan, learnt: { rows: table.rows, columns } };
}

/** Whether rows have a parent, as a column of the model. */
export function flagColumn(name: string, parents: Int32Array): Column {
  return {
    schema: columnSchema(name, 'BOOLEAN'),
    values: Float64Array.from(parents, (row) => (row < 0 ? 0 : 1)),
  };
}

/**
 * What children may know of the rows of a table: all that its model has, but identifiers, flags, and counts; the count of the
 * children themselves is told where it is known before them, for a parent with many may have others.
 */
export function attributesFor(
  counted: number | undefined,
  { matched, counts }: TablePlan,
  learnt: Table,
): Column[] {
  const hidden = new Set<string | undefined>([
    ...matched.map(({ flag }) => flag),
    ...counts.filter(({ relation }) => relation !== counted).map(({ column }) => column),
  ]);
  return learnt.columns.filter(({ schema }) => schema.kind !== 'ID' && !hidden.has(schema.name));
}

function columnSchema(name: string, kind: ColumnSchema['kind']): ColumnSchema {
  return { name, kind, nullable: false, unique: false };
}

function unusedName(name: string, taken: Set<string>): string {
  let free = name;
  while (taken.has(free)) free += '′';
  taken.add(free);
  return free;
}

interface Found {
  readonly coding: ParentCodes;
  readonly codes: Int32Array;
}

/** Sorted by how much they tell of the other columns together. */
function mostTelling(found: readonly Found[], judged: readonly Int32Array[]): Found[] {
  const told = new Map(
    found.map((one) => {
      const codes = sampled(one.codes);
      return [one, judged.reduce((sum, other) => sum + mutualInformation(codes, other), 0)] as const;
    }),
  );
  return [...found].sort((a, b) => told.get(b)! - told.get(a)!).slice(0, MOST_ATTRIBUTES);
}

/** Each column as few codes, of as many rows as are judged. */
function coded(columns: readonly Column[], rows: number): Int32Array[] {
  const every = sampled(Int32Array.from({ length: rows }, (_, row) => row));
  return columns.flatMap((column) => {
    const coding = fitParentCodes(column, every, column.schema.name, { bins: JUDGED_BINS, support: 1 });
    return coding ? [childCodes(coding, parentCodes(coding, column), every)] : [];
  });
}

/** Evenly spaced ones of many. */
function sampled(codes: Int32Array): Int32Array {
  if (codes.length <= MOST_ROWS_JUDGED) return codes;
  const step = codes.length / MOST_ROWS_JUDGED;
  return Int32Array.from({ length: MOST_ROWS_JUDGED }, (_, place) => codes[Math.floor(place * step)]!);
}
