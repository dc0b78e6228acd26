/** One line of a table: what we measured, and what it is measured against in the same run. */
export interface Row {
  what: string;
  value: number;
  unit: string;
  beside?: { what: string; value: number };
}

export interface Bench {
  name: string;
  /** What is compared with what, and what the figures include. */
  compares: string;
  run(options: BenchOptions): Promise<Row[]>;
}

export interface BenchOptions {
  platform: import('./platform.js').BenchPlatform;
  /** The contenders take turns this often; medians are shown. */
  rounds: number;
  /** Tells what is going on, for whoever waits. */
  say: (line: string) => void;
}

export interface Measured {
  name: string;
  compares: string;
  rows: Row[];
}

/** Markdown, so that it can be read in a terminal and be kept in results.md as it is. */
export function tableOf({ name, compares, rows }: Measured): string {
  const lines = rows.map(({ what, value, unit, beside }) => [
    what,
    `${shown(value)} ${unit}`.trim(),
    beside ? `${shown(beside.value)} ${unit} (${beside.what})` : '',
    beside && beside.value !== 0 ? `${(value / beside.value).toFixed(2)} ×` : '',
  ]);
  const header = ['figure', 'Synthcart', 'beside', 'ratio'];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [row(header), row(header.map(() => '---')), ...lines.map(row)];
  return [`## ${name}`, compares, '', ...table].join('\n');
}

export const shown = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

/** The nearest-rank percentile; `share` in 0–1. NaN of nothing. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** The median of each number over several rounds. */
export function medians<K extends string>(rounds: readonly Readonly<Record<K, number>>[]): Record<K, number> {
  const keys = Object.keys(rounds[0] ?? {}) as K[];
  return Object.fromEntries(keys.map((key) => [key, median(rounds.map((round) => round[key]))])) as Record<
    K,
    number
  >;
}
