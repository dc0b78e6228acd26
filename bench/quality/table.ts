import type { ScoreName } from '../../schema/messages/scores.js';
import type { Measured } from './measurement.js';
import type { Published } from './published.js';

/** A generator's measurements on a dataset, one a seed. */
export interface Measurements {
  readonly generator: string;
  readonly full: readonly Measured[];
  /** By the halves protocol. */
  readonly halves: readonly Measured[];
  readonly errors: readonly string[];
}

const COLUMNS: readonly (readonly [header: string, name: ScoreName, shown: (value: number) => string])[] = [
  ['shape error %', 'shapeError', percent(2)],
  ['trend error %', 'trendError', percent(2)],
  ['logistic', 'logisticDetection', decimals(3)],
  ['boosted', 'boostedDetection', decimals(3)],
  ['utility', 'utility', decimals(3)],
  ['α', 'alphaPrecision', percent(1)],
  ['β', 'betaRecall', percent(1)],
  ['copies %', 'exactCopies', percent(2)],
];

function percent(digits: number): (value: number) => string {
  return (value) => (100 * value).toFixed(digits);
}
function decimals(digits: number): (value: number) => string {
  return (value) => value.toFixed(digits);
}

/** Markdown: ours, then theirs, then the floors. A cell of ours is the mean over seeds, and behind ± half the span. */
export function tableOf(
  dataset: string,
  measurements: readonly Measurements[],
  { others, floors }: { readonly others: readonly Published[]; readonly floors: readonly Published[] },
): string {
  const headers = [
    'method',
    'seeds',
    ...COLUMNS.map(([header]) => header),
    'closer to train',
    'fit s',
    'rows/s',
    'peak MiB',
  ];
  const ours = measurements
    .filter(({ full }) => full.length > 0)
    .map(({ generator, full, halves }) => [
      `**${generator}**`,
      String(full.length),
      ...COLUMNS.map(([, name, shown]) => spread(full, name, shown)),
      spread(halves, 'closerToTrain', decimals(3)),
      mean(full.map(({ fitSeconds }) => fitSeconds)).toFixed(1),
      thousands(mean(full.map(({ rows, sampleSeconds }) => rows / sampleSeconds))),
      thousands(Math.max(...full.map(({ peakMiB }) => peakMiB))),
    ]);
  const real = measurements.find(({ full }) => full.length > 0)?.full[0];
  const reference = real && [
    'real rows: holdout beside the table',
    '',
    ...COLUMNS.map(([, name, shown]) => {
      const found = real.scores.find((score) => score.name === name)?.reference;
      return found == null ? '' : shown(found);
    }),
    '',
    '',
    '',
    '',
  ];
  const published = [...others, ...floors].map(({ method, scores, fitSeconds, rowsASecond }) => [
    method,
    '',
    ...COLUMNS.map(([, name, shown]) => (scores[name] === undefined ? '' : shown(scores[name]))),
    scores.closerToTrain?.toFixed(3) ?? '',
    fitSeconds?.toString() ?? '',
    rowsASecond === undefined ? '' : thousands(rowsASecond),
    '',
  ]);
  const rows = [...ours, ...(reference ? [reference] : []), ...published];
  const failed = measurements.flatMap(({ generator, errors }) =>
    errors.map((error) => `- ${generator}: ${error}`),
  );
  return [
    `## ${dataset}`,
    '',
    line(headers),
    line(headers.map(() => '---')),
    ...rows.map(line),
    ...(failed.length > 0 ? ['', 'Not measured:', '', ...failed] : []),
  ].join('\n');
}

function spread(measured: readonly Measured[], name: ScoreName, shown: (value: number) => string): string {
  const values = measured
    .flatMap(({ scores }) => scores.filter((score) => score.name === name))
    .map(({ value }) => value);
  if (values.length === 0) return '';
  const half = (Math.max(...values) - Math.min(...values)) / 2;
  return values.length === 1 ? shown(values[0]!) : `${shown(mean(values))} ± ${shown(half)}`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const thousands = (value: number): string => Math.round(value).toLocaleString('en');
