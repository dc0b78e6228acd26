import { differenceOf, type Estimate } from './rates.js';

/** What two versions that are compared did. */
export interface Side {
  readonly number: number;
  readonly impressions: number;
  readonly ctr: Estimate | null;
}

export enum Verdict {
  FIRST_BETTER = 'FIRST_BETTER',
  SECOND_BETTER = 'SECOND_BETTER',
  UNDECIDED = 'UNDECIDED',
  NO_DATA = 'NO_DATA',
}

export interface Judgement {
  /** Of the second's rate over the first's. */
  readonly difference: Estimate | null;
  readonly verdict: Verdict;
  /** The same for people, in a sentence or two. */
  readonly summary: string;
}

/** Which of two versions is clicked more often, as far as the interval of the difference tells. `where`: of which positions. */
export function judge(first: Side, second: Side, where: string): Judgement {
  if (!first.ctr || !second.ctr) {
    const missing = first.ctr ? second : first;
    return {
      difference: null,
      verdict: Verdict.NO_DATA,
      summary:
        missing.impressions === 0
          ? `Nothing that version ${missing.number} recommended was shown ${where} yet, as far as was recorded.`
          : `More clicks than impressions ${where} were recorded for version ${missing.number}. Record all impressions.`,
    };
  }
  const difference = differenceOf(first.ctr, second.ctr);
  const { value, low, high } = difference;
  const told = `${points(value)} points (95 %: ${points(low)} to ${points(high)})`;
  if (low <= 0 && high >= 0) {
    return {
      difference,
      verdict: Verdict.UNDECIDED,
      summary: `Versions ${first.number} and ${second.number} can't be told apart ${where}: the difference of their click-through rates is ${told}.${more(first, second, difference)}`,
    };
  }
  const [better, worse] = value > 0 ? [second, first] : [first, second];
  return {
    difference,
    verdict: value > 0 ? Verdict.SECOND_BETTER : Verdict.FIRST_BETTER,
    summary: `Version ${better.number} is clicked more often ${where}: ${percent(better.ctr)} of what is shown, against ${percent(worse.ctr)} for version ${worse.number}. The difference of version ${second.number} to version ${first.number} is ${told}.`,
  };
}

const points = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(2)}`;
const percent = (rate: Estimate | null): string => `${(100 * (rate?.value ?? 0)).toFixed(2)} %`;

/** Intervals shrink with the root of the impressions. */
function more(first: Side, second: Side, { value, low, high }: Estimate): string {
  const half = Math.max(high - value, value - low);
  const seen = first.impressions + second.impressions;
  const wanted = seen * ((half / Math.abs(value)) ** 2 - 1);
  if (!Number.isFinite(wanted) || wanted > 1e9) return '';
  return ` Were it really so large, about ${rounded(wanted).toLocaleString('en')} more impressions would show it.`;
}

/** To two digits, upwards. */
function rounded(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}
