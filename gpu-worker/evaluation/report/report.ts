import {
  type ColumnComparison,
  type Evaluation,
  type ReferenceSource,
  type ScoreName,
} from '../../../schema/messages/scores.js';
import { drawColumn } from './column-chart.js';
import { drawHeatMap, drawScale, HEAT_MAP_CELLS } from './heat-map.js';
import { html, Html } from './html.js';
import {
  formatCount,
  formatPercent,
  formatScore,
  formatSeconds,
  formatTime,
  formatValue,
} from './numbers.js';
import { REPORT_CSS } from './style.js';
import { verdictOn, type Verdict } from './verdict.js';

/** Columns drawn; of a wider table the worst and best are named, and the first of them drawn. */
export const COLUMNS_DRAWN = 60;
const WORST_SHOWN = 6;
/** Longest text of a name that a page shows. */
const NAME_LENGTH = 80;

export interface ReportContext {
  readonly title: string;
  readonly dataset: string;
  /** Name of the model that made the rows; `unknown` for tables made elsewhere. */
  readonly generator: string;
  /** Synthetic rows made. */
  readonly rows: number;
  /** Engine and device, such as `onnx-cpu 1.30.0 on AMD EPYC (2 threads)`. */
  readonly engine: string;
  readonly trainSeconds?: number;
  readonly sampleSeconds?: number;
  readonly seed: number;
  readonly createdAt: Date;
  /** What the report was made from: run, dataset version, config, code version; shown as it is, in this order. */
  readonly lineage: Readonly<Record<string, string>>;
}

/** One HTML file that needs nothing else: no network, no script; follows light and dark; prints. */
export function renderReport(evaluation: Evaluation, context: ReportContext): string {
  const verdict = verdictOn(evaluation);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${context.title}</title>
        <style>
          ${new Html(REPORT_CSS)}
        </style>
      </head>
      <body>
        <main>
          ${header(evaluation, context, verdict)} ${scoreTable(evaluation)} ${worst(evaluation)}
          ${columns(evaluation)} ${correlations(evaluation)} ${trends(evaluation)}
          ${lineage(evaluation, context)}
        </main>
      </body>
    </html> `;
  return page.markup;
}

function header(evaluation: Evaluation, context: ReportContext, verdict: Verdict): Html {
  const facts: [string, string | undefined][] = [
    ['Dataset', context.dataset],
    ['Generator', context.generator],
    ['Synthetic rows', formatCount(context.rows)],
    ['Real rows', formatCount(evaluation.rows.real)],
    ['Columns', formatCount(evaluation.columns.length)],
    ['Training', context.trainSeconds === undefined ? undefined : formatSeconds(context.trainSeconds)],
    ['Sampling', context.sampleSeconds === undefined ? undefined : formatSeconds(context.sampleSeconds)],
    ['Engine', context.engine],
  ];
  return html`<header>
    <h1>${context.title}</h1>
    <p class="verdict">${verdict.headline}</p>
    <p class="details">${verdict.details}</p>
    ${verdict.warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`${
            value !== undefined &&
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`
          }`,
      )}
    </dl>
  </header>`;
}

const SCORE_TITLES = {
  shapeError: 'Column shape error',
  trendError: 'Pair trend error',
  logisticDetection: 'Logistic detection',
  boostedDetection: 'Boosted detection',
  utility: 'Utility',
  missingError: 'Missing cells error',
  exactCopies: 'Copies of real rows',
  duplicates: 'Repeated rows',
} as const satisfies Record<ScoreName, string>;

const REFERENCE_TEXTS = {
  HOLDOUT: 'unseen real rows',
  HALVES: 'half against half of the real table',
  REAL: 'the real table itself',
} as const satisfies Record<ReferenceSource, string>;

