/** What part of the users did: how often something was shown, and how often it led to something. */
export interface Outcomes {
  readonly shown: number;
  readonly followed: number;
}

/** A share, or a difference of shares, with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.959964;
/** 97.5 % quantiles of Student's t, for 1 to 15 degrees of freedom. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
];

/**
 * The share of what was shown that led to something. Null where nothing was shown, and where more was followed than shown,
 * since then not all that was shown was recorded.
 *
 * The interval is the wider of two. Wilson's (Wilson 1927, JASA 22) takes each impression for a trial of its own, and holds for
 * small counts and for none. But one person's impressions are alike; the other takes only parts of the users for independent
 * and is that of a ratio over clusters (Cochran 1977, Sampling Techniques, 9A.1, with all parts of equal weight).
 */
export function rateOf(parts: readonly Outcomes[]): Estimate | null {
  const { shown, followed } = sumOf(parts);
  if (shown === 0 || followed > shown) return null;
  const value = followed / shown;
  const [low, high] = wilson(followed, shown);
  const half = clusterHalf(parts, value, shown);
  return {
    value,
    low: Math.max(0, Math.min(low, value - half)),
    high: Math.min(1, Math.max(high, value + half)),
  };
}

export function sumOf(parts: readonly Outcomes[]): Outcomes {
  return parts.reduce(
    (sum, part) => ({ shown: sum.shown + part.shown, followed: sum.followed + part.followed }),
    { shown: 0, followed: 0 },
  );
}

function wilson(followed: number, shown: number): [number, number] {
  const value = followed / shown;
  const scale = 1 + Z ** 2 / shown;
  const centre = (value + Z ** 2 / (2 * shown)) / scale;
  const half = (Z * Math.sqrt((value * (1 - value)) / shown + Z ** 2 / (4 * shown ** 2))) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

function clusterHalf(parts: readonly Outcomes[], value: number, shown: number): number {
  const seen = parts.filter((part) => part.shown > 0 || part.followed > 0);
  const freedom = seen.length - 1;
  const quantile = T[freedom - 1];
  if (quantile === undefined) return 0;
  const squares = seen.reduce((sum, part) => sum + (part.followed - value * part.shown) ** 2, 0);
  return (quantile * Math.sqrt((seen.length / freedom) * squares)) / shown;
}

/**
 * How much higher the second rate is than the first, of users that are not the same. The interval is recovered from those of
 * the two (Zou & Donner 2008, Statistics in Medicine 27; with Wilson's it is Newcombe's).
 */
export function differenceOf(first: Estimate, second: Estimate): Estimate {
  const value = second.value - first.value;
  return {
    value,
    low: value - Math.hypot(second.value - second.low, first.high - first.value),
    high: value + Math.hypot(second.high - second.value, first.value - first.low),
  };
}
