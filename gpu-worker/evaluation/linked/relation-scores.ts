import type { Relation } from '../../../schema/messages/linked.js';
import type { RelationScores } from '../../../schema/messages/relation-scores.js';
import { parentRows } from '../../generators/linked/keys.js';
import { cellsAt } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { alignTables, type AlignedColumn } from '../align.js';
import { randomNumbers, shuffledIndices } from '../random.js';
import { kolmogorovSmirnov } from '../shape.js';
import { pairTrend, trendColumn } from '../trend.js';

/** Columns of one side whose pairs are compared, at most. */
const MOST_COLUMNS = 30;

export interface Related {
  readonly child: Table;
  readonly parent: Table;
}

/** What a relation looks like in a pair of tables. */
interface Side {
  readonly related: Related;
  /** The parent's row of each child, −1 for none. */
  readonly parents: Int32Array;
  /** Rows of parents that count. */
  readonly of: Int32Array;
}

/**
 * Scores a relation of synthetic tables against real ones. `keys` are columns of the child and of the parent that point at rows or name
 * them: they are compared by what they point at, never by their values.
 */
export function relationScores(
  relation: Relation,
  real: Related,
  synthetic: Related,
  keys: { readonly child: ReadonlySet<string>; readonly parent: ReadonlySet<string> },
  seed: number,
): RelationScores {
  const compared = [attributesOf(real, keys), attributesOf(synthetic, keys)] as const;
  const found = parentRows(relation, synthetic.child, synthetic.parent);
  const ofReal = parentRows(relation, real.child, real.parent).rows;
  const given = found.rows.reduce((count, row) => count + (row < 0 ? 0 : 1), found.orphans);
  const [wholeReal, wholeSynthetic]: [Side, Side] = [
    { related: compared[0], parents: ofReal, of: everyRow(real.parent) },
    { related: compared[1], parents: found.rows, of: everyRow(synthetic.parent) },
  ];
  const random = randomNumbers(seed);
  const shuffled = shuffledIndices(real.parent.rows, random);
  const half = shuffled.length >> 1;
  const left: Side = { ...wholeReal, of: shuffled.subarray(0, half) };
  const right: Side = { ...wholeReal, of: shuffled.subarray(half) };
  const values = trends(wholeReal, wholeSynthetic);
  const references = trends(left, right);
  const pairs = values
    .map((pair, index) => ({ ...pair, reference: references[index]!.value }))
    .sort((a, b) => a.value - b.value);
  const together = siblingTrend(wholeReal, wholeSynthetic, seed);
  const togetherReal = siblingTrend(left, right, seed);
  return {
    relation,
    integrity: given === 0 ? 1 : (given - found.orphans) / given,
    parentless: { real: parentless(ofReal), synthetic: parentless(found.rows) },
    cardinality: {
      value: cardinality(wholeReal, wholeSynthetic),
      reference: cardinality(left, right),
    },
    ...(pairs.length > 0 && {
      trend: {
        value: mean(pairs.map(({ value }) => value)),
        reference: mean(pairs.map((pair) => pair.reference)),
      },
    }),
    ...(together !== undefined &&
      togetherReal !== undefined && { siblings: { value: together, reference: togetherReal } }),
    pairs,
  };
}

function attributesOf({ child, parent }: Related, keys: Parameters<typeof relationScores>[3]): Related {
  const without = ({ rows, columns }: Table, hidden: ReadonlySet<string>): Table => ({
    rows,
    columns: columns
      .filter(({ schema }) => schema.kind !== 'ID' && !hidden.has(schema.name))
      .slice(0, MOST_COLUMNS),
  });
  return { child: without(child, keys.child), parent: without(parent, keys.parent) };
}

const everyRow = ({ rows }: Table): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

const parentless = (parents: Int32Array): number =>
  parents.length === 0 ? 0 : parents.reduce((count, row) => count + (row < 0 ? 1 : 0), 0) / parents.length;

function cardinality(left: Side, right: Side): number {
  return 1 - kolmogorovSmirnov(childrenPerParent(left), childrenPerParent(right));
}

/** Ascending. */
function childrenPerParent({ related, parents, of }: Side): Float64Array {
  const counts = new Float64Array(related.parent.rows);
  for (const row of parents) if (row >= 0) counts[row]!++;
  return Float64Array.from(of, (row) => counts[row]!).sort();
}

/** Children whose parent counts, and their parents. */
function joined({ related, parents, of }: Side): { children: Int32Array; parents: Int32Array } {
  const counts = new Uint8Array(related.parent.rows);
  for (const row of of) counts[row] = 1;
  const children = Int32Array.from(parents.keys()).filter(
    (row) => parents[row]! >= 0 && counts[parents[row]!],
  );
  return { children, parents: children.map((row) => parents[row]!) };
}

/** Trends of all pairs of a parent's and a child's column, over the children with a parent. */
function trends(left: Side, right: Side): { parentColumn: string; childColumn: string; value: number }[] {
  const [ofLeft, ofRight] = [joined(left), joined(right)];
  const ofParents = aligned(left.related.parent, ofLeft.parents, right.related.parent, ofRight.parents);
  const ofChildren = aligned(left.related.child, ofLeft.children, right.related.child, ofRight.children);
  const children = ofChildren.map(trendColumn);
  return ofParents.map(trendColumn).flatMap((parent) =>
    children.map((child) => ({
      parentColumn: parent.name,
      childColumn: child.name,
      value: pairTrend(parent, child),
    })),
  );
}

/** Mean over the child's columns of the trend between two random children of a parent; undefined where none has two. */
function siblingTrend(left: Side, right: Side, seed: number): number | undefined {
  const [ofLeft, ofRight] = [siblings(left, seed), siblings(right, seed)];
  if (ofLeft.one.length === 0 || ofRight.one.length === 0) return undefined;
  const one = aligned(left.related.child, ofLeft.one, right.related.child, ofRight.one).map(trendColumn);
  const other = aligned(left.related.child, ofLeft.other, right.related.child, ofRight.other).map(
    trendColumn,
  );
  return one.length === 0 ? undefined : mean(one.map((column, index) => pairTrend(column, other[index]!)));
}

/** Two children of each parent that has two or more, in random order. */
function siblings(of: Side, seed: number): { one: Int32Array; other: Int32Array } {
  const { children, parents } = joined(of);
  const waiting = new Map<number, number>();
  const done = new Set<number>();
  const one: number[] = [];
  const other: number[] = [];
  for (const place of shuffledIndices(children.length, randomNumbers(seed))) {
    const parent = parents[place]!;
    if (done.has(parent)) continue;
    const first = waiting.get(parent);
    if (first === undefined) waiting.set(parent, children[place]!);
    else {
      one.push(first);
      other.push(children[place]!);
      done.add(parent);
    }
  }
  return { one: Int32Array.from(one), other: Int32Array.from(other) };
}

function aligned(
  left: Table,
  leftRows: Int32Array,
  right: Table,
  rightRows: Int32Array,
): readonly AlignedColumn[] {
  const at = (table: Table, rows: Int32Array): Table => ({
    rows: rows.length,
    columns: table.columns.map((column) => cellsAt(column, rows)),
  });
  return alignTables(at(left, leftRows), at(right, rightRows), 'synthetic table').columns;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
