import { z } from 'zod';
import type { Random } from '../../compute/random.js';
import type { CategoryBins } from './category-bins.js';
import { gridOf } from './grid.js';
import type { NumericBins } from './numeric-bins.js';
import { hasWidth, positionIn, valueAt } from './quantile-segments.js';
import type { ColumnSchema } from '../../../schema/messages/column.js';

/**
 * What tells values of one bin apart: further codes of a column, each of few levels, so that a model can say what a value
 * within a bin depends on. Plain data: it is stored with a model.
 */
export const Refinement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  /** One code: which of so many equal parts of its bin's rows a number lies in. */
  z.strictObject({ type: z.literal('position'), levels: z.int().min(2) }),
  /** The place of a category of the tail, as `count` digits to `base`; see `tail-places.ts` for who gets which place. */
  z.strictObject({
    type: z.literal('digits'),
    base: z.int().min(2),
    count: z.int().min(1),
    /** One a category of the tail; distinct, each below base^count. */
    places: z.array(z.int().min(0)),
  }),
]);
export type Refinement = z.infer<typeof Refinement>;

/** Levels of each further code. */
export function refinedLevels(refinement: Refinement): number[] {
  switch (refinement.type) {
    case 'none':
      return [];
    case 'position':
      return [refinement.levels];
    case 'digits':
      return Array.from({ length: refinement.count }, () => refinement.base);
  }
}

/** How many levels of each further code, from the first, are in ascending order of values. */
export function orderedLevels(refinement: Refinement): number[] {
  return refinement.type === 'position' ? [refinement.levels] : refinedLevels(refinement).map(() => 0);
}

/** Share of the rows that must have something to refine. */
const LEAST_SHARE = 0.05;

/**
 * Parts for a number whose bins hold more than they tell: none where few rows lie in bins that stand for several values, since
 * the code of all others would be 0.
 */
export function positionRefinement(bins: NumericBins, chosen: Uint16Array, levels: number): Refinement {
  const wide = bins.quantiles.map(hasWidth);
  let rows = 0;
  for (const bin of chosen) if (wide[bin]) rows++;
  const share = rows / Math.max(1, chosen.length);
  return levels > 1 && share > LEAST_SHARE ? { type: 'position', levels } : { type: 'none' };
}

/** The part of its bin that each value lies in; 0 for what has none. */
export function partsOf(
  { quantiles }: NumericBins,
  values: Float64Array,
  bins: Uint16Array,
  levels: number,
): Uint16Array {
  return Uint16Array.from(bins, (bin, row) => {
    const segments = quantiles[bin];
    if (!segments || !hasWidth(segments)) return 0;
    return Math.min(levels - 1, Math.floor(levels * positionIn(segments, values[row]!)));
  });
}

/** A value of each bin's part; NaN for the missing bin. */
export function valuesOfParts(
  { quantiles }: NumericBins,
  schema: ColumnSchema,
  bins: Uint16Array,
  parts: Uint16Array,
  levels: number,
  random: Random,
): Float64Array {
  const round = gridOf(schema);
  return Float64Array.from(bins, (bin, row) => {
    const segments = quantiles[bin];
    return segments ? round(valueAt(segments, (parts[row]! + random.uniform()) / levels)) : NaN;
  });
}

type Digits = Extract<Refinement, { type: 'digits' }>;

/** The digits of each row, most significant first: one array a digit; zeros outside of the tail. */
export function digitsOf(
  refinement: Digits,
  bins: CategoryBins,
  codes: Int32Array,
  categories: readonly string[],
): Uint16Array[] {
  const { base, count, places } = refinement;
  const tail = new Map((bins.tail?.values ?? []).map((value, index) => [value, places[index]!]));
  const placeOfCode = categories.map((category) => tail.get(category));
  return Array.from({ length: count }, (_, digit) => {
    const unit = base ** (count - 1 - digit);
    return Uint16Array.from(codes, (code) => Math.floor((placeOfCode[code] ?? 0) / unit) % base);
  });
}

/** Finds the category that digits stand for, and for digits that stand for none, one whose first digits are the same. */
export class TailPlaces {
  /** Places in ascending order, and the category of each. */
  readonly #sorted: readonly { readonly place: number; readonly category: number }[];

  constructor(private readonly refinement: Digits) {
    this.#sorted = refinement.places
      .map((place, category) => ({ place, category }))
      .sort((a, b) => a.place - b.place);
  }

  /** Index into the tail's values; among several that are equally near, drawn. */
  categoryAt(digits: readonly number[], random: Random): number {
    const { base, count } = this.refinement;
    let place = 0;
    for (const digit of digits) place = place * base + digit;
    for (let kept = count; kept >= 0; kept--) {
      const span = base ** (count - kept);
      const low = Math.floor(place / span) * span;
      const [first, end] = [this.#lowerBound(low), this.#lowerBound(low + span)];
      if (first < end) return this.#sorted[first + random.integer(end - first)]!.category;
    }
    throw new RangeError('a tail has no categories');
  }

  #lowerBound(place: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.place < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
