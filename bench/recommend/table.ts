import type { Interval } from '../../gpu-worker/recommenders/metrics/bootstrap.js';
import type { Measured, Scores } from './measurement.js';
import { BEAUTY, BEAUTY_ITEMS, BEAUTY_USERS } from './published.js';

/** A recommender's measurements on a dataset, one a seed. */
export interface Measurements {
  readonly recommender: string;
  readonly measured: readonly Measured[];
  readonly errors: readonly string[];
}

/** Markdown: how good, beside what others published; then what lists are like, and what it takes. */
export function tablesOf(dataset: string, measurements: readonly Measurements[]): string {
  const found = measurements.filter(({ measured }) => measured.length > 0);
  const first = found[0]?.measured[0];
  const isBeauty = first?.users === BEAUTY_USERS && first.items === BEAUTY_ITEMS;
  const quality = found.map(({ recommender, measured }) => [
    `**${recommender}**`,
    String(measured.length),
    interval(measured, ({ hitRate }) => hitRate),
    interval(measured, ({ ndcg }) => ndcg),
    ...(['mrr', 'recall20', 'coldNdcg', 'warmNdcg'] as const).map((name) =>
      average(measured, ({ all }) => all[name], 4),
    ),
    average(measured, ({ unseen }) => unseen.hitRate.mean, 4),
    average(measured, ({ unseen }) => unseen.ndcg.mean, 4),
  ]);
  const published = (isBeauty ? BEAUTY : []).map(({ method, source, hitRate, ndcg }) => [
    `${method} (${source})`,
    '',
    hitRate,
    ndcg,
    ...Array.from({ length: 6 }, () => ''),
  ]);
  const traits = found.map(({ recommender, measured }) => [
    `**${recommender}**`,
    ...(['coverage', 'gini', 'diversity', 'novelty', 'popularityLift'] as const).map((name) =>
      average(measured, ({ all }) => all.traits[name], 3),
    ),
    average(measured, ({ fitSeconds }) => fitSeconds, 1),
    average(measured, ({ rankMedian }) => rankMedian, 2),
    average(measured, ({ rank99 }) => rank99, 2),
    average(measured, ({ fileMiB }) => fileMiB, 1),
    measured[0]!.engine,
  ]);
  const failed = measurements.flatMap(({ recommender, errors }) =>
    errors.map((error) => `- ${recommender}: ${error}`),
  );
  return [
    `## ${dataset}`,
    ...(first
      ? [
          '',
          `${count(first.users)} users (${count(first.coldUsers)} cold), ${count(first.items)} items, ${count(first.interactions)} interactions.`,
        ]
      : []),
    '',
    ...table(
      [
        'recommender',
        'seeds',
        'HR@10',
        'NDCG@10',
        'MRR',
        'Recall@20',
        'NDCG@10 cold',
        'NDCG@10 warm',
        'HR@10 unseen',
        'NDCG@10 unseen',
      ],
      [...quality, ...published],
    ),
    '',
    ...table(
      [
        'recommender',
        'coverage',
        'Gini',
        'diversity',
        'novelty',
        'popularity lift',
        'fit s',
        'rank ms',
        'rank p99 ms',
        'file MiB',
        'engine',
      ],
      traits,
    ),
    ...(failed.length > 0 ? ['', 'Not measured:', '', ...failed] : []),
  ].join('\n');
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [headers, headers.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Of one seed its bootstrap interval, of several the mean and half of what lies between the best and the worst. */
function interval(measured: readonly Measured[], of: (scores: Scores) => Interval): string {
  const all = measured.map(({ all: scores }) => of(scores));
  if (all.length === 1)
    return `${all[0]!.mean.toFixed(4)} (${all[0]!.low.toFixed(4)}–${all[0]!.high.toFixed(4)})`;
  const means = all.map(({ mean }) => mean);
  const half = (Math.max(...means) - Math.min(...means)) / 2;
  return `${(means.reduce((a, b) => a + b, 0) / means.length).toFixed(4)} ± ${half.toFixed(4)}`;
}

function average(measured: readonly Measured[], of: (one: Measured) => number, digits: number): string {
  return (measured.reduce((sum, one) => sum + of(one), 0) / measured.length).toFixed(digits);
}

const count = (value: number): string => value.toLocaleString('en');
