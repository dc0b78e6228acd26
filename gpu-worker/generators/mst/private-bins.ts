import erfcinv from '@stdlib/math-base-special-erfcinv';
import type { DiscreteGaussian } from '../../privacy/discrete-gaussian.js';
import { isNumeric, type CategoricalColumn, type Column, type NumericColumn } from '../../tables/table.js';
import { RARE_LABEL, type CategoryBins } from '../discretisation/category-bins.js';
import type { ColumnBins } from '../discretisation/column-bins.js';
import type { NumericBins } from '../discretisation/numeric-bins.js';
import { valueCellsOf, type ValueCells } from './value-cells.js';

/** Bins of a column, and how many rows are in each, as far as noise tells. */
export interface MeasuredColumn {
  readonly bins: ColumnBins;
  /** One a bin, its estimated rows; may be negative. */
  readonly counts: Float64Array;
  /** Of the noise in each count. */
  readonly variances: Float64Array;
}

export interface PrivateBinOptions {
  /** Most bins, besides the one for missing cells. */
  readonly most: number;
  /** Rows of the table, as far as noise tells. */
  readonly rows: number;
  /** Noise of each count. A row is counted once a column. */
  readonly noise: DiscreteGaussian;
  /** Probability, for a column of categories, that a category which one row alone has is told. */
  readonly delta: number;
  /** Which categories there are is no secret: all are told, however few rows have them. */
  readonly publicCategories: boolean;
}

/**
 * Bins of a column from noisy counts alone: nothing else is learnt from the cells, so what comes out is as private as the
 * counts. Identifiers aren't looked at. What the schema says (kind, decimals, whether cells may be missing) counts as public.
 */
export function measureColumn(column: Column, options: PrivateBinOptions): MeasuredColumn {
  if (column.schema.kind === 'ID') return madeUpIds();
  return isNumeric(column) ? measureNumbers(column, options) : measureCategories(column, options);
}

function madeUpIds(): MeasuredColumn {
  return {
    bins: {
      type: 'id',
      pattern: { shape: 'number', prefix: 'syn-', digits: 9, first: 1 },
      present: 1,
      distinctShare: 1,
    },
    counts: new Float64Array(1),
    variances: new Float64Array(1),
  };
}

function measureNumbers({ schema, values }: NumericColumn, options: PrivateBinOptions): MeasuredColumn {
  const { noise, most, rows } = options;
  const cells = valueCellsOf(schema, rows, noise.deviation);
  const counts = new Float64Array(cells.count);
  let missing = 0;
  for (const value of values) {
    if (Number.isNaN(value)) missing++;
    else counts[cells.cellOf(value)]!++;
  }
  for (let cell = 0; cell < counts.length; cell++) counts[cell]! += noise.draw();
  missing += noise.draw();

  const range = keepClearBlocks(counts, cells, noise.deviation);
  const groups = groupCells(counts, range, noise.deviation, rows / most);
  const sums = groups.map(({ from, to }) => sumBetween(counts, from, to));
  const variance = noise.deviation ** 2;
  const spread = groups.map(({ from, to }) => (to - from) * variance);
  const bins: NumericBins = {
    type: 'numeric',
    bounds: groups.slice(1).map(({ from }) => (cells.edgesOf(from - 1).high + cells.edgesOf(from).low) / 2),
    quantiles: groups.map((group) => segmentsOf(counts, cells, group, noise.deviation)),
    missing: schema.nullable,
  };
  return schema.nullable
    ? {
        bins,
        counts: Float64Array.of(...sums, missing),
        variances: Float64Array.of(...spread, variance),
      }
    : { bins, counts: Float64Array.from(sums), variances: Float64Array.from(spread) };
}

/** Cells `from` up to but without `to`. */
interface CellGroup {
  readonly from: number;
  readonly to: number;
}

/**
 * Sets the counts of blocks to 0 in which there may be nothing but noise, and gives the range that is left. A block is kept for
 * a clear count of its own, or for one that is likely none of chance beside a block that is kept.
 */
function keepClearBlocks(counts: Float64Array, cells: ValueCells, deviation: number): CellGroup {
  const blocks: { from: number; to: number; clearness: number }[] = [];
  for (let from = 0; from < cells.count; from += cells.blockSize) {
    const to = Math.min(from + cells.blockSize, cells.count);
    blocks.push({ from, to, clearness: sumBetween(counts, from, to) / (deviation * Math.sqrt(to - from)) });
  }
  const clearest = blocks.reduce((best, block) => (block.clearness > best.clearness ? block : best));
  const kept = new Set<number>();
  blocks.forEach((block, at) => {
    if (block.clearness > CLEAR || block === clearest) kept.add(at);
  });
  for (const at of kept)
    for (const beside of [at - 1, at + 1]) if ((blocks[beside]?.clearness ?? 0) > LIKELY) kept.add(beside);
  blocks.forEach(({ from, to }, at) => {
    if (!kept.has(at)) counts.fill(0, from, to);
  });
  return { from: blocks[Math.min(...kept)]!.from, to: blocks[Math.max(...kept)]!.to };
}

