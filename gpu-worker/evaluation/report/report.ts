import type { ColumnComparison, Evaluation } from '../../../schema/messages/scores.js';
import { drawColumn } from './column-chart.js';
import { html, Html } from './html.js';
import { formatCount, formatPercent, formatSeconds, formatTime, formatValue } from './numbers.js';
import { correlationMaps, trendMap } from './pair-maps.js';
import { relationTable } from './relation-table.js';
import { familyTiles, scoreTables } from './score-tables.js';
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
          ${header(evaluation, context, verdict)} ${familyTiles(evaluation)} ${scoreTables(evaluation)}
          ${relationTable(evaluation)} ${worst(evaluation)} ${columns(evaluation)}
          ${correlationMaps(evaluation)} ${trendMap(evaluation)} ${lineage(evaluation, context)}
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

/** `close`: from which score on a difference may well be chance. A joint table has more cells, so more of it. */
function similarity(score: number, close = 0.98): Html {
  const grade = score >= close ? 'close' : score >= 0.9 ? 'fair' : 'far';
  return html`<span class="badge ${grade}">${formatPercent(score)}</span>`;
}

function clipped(name: string): string {
  const characters = [...name];
  return characters.length <= NAME_LENGTH ? name : `${characters.slice(0, NAME_LENGTH - 1).join('')}…`;
}
