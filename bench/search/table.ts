import { bootstrapMean, type Interval } from '../../gpu-worker/recommenders/metrics/bootstrap.js';
import type { QueryScores } from '../../gpu-worker/recommenders/search/evaluation/evaluate.js';
import type { Experiment, TestQuery } from './experiment.js';
import { LATENCY_PRODUCTS, type Measured } from './measure.js';

const METRICS: readonly (readonly [keyof QueryScores, string])[] = [
  ['reciprocalRank', 'MRR'],
  ['ndcg', 'NDCG@10'],
  ['recall', 'Recall@10'],
  ['diversity', 'diversity@10'],
];
/** What is told of differences. */
const COMPARED = METRICS.slice(0, 2);

/** Markdown: scores kind by kind with intervals, then differences from the baselines, then what rankers cost. */
export function pageOf(
  experiment: Experiment,
  measured: readonly Measured[],
  baselines: readonly string[],
): string {
  const queries = experiment.folds.flatMap(({ test }) => test);
  const kinds = experiment.kinds.length > 1 ? [...experiment.kinds, 'all'] : experiment.kinds;
  return [
    ...kinds.flatMap((kind) => {
      const places = [...queries.keys()].filter((at) => kind === 'all' || queries[at]!.kind === kind);
      const title = `## ${kind === 'all' ? 'All queries' : `Queries: ${kind}`} (${places.length.toLocaleString('en')})`;
      return [
        title,
        scoresTable(queries, places, measured),
        differencesTable(queries, places, measured, baselines),
      ];
    }),
    '## Costs',
    costsTable(measured),
  ].join('\n\n');
}

function scoresTable(
  queries: readonly TestQuery[],
  places: readonly number[],
  measured: readonly Measured[],
): string {
  return table(
    ['ranker', ...METRICS.map(([, title]) => title)],
    measured.map(({ title, scores }) => [
      title,
      ...METRICS.map(([metric]) => {
        const { mean, low, high } = interval(queries, places, (at) => scores[metric][at]!);
        return `${mean.toFixed(4)} (${low.toFixed(4)}–${high.toFixed(4)})`;
      }),
    ]),
  );
}

/** Query by query, so that what is hard for both rankers cancels. */
function differencesTable(
  queries: readonly TestQuery[],
  places: readonly number[],
  measured: readonly Measured[],
  baselines: readonly string[],
): string {
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const rows = baselines.flatMap((baseline) => {
    const base = measured.find(({ title }) => title === baseline);
    if (!base) return [];
    return measured
      .filter(({ title }) => !baselines.includes(title))
      .map(({ title, scores }) => [
        `${title} − ${baseline}`,
        ...COMPARED.map(([metric]) => {
          const { mean, low, high } = interval(
            queries,
            places,
            (at) => scores[metric][at]! - base.scores[metric][at]!,
          );
          return `${signed(mean)} (${signed(low)} to ${signed(high)})`;
        }),
      ]);
  });
  return table(['paired difference', ...COMPARED.map(([, title]) => title)], rows);
}

function costsTable(measured: readonly Measured[]): string {
  return table(
    [
      'ranker',
      'fit s',
      'model MiB',
      `query over ${LATENCY_PRODUCTS.toLocaleString('en')} products, median ms`,
      'p99 ms',
      'processor ms',
    ],
    measured.map(({ title, fitSeconds, modelBytes, latency }) => [
      title,
      fitSeconds.toFixed(1),
      (modelBytes / 2 ** 20).toFixed(1),
      latency.median.toFixed(2),
      latency.p99.toFixed(2),
      latency.processor.toFixed(2),
    ]),
  );
}

function interval(
  queries: readonly TestQuery[],
  places: readonly number[],
  valueOf: (at: number) => number,
): Interval {
  return bootstrapMean(Float64Array.from(places, valueOf), {
    groups: Int32Array.from(places, (at) => queries[at]!.group),
  });
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
