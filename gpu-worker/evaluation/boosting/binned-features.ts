/** A feature as small integers, which is all that a histogram of its gradients needs. */
export interface BinnedColumn {
  /** Length: the rows; each below `count`. */
  readonly bins: Uint8Array;
  /** 1–256. */
  readonly count: number;
  /** Ordered bins are split below and above a bin, others into one bin and all the rest (as one-hot columns are). */
  readonly ordered: boolean;
  /** Of ordered bins: bin b, from 1, holds values above cuts[b − 2] up to cuts[b − 1]; bin 0 what is missing. */
  readonly cuts?: Float64Array;
}

const MOST_BINS = 256;
/** Bin of missing numbers: the lowest, so that one split parts them from all others. */
const MISSING = 0;

/** Cuts numbers at quantiles of `training` rows, or between all their distinct values where these are few. NaN is missing. */
export function binNumbers(values: Float64Array, training?: Int32Array): BinnedColumn {
  const seen = training ? Float64Array.from(training, (row) => values[row]!) : values;
  const cuts = cutsOf(seen.filter((value) => !Number.isNaN(value)).sort());
  const bins = Uint8Array.from(values, (value) => {
    if (Number.isNaN(value)) return MISSING;
    let [low, high] = [0, cuts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cuts[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  });
  return { bins, count: cuts.length + 2, ordered: true, cuts };
}

/** Bins are the codes −1 (missing) … labels − 1; what isn't among the most frequent labels shares one bin, as do codes beyond. */
export function binCategories(codes: Int32Array, labels: number, training?: Int32Array): BinnedColumn {
  const counts = new Float64Array(labels);
  for (const code of training ? training.map((row) => codes[row]!) : codes) {
    if (code >= 0 && code < labels) counts[code]!++;
  }
  const kept = Array.from(counts.keys())
    .sort((left, right) => counts[right]! - counts[left]! || left - right)
    .slice(0, MOST_BINS - 2);
  const [missing, others] = [0, 1];
  const binOf = new Uint8Array(labels).fill(others);
  kept.forEach((code, place) => (binOf[code] = place + 2));
  const bins = Uint8Array.from(codes, (code) => (code < 0 ? missing : (binOf[code] ?? others)));
  return { bins, count: kept.length + 2, ordered: false };
}

/** Rising upper bounds of all bins but the last; a value belongs to the first bin whose bound isn't below it. */
function cutsOf(sorted: Float64Array): Float64Array {
  const distinct = sorted.filter((value, index) => index === 0 || value !== sorted[index - 1]);
  const most = MOST_BINS - 2;
  if (distinct.length <= most + 1) {
    return distinct.slice(1).map((value, index) => distinct[index]! + (value - distinct[index]!) / 2);
  }
  const cuts = Float64Array.from(
    { length: most },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / (most + 1))]!,
  );
  return cuts.filter((value, index) => index === 0 || value !== cuts[index - 1]);
}
