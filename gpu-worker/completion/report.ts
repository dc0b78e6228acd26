import type { CompletedColumn, Completion, CompletionScore } from '../../schema/messages/completion.js';
import { html, type Html } from '../evaluation/report/html.js';
import { formatCount, formatPercent } from '../evaluation/report/numbers.js';
import { lineageFooter, reportPage, type Lineage } from '../evaluation/report/page.js';

const DOUBTS_SHOWN = 50;
/** Longest text of a value that a page shows. */
const TEXT_LENGTH = 80;

export interface CompletionContext {
  readonly title: string;
  readonly lineage: Lineage;
}

/** One HTML file that needs nothing else, as the report of an evaluation is. */
export function renderCompletion(completion: Completion, { title, lineage }: CompletionContext): string {
  return reportPage(
    title,
    html`${header(completion, title)} ${columnTable(completion)} ${doubtTable(completion)}
    ${lineageFooter(lineage, completion.notes)}`,
  );
}

function header({ rows, generator, columns }: Completion, title: string): Html {
  const sum = (of: (column: CompletedColumn) => number) =>
    columns.reduce((total, column) => total + of(column), 0);
  const [missing, filled, doubtful] = [
    sum((column) => column.missing),
    sum((column) => column.filled),
    sum((column) => column.doubtful),
  ];
  const scored = columns.filter(({ score }) => score);
  const better = scored.filter(({ score }) => isBest(score!)).length;
  return html`<header>
    <h1>${title}</h1>
    <p class="verdict">
      ${formatCount(filled)} of ${formatCount(missing)} missing cells are filled, ${formatCount(doubtful)}
      known ones are doubtful.
    </p>
    <p class="details">
      ${
        scored.length > 0
          ? `Where known cells were hidden, the model found them at least as well as the mean or most frequent value and as the nearest neighbours in ${better} of ${scored.length} columns.`
          : 'No known cells were hidden, so there is no score of how right the filled ones are.'
      }
    </p>
    <dl class="facts">
      <div>
        <dt>Rows</dt>
        <dd>${formatCount(rows)}</dd>
      </div>
      <div>
        <dt>Generator</dt>
        <dd>${generator ?? 'a model of an earlier run'}</dd>
      </div>
    </dl>
  </header>`;
}

function isBest({ measure, model, simple, neighbours }: CompletionScore): boolean {
  return measure === 'ACCURACY'
    ? model.value >= Math.max(simple.value, neighbours.value)
    : model.value <= Math.min(simple.value, neighbours.value);
}

function columnTable({ columns, hiddenRows, heldOut }: Completion): Html {
  const where = heldOut ? 'rows that the model did not learn from' : 'rows of the table';
  return html`<section>
    <h2>Columns</h2>
    <p class="lead">
      Known cells were hidden in ${formatCount(hiddenRows)} ${where}. Accuracy is the share of them found
      exactly; error is the mean absolute error as a share of the column's standard deviation.
    </p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col" class="number">Missing</th>
            <th scope="col" class="number">Filled</th>
            <th scope="col" class="number">Doubtful</th>
            <th scope="col">Hidden cells</th>
            <th scope="col" class="number">Model</th>
            <th scope="col" class="number">Mean, most frequent</th>
            <th scope="col" class="number">Nearest neighbours</th>
          </tr>
        </thead>
        <tbody>
          ${columns.map(columnRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function columnRow({ name, missing, filled, doubtful, score }: CompletedColumn): Html {
  const shown = (found: CompletionScore['model'] | undefined): string => {
    if (!score || !found) return '–';
    if (score.measure === 'ACCURACY') return formatPercent(found.value);
    return found.value.toFixed(3) + (found.r2 === undefined ? '' : ` (R² ${found.r2.toFixed(2)})`);
  };
  return html`<tr>
    <th scope="row">${clipped(name)}</th>
    <td class="number">${formatCount(missing)}</td>
    <td class="number">${formatCount(filled)}</td>
    <td class="number">${formatCount(doubtful)}</td>
    <td class="nowrap">${score ? `${formatCount(score.cells)}, ${score.measure.toLowerCase()}` : '–'}</td>
    <td class="number">${shown(score?.model)}</td>
    <td class="number reference">${shown(score?.simple)}</td>
    <td class="number reference">${shown(score?.neighbours)}</td>
  </tr>`;
}

function doubtTable({ doubts }: Completion): Html {
  if (doubts.length === 0) return html``;
  const shown = doubts.slice(0, DOUBTS_SHOWN);
  return html`<section>
    <h2>Doubtful values</h2>
    <p class="lead">
      ${
        shown.length < doubts.length
          ? `The ${shown.length} least probable ones; the file of cells has all.`
          : 'The least probable first.'
      }
      The table keeps them as they are.
    </p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">Row</th>
            <th scope="col">Column</th>
            <th scope="col">Value</th>
            <th scope="col">The model would expect</th>
            <th scope="col" class="number">Probability</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ row, column, value, suggestion, probability }) =>
              html`<tr>
                <td class="number">${formatCount(row)}</td>
                <td>${clipped(column)}</td>
                <td>${clipped(value)}</td>
                <td>${clipped(suggestion ?? '–')}</td>
                <td class="number">${probability.toExponential(1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function clipped(text: string): string {
  const characters = [...text];
  return characters.length <= TEXT_LENGTH ? text : `${characters.slice(0, TEXT_LENGTH - 1).join('')}…`;
}
