import type { ColumnComparison } from '../../schema/messages/scores.js';
import type { AlignedCategories, AlignedColumn, AlignedNumbers } from './align.js';
import { isComparable } from './align.js';
import { quantile } from './detection.js';
import { columnShape, sortedValues } from './shape.js';

type Drawing = ColumnComparison['drawing'];

const BARS = 24;
const CATEGORIES_SHOWN = 20;
/** A value that this share of the real rows holds is drawn beside the histogram. */
const ATOM_SHARE = 0.25;
/** Integers that take up to so many steps get one bar for each. */
const INTEGER_BARS = 30;
/** Share of the real values left to the open bars at either end, so that a long tail doesn't flatten the rest. */
const TAIL = 0.01;

/** Everything that a report says and draws about one column. */
export function compareColumn(column: AlignedColumn): ColumnComparison {
  const { name, kind } = column;
  const missing = { real: missingShare(column.real), synthetic: missingShare(column.other) };
  if (!isComparable(column)) return { name, kind, missing, drawing: { type: 'NONE' } };
  const shape = clampShare(columnShape(column));
  if (column.type === 'categories') return { name, kind, shape, missing, drawing: categoryBars(column) };
  return {
    name,
    kind,
    shape,
    mean: { real: mean(column.real), synthetic: mean(column.other) },
    missing,
    drawing: histogram(column),
  };
}

const clampShare = (value: number): number => Math.max(0, Math.min(1, value));

/** Share of cells that are missing, 0 for no cells. */
export function missingShare(cells: Float64Array | Int32Array): number {
  if (cells.length === 0) return 0;
  let missing = 0;
  if (cells instanceof Int32Array) {
    for (const code of cells) if (code < 0) missing++;
  } else {
    for (const value of cells) if (Number.isNaN(value)) missing++;
  }
  return missing / cells.length;
}

function mean(values: Float64Array): number | null {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += (value - sum) / count;
  }
  return count === 0 ? null : sum;
}

function categoryBars(column: AlignedCategories): Drawing {
  const real = shares(column.real, column.labels.length);
  const synthetic = shares(column.other, column.labels.length);
  const order = column.labels
    .map((_, code) => code)
    .sort((a, b) => real[b]! - real[a]! || synthetic[b]! - synthetic[a]! || a - b);
  const shown = order.slice(0, CATEGORIES_SHOWN);
  const hidden = order.slice(CATEGORIES_SHOWN);
  const sum = (values: readonly number[]) =>
    clampShare(hidden.reduce((total, code) => total + values[code]!, 0));
  return {
    type: 'CATEGORIES',
    labels: shown.map((code) => column.labels[code]!),
    real: shown.map((code) => real[code]!),
    synthetic: shown.map((code) => synthetic[code]!),
    other: { categories: hidden.length, real: sum(real), synthetic: sum(synthetic) },
  };
}

function shares(codes: Int32Array, categories: number): number[] {
  const counts = new Array<number>(categories).fill(0);
  let present = 0;
  for (const code of codes) {
    if (code < 0) continue;
    counts[code]!++;
    present++;
  }
  return counts.map((count) => (present === 0 ? 0 : count / present));
}

function histogram(column: AlignedNumbers): Drawing {
  const real = sortedValues(column.real);
  const synthetic = sortedValues(column.other);
  const atomValue = heaviestValue(real);
  const isAtom = (value: number) => value === atomValue;
  const realRest = real.filter((value) => !isAtom(value));
  const edges = histogramEdges(column, realRest.length > 0 ? realRest : real);
  const count = (values: Float64Array) => barShares(values, edges, isAtom);
  const isOpen = (beyond: (value: number) => boolean) =>
    [real, synthetic].some((values) => values.some((value) => beyond(value) && !isAtom(value)));
  return {
    type: 'HISTOGRAM',
    edges,
    real: count(real),
    synthetic: count(synthetic),
    openLow: isOpen((value) => value < edges[0]!),
    openHigh: isOpen((value) => value > edges.at(-1)!),
    ...(atomValue !== undefined && {
      atom: {
        value: atomValue,
        real: shareWhere(real, isAtom),
        synthetic: shareWhere(synthetic, isAtom),
      },
    }),
  };
}

/** The most frequent value, when that many real rows hold it and others exist beside it; `sorted` is ascending. */
function heaviestValue(sorted: Float64Array): number | undefined {
  let [best, most] = [undefined as number | undefined, 0];
  for (let first = 0; first < sorted.length;) {
    let next = first;
    while (next < sorted.length && sorted[next] === sorted[first]) next++;
    if (next - first > most) [best, most] = [sorted[first], next - first];
    first = next;
  }
  return most >= ATOM_SHARE * sorted.length && most < sorted.length ? best : undefined;
}

function histogramEdges(column: AlignedNumbers, sorted: Float64Array): number[] {
  if (sorted.length === 0) return [0, 1];
  const [lowTail, highTail] = [quantile(sorted, TAIL / 2), quantile(sorted, 1 - TAIL / 2)];
  // A tail no longer than a bar needs no open bar.
  const bar = (highTail - lowTail) / BARS;
  const low = lowTail - sorted[0]! <= bar ? sorted[0]! : lowTail;
  const high = sorted.at(-1)! - highTail <= bar ? sorted.at(-1)! : highTail;
  if (column.kind === 'INTEGER') {
    const first = Math.floor(low);
    const last = Math.max(first, Math.ceil(high));
    const perBar = Math.max(1, Math.ceil((last - first + 1) / INTEGER_BARS));
    const bars = Math.ceil((last - first + 1) / perBar);
    return Array.from({ length: bars + 1 }, (_, edge) => first - 0.5 + edge * perBar);
  }
  if (!(high > low)) return [low - 0.5, low + 0.5];
  return Array.from({ length: BARS + 1 }, (_, edge) =>
    edge === BARS ? high : low + (edge * (high - low)) / BARS,
  );
}

function barShares(
  sorted: Float64Array,
  edges: readonly number[],
  isAtom: (value: number) => boolean,
): number[] {
  const bars = edges.length - 1;
  const counts = new Array<number>(bars).fill(0);
  let bar = 0;
  for (const value of sorted) {
    if (isAtom(value)) continue;
    while (bar < bars - 1 && value >= edges[bar + 1]!) bar++;
    counts[bar]!++;
  }
  return counts.map((count) => (sorted.length === 0 ? 0 : count / sorted.length));
}

function shareWhere(values: Float64Array, holds: (value: number) => boolean): number {
  let count = 0;
  for (const value of values) if (holds(value)) count++;
  return values.length === 0 ? 0 : count / values.length;
}
