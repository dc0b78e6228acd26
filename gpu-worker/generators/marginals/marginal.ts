import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Random } from '../../compute/random.js';
import { isNumeric, type Column, type NumericColumn } from '../../tables/table.js';
import {
  ColumnBins,
  binCount,
  decodeColumn,
  encodeColumn,
  fitColumnBins,
} from '../discretisation/column-bins.js';
import { gridOf, stepOf } from '../discretisation/grid.js';
import { runsOf } from '../discretisation/numeric-bins.js';
import { candidates } from './best-fit.js';
import { cdf, Distribution, quantile } from './distributions.js';

/**
 * The distribution of one column on its own, as a map between its cells and stretches of (0, 1): a cell is a stretch as
 * long as it is likely. Missing cells take the last stretch.
 */
export const Marginal = z.discriminatedUnion('type', [
  /** Shares of the rows by bin. */
  z.strictObject({ type: z.literal('empirical'), bins: ColumnBins, shares: z.array(z.number()).min(1) }),
  z.strictObject({
    type: z.literal('parametric'),
    distribution: Distribution,
    /** Akaike's criterion of each distribution that could have made such values, best first. */
    criteria: z.array(z.strictObject({ name: z.string(), aic: z.number() })).min(1),
    /** Values are never below 0, since no real one is. */
    nonNegative: z.boolean(),
    /** Share of missing cells, 0–1. */
    missing: z.number(),
  }),
]);
export type Marginal = z.infer<typeof Marginal>;

export interface MarginalOptions {
  /** Whether numbers take the best of a catalogue of distributions, or else their own frequencies. */
  readonly parametric: boolean;
  /** Most stretches of empirical marginals; ≥ 2. */
  readonly bins: number;
  /** Fewest rows that must share what is stored about values; ≥ 1. */
  readonly support: number;
}

export function fitMarginal(column: Column, { parametric, bins, support }: MarginalOptions): Marginal {
  const fitted = parametric && isNumeric(column) ? fitParametric(column) : undefined;
  if (fitted) return fitted;
  const found = fitColumnBins(column, { bins, support });
  const counts = new Float64Array(binCount(found));
  const codes = encodeColumn(found, column);
  for (const code of codes) counts[code]!++;
  return { type: 'empirical', bins: found, shares: [...counts].map((count) => count / codes.length) };
}

/** Undefined for values that don't vary, and for booleans, whose frequencies say all. */
function fitParametric({ schema, values }: NumericColumn): Marginal | undefined {
  if (schema.kind === 'BOOLEAN') return undefined;
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const runs = runsOf(present);
  if (runs.length < 2) return undefined;
  const ranked = candidates({
    values: Float64Array.from(runs, ({ value }) => value),
    counts: Float64Array.from(runs, ({ count }) => count),
    step: stepOf(schema),
    bounds: schema.bounds,
  });
  return {
    type: 'parametric',
    distribution: ranked[0]!.distribution,
    criteria: ranked.map(({ distribution, aic }) => ({ name: distribution.name, aic })),
    nonNegative: (schema.bounds?.[0] ?? present[0]!) >= 0,
    missing: 1 - present.length / values.length,
  };
}

/** Whether the column can hold more than one thing. */
export function varies(marginal: Marginal): boolean {
  return marginal.type === 'parametric' || marginal.shares.filter((share) => share > 0).length > 1;
}

/** Each cell's stretch [low, high] of (0, 1). */
export interface Stretches {
  readonly lows: Float64Array;
  readonly highs: Float64Array;
}

export function stretchesOf(marginal: Marginal, column: Column): Stretches {
  if (marginal.type === 'empirical') {
    const ends = endsOf(marginal.shares);
    const bins = encodeColumn(marginal.bins, column);
    return {
      lows: Float64Array.from(bins, (bin) => (bin === 0 ? 0 : ends[bin - 1]!)),
      highs: Float64Array.from(bins, (bin) => ends[bin]!),
    };
  }
  if (!isNumeric(column)) throw new RangeError(`column "${column.schema.name}" isn't numeric`);
  const { distribution, missing } = marginal;
  const half = stepOf(column.schema) / 2;
  const present = 1 - missing;
  const at = (value: number): number => present * cdf(distribution, value);
  return {
    lows: column.values.map((value) => (Number.isNaN(value) ? present : at(value - half))),
    highs: column.values.map((value) => (Number.isNaN(value) ? 1 : at(value + half))),
  };
}

/** The cells in whose stretches these numbers of (0, 1) lie; `start` is the position of their first row in the whole sample. */
export function cellsAt(
  marginal: Marginal,
  schema: ColumnSchema,
  uniforms: Float64Array,
  start: number,
  random: Random,
): Column {
  if (marginal.type === 'empirical') {
    const ends = endsOf(marginal.shares);
    const bins = Uint16Array.from(uniforms, (uniform) => binAt(ends, uniform));
    return decodeColumn(marginal.bins, schema, bins, start, random);
  }
  const { distribution, missing, nonNegative } = marginal;
  const present = 1 - missing;
  const round = gridOf(schema);
  return {
    schema,
    values: uniforms.map((uniform) => {
      if (uniform >= present) return NaN;
      const value = round(quantile(distribution, inside(uniform / present)));
      return nonNegative ? Math.max(0, value) : value;
    }),
  };
}

/** Away from 0 and 1, whose quantiles may be infinite. */
export function inside(uniform: number): number {
  return Math.min(1 - 2 ** -40, Math.max(2 ** -40, uniform));
}

function endsOf(shares: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(shares, (share) => (sum += share));
}

/** The first bin that ends beyond the number; the last one that has any share, should rounding leave a crumb. */
function binAt(ends: Float64Array, uniform: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! > uniform) high = middle;
    else low = middle + 1;
  }
  while (low > 0 && ends[low - 1] === ends[low]) low--;
  return low;
}