/** Standard deviations of noise above which a count is no accident: of some hundred blocks, none will be by chance. */
const CLEAR = 4;
const LIKELY = 3;

/**
 * Cuts a range into groups of at least `rows` rows, or of so many that noise doesn't drown them. A cell with enough rows of its
 * own, such as that of zero, begins a group.
 */
function groupCells(counts: Float64Array, range: CellGroup, deviation: number, rows: number): CellGroup[] {
  const least = (size: number): number => Math.max(rows, CLEAR * deviation * Math.sqrt(size));
  const groups: CellGroup[] = [];
  let from = range.from;
  let sum = 0;
  for (let cell = range.from; cell < range.to; cell++) {
    if (counts[cell]! >= least(1) && sum >= CLEAR * deviation * Math.sqrt(cell - from) && cell > from) {
      groups.push({ from, to: cell });
      from = cell;
      sum = 0;
    }
    sum += counts[cell]!;
    if (sum < least(cell + 1 - from)) continue;
    groups.push({ from, to: cell + 1 });
    from = cell + 1;
    sum = 0;
  }
  if (from < range.to) groups.push({ from: groups.pop()?.from ?? from, to: range.to });
  return groups;
}

/**
 * What a group's values follow: cells with a clear count by themselves, what lies between them together. Between cells of
 * values that repeat, such as whole numbers, little is left but noise.
 */
function segmentsOf(
  counts: Float64Array,
  cells: ValueCells,
  { from, to }: CellGroup,
  deviation: number,
): NumericBins['quantiles'][number] {
  const segments: { mass: number; low: number; high: number }[] = [];
  const add = (first: number, end: number): void => {
    if (first === end) return;
    const mass = Math.max(0, sumBetween(counts, first, end));
    segments.push({ mass, low: cells.edgesOf(first).low, high: cells.edgesOf(end - 1).high });
  };
  let first = from;
  for (let cell = from; cell < to; cell++) {
    if (counts[cell]! <= CLEAR * deviation) continue;
    add(first, cell);
    add(cell, cell + 1);
    first = cell + 1;
  }
  add(first, to);
  const filled = segments.filter(({ mass }) => mass > 0);
  // Without any mass there would be nothing to draw from.
  const told = filled.length > 0 ? filled : segments.map((segment) => ({ ...segment, mass: 1 }));
  return {
    masses: told.map(({ mass }) => mass),
    lows: told.map(({ low }) => low),
    highs: told.map(({ high }) => high),
  };
}

function measureCategories(
  { schema, codes, categories }: CategoricalColumn,
  { noise, most, rows, delta, publicCategories }: PrivateBinOptions,
): MeasuredColumn {
  const counts = new Float64Array(categories.length);
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing++;
    else counts[code]!++;
  }
  const present = counts.map((count) => (count > 0 || publicCategories ? 1 : 0));
  for (let code = 0; code < counts.length; code++) counts[code]! += noise.draw();
  missing += noise.draw();
  const least = publicCategories ? -Infinity : tellingCount(noise.deviation, delta);
  const told = [...counts.keys()]
    .filter((code) => present[code] === 1 && counts[code]! >= least)
    .sort((a, b) => counts[b]! - counts[a]!);
  const variance = noise.deviation ** 2;
  const rest = (own: readonly number[]): number =>
    rows - (schema.nullable ? missing : 0) - own.reduce((sum, code) => sum + counts[code]!, 0);
  // Rows of categories that aren't told must have a bin, though perhaps there are none.
  const needsTail = !publicCategories || told.length > most || told.length === 0;
  const own = needsTail ? told.slice(0, most - 1) : told;
  const others = told.slice(own.length);
  const bins: CategoryBins = {
    type: 'category',
    values: own.map((code) => categories[code]!),
    ...(needsTail && {
      tail:
        others.length > 0
          ? {
              values: others.map((code) => categories[code]!),
              counts: others.map((code) => Math.max(1, counts[code]!)),
            }
          : { values: [RARE_LABEL], counts: [1] },
    }),
    missing: schema.nullable,
  };
  return {
    bins,
    counts: Float64Array.of(
      ...own.map((code) => counts[code]!),
      ...(needsTail ? [rest(own)] : []),
      ...(schema.nullable ? [missing] : []),
    ),
    variances: Float64Array.of(
      ...own.map(() => variance),
      ...(needsTail ? [variance * (own.length + 1)] : []),
      ...(schema.nullable ? [variance] : []),
    ),
  };
}

/**
 * The noisy count from which a category is told: one that a single row has reaches it with probability `delta` at most
 * (Korolova et al., "Releasing search queries and clicks privately", 2009, with Gaussian noise). Discrete noise is above m no
 * more often than continuous noise is above m − 1.
 */
export function tellingCount(deviation: number, delta: number): number {
  return 2 + deviation * Math.SQRT2 * erfcinv(2 * delta);
}

function sumBetween(counts: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let cell = from; cell < to; cell++) sum += counts[cell]!;
  return sum;
}