function scoreTable(evaluation: Evaluation): Html {
  const { test } = evaluation.rows;
  const yardstick =
    test !== undefined
      ? `${formatCount(test)} real rows that the generator never saw`
      : 'one random half of the real rows, compared with the other';
  return html`<section>
    <h2>Scores</h2>
    <p class="lead">
      Each score stands beside the same score of real data: ${yardstick}. Fewer rows make for more chance, so
      a larger synthetic table may score better than that.
    </p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col" class="number">Synthetic</th>
            <th scope="col" class="number">Real data</th>
            <th scope="col" class="nowrap">Better is</th>
            <th scope="col">What it tells</th>
          </tr>
        </thead>
        <tbody>
          ${evaluation.scores.map(
            (score) =>
              html`<tr>
                <th scope="row">${SCORE_TITLES[score.name]}</th>
                <td class="number">${formatScore(score.value, score.unit)}</td>
                <td
                  class="number reference"
                  title="${score.referenceSource ? REFERENCE_TEXTS[score.referenceSource] : ''}"
                >
                  ${score.reference === undefined ? '–' : formatScore(score.reference, score.unit)}
                </td>
                <td>${score.better}</td>
                <td class="meaning">${score.meaning}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function worst(evaluation: Evaluation): Html {
  const columnsByShape = evaluation.columns
    .flatMap(({ name, shape }) => (shape === undefined ? [] : [{ name, shape }]))
    .sort((a, b) => a.shape - b.shape)
    .slice(0, WORST_SHOWN);
  const pairs = [...evaluation.pairs].sort((a, b) => a.trend - b.trend).slice(0, WORST_SHOWN);
  if (columnsByShape.length === 0) return html``;
  return html`<section>
    <h2>Where it differs most</h2>
    <p class="lead">Similarity of single columns (shape) and of pairs (trend): 100 % is the same.</p>
    <div class="two">
      <div class="card">
        <h3>Columns</h3>
        <ol class="worst">
          ${columnsByShape.map(({ name, shape }) => html`<li><span>${clipped(name)}</span>${similarity(shape)}</li>`)}
        </ol>
      </div>
      ${
        pairs.length > 0 &&
        html`<div class="card">
          <h3>Pairs of columns</h3>
          <ol class="worst">
            ${pairs.map(
              ({ left, right, trend }) =>
                html`<li><span>${clipped(left)} × ${clipped(right)}</span>${similarity(trend, 0.95)}</li>`,
            )}
          </ol>
        </div>`
      }
    </div>
  </section>`;
}

function columns(evaluation: Evaluation): Html {
  const shown = evaluation.columns.slice(0, COLUMNS_DRAWN);
  const cut =
    shown.length < evaluation.columns.length
      ? ` The first ${shown.length} of ${formatCount(evaluation.columns.length)} columns are drawn.`
      : '';
  return html`<section>
    <h2>Columns, real and synthetic</h2>
    <p class="lead">
      <span class="key"><i class="filled"></i>real</span>
      <span class="key"><i class="outlined"></i>synthetic</span>
      The figure at the right is the column's shape score.${cut}
    </p>
    <div class="grid">${shown.map(columnCard)}</div>
  </section>`;
}

function columnCard(column: ColumnComparison): Html {
  return html`<div class="card">
    <div class="head">
      <h3>${clipped(column.name)} <span class="kind">${KIND_WORDS[column.kind]}</span></h3>
      ${column.shape !== undefined && similarity(column.shape)}
    </div>
    ${drawColumn(column) ?? html`<p class="caption">Not compared: every value is its own.</p>`}
    ${captions(column).map((caption) => html`<p class="caption">${caption}</p>`)}
  </div>`;
}

const KIND_WORDS = {
  INTEGER: 'integer',
  REAL: 'number',
  BOOLEAN: 'yes/no',
  CATEGORY: 'category',
  DATETIME: 'date-time',
  TEXT: 'text',
  ID: 'ID',
} as const satisfies Record<ColumnComparison['kind'], string>;

function captions({ kind, drawing, mean, missing }: ColumnComparison): Html[] {
  const lines: Html[] = [];
  const value = (number: number | null) => (number === null ? 'none' : formatValue(number, kind));
  if (mean) {
    lines.push(html`Mean <b>${value(mean.real)}</b> real, <b>${value(mean.synthetic)}</b> synthetic.`);
  }
  if (drawing.type === 'HISTOGRAM') {
    const { atom, openLow, openHigh, edges } = drawing;
    if (atom) {
      lines.push(
        html`Exactly ${value(atom.value)} (left out above): <b>${formatPercent(atom.real)}</b> real,
          <b>${formatPercent(atom.synthetic)}</b> synthetic.`,
      );
    }
    const ends = [
      ...(openLow ? [`First bar: all below ${value(edges[1]!)}`] : []),
      ...(openHigh ? [`${openLow ? 'last' : 'Last'} bar: all above ${value(edges.at(-2)!)}`] : []),
    ];
    if (ends.length > 0) lines.push(html`${ends.join(', ')}.`);
  }
  if (missing.real > 0 || missing.synthetic > 0) {
    lines.push(
      html`Missing <b>${formatPercent(missing.real)}</b> real,
        <b>${formatPercent(missing.synthetic)}</b> synthetic.`,
    );
  }
  return lines;
}

function correlations({ correlations: { columns: names, real, synthetic } }: Evaluation): Html {
  if (names.length < 2) return html``;
  const difference = real.map((row, y) =>
    row.map((value, x) => {
      const other = synthetic[y]![x]!;
      return value === null || other === null ? null : other - value;
    }),
  );
  const map = (title: string, values: typeof real, label: string, limit = 1) =>
    html`<figure class="card" style="margin:0">
      <div class="head">
        <h3>${title}</h3>
        ${drawScale('diverging', `−${limit}`, `+${limit}`)}
      </div>
      ${drawHeatMap({ names, values, scale: 'diverging', limit, label, size: 350, format: shortDecimal })}
    </figure>`;
  return html`<section>
    <h2>Correlations</h2>
    <p class="lead">
      Pearson's r of numeric columns, and how far the synthetic one is above or below the real
      one.${cutNote(names.length)}
    </p>
    <div class="three">
      ${map('Real', real, `Correlations of ${names.length} columns in the real table`)}
      ${map('Synthetic', synthetic, `Correlations of ${names.length} columns in the synthetic table`)}
      ${map('Difference', difference, largestDifference(names, difference), 0.5)}
    </div>
  </section>`;
}

function largestDifference(
  names: readonly string[],
  difference: readonly (readonly (number | null)[])[],
): string {
  let [largest, pair] = [0, ''];
  difference.forEach((row, y) =>
    row.forEach((value, x) => {
      if (value !== null && Math.abs(value) > Math.abs(largest))
        [largest, pair] = [value, `${names[y]} and ${names[x]}`];
    }),
  );
  const where = pair === '' ? 'none' : `${largest.toFixed(2)}, between ${pair}`;
  return `Differences of correlations, synthetic minus real; the largest: ${where}`;
}

/** The darkest cells of the pair map start at this error. */
const PAIR_ERROR_LIMIT = 0.14;

function trends({ pairs, columns: compared }: Evaluation): Html {
  if (pairs.length === 0) return html``;
  const paired = new Set(pairs.flatMap(({ left, right }) => [left, right]));
  const names = compared.map(({ name }) => name).filter((name) => paired.has(name));
  const place = new Map(names.map((name, index) => [name, index]));
  const values = names.map(() => names.map((): number | null => null));
  for (const { left, right, trend } of pairs) {
    const [x, y] = [place.get(left)!, place.get(right)!];
    values[y]![x] = 1 - trend;
    values[x]![y] = 1 - trend;
  }
  const worstPair = pairs.reduce((a, b) => (b.trend < a.trend ? b : a));
  return html`<section>
    <h2>Trend error of every pair</h2>
    <p class="lead">
      How far the relation of two columns is from the real one; the stronger the colour, the
      further.${cutNote(names.length)} ${drawScale('sequential', '0 %', '12 % and more')}
    </p>
    <figure class="card map" style="margin-inline:0">
      ${drawHeatMap({
        names,
        values,
        scale: 'sequential',
        limit: PAIR_ERROR_LIMIT,
        label: `Trend error of ${pairs.length} pairs; the largest: ${worstPair.left} and ${worstPair.right}, ${formatPercent(1 - worstPair.trend)}`,
        size: 720,
        format: (value) => (value * 100).toFixed(0),
      })}
    </figure>
  </section>`;
}

function lineage(evaluation: Evaluation, context: ReportContext): Html {
  const entries = [
    ...Object.entries(context.lineage),
    ['Seed', String(context.seed)] as const,
    ['Created', `${formatTime(context.createdAt.getTime())} UTC`] as const,
    [
      'Rows compared',
      `${formatCount(evaluation.rows.compared.synthetic)} synthetic, ${formatCount(evaluation.rows.compared.real)} real`,
    ] as const,
  ];
  return html`<footer>
    <h2>Where this comes from</h2>
    <p class="lead">What one needs to make the same table again.</p>
    <dl class="lineage card">
      ${entries.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${
      evaluation.notes.length > 0 &&
      html`<ul class="notes">
        ${evaluation.notes.map((note) => html`<li>${note}</li>`)}
      </ul>`
    }
  </footer>`;
}

const cutNote = (names: number): string =>
  names > HEAT_MAP_CELLS ? ` The first ${HEAT_MAP_CELLS} of ${names} columns are drawn.` : '';

/** `.87`, `−.02`, `1`: as short as a cell needs it. */
function shortDecimal(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (text === '0.00') return '0';
  return `${value < 0 ? '−' : ''}${text.replace('1.00', '1').replace(/^0/, '')}`;
}

/** `close`: from which score on a difference may well be chance. A joint table has more cells, so more of it. */
function similarity(score: number, close = 0.98): Html {
  const grade = score >= close ? 'close' : score >= 0.9 ? 'fair' : 'far';
  return html`<span class="badge ${grade}">${formatPercent(score)}</span>`;
}

function clipped(name: string): string {
  const characters = [...name];
  return characters.length <= NAME_LENGTH ? name : `${characters.slice(0, NAME_LENGTH - 1).join('')}…`;
}
