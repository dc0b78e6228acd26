import { relationText } from '../../../schema/messages/linked.js';
import type { RelationScores } from '../../../schema/messages/relation-scores.js';
import type { Evaluation } from '../../../schema/messages/scores.js';
import { html, type Html } from './html.js';
import { formatPercent } from './numbers.js';

const WORST_SHOWN = 3;

/** Of a table among several: how its relations to its parents are kept, beside real parents' halves. */
export function relationTable({ relations = [] }: Evaluation): Html {
  if (relations.length === 0) return html``;
  return html`<section>
    <h2>Relations to parents</h2>
    <p class="lead">
      100 % is the same as in the real tables. Real data: one random half of the real parents, with their rows
      here, compared with the other.
    </p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Relation</th>
            <th scope="col" class="number">Synthetic</th>
            <th scope="col" class="number">Real data</th>
            <th scope="col">What it tells</th>
          </tr>
        </thead>
        ${relations.map(relationRows)}
      </table>
    </div>
  </section>`;
}

function relationRows({
  relation,
  integrity,
  parentless,
  cardinality,
  trend,
  siblings,
  pairs,
}: RelationScores): Html {
  const worst = pairs
    .slice(0, WORST_SHOWN)
    .map((pair) => `${pair.parentColumn} × ${pair.childColumn} ${formatPercent(pair.value)}`)
    .join(', ');
  return html`<tbody>
    <tr class="family">
      <th scope="rowgroup" colspan="4">${relationText(relation)}</th>
    </tr>
    ${row('Referential integrity', integrity, 1, 'Share of foreign keys that have a parent.')}
    ${row('Rows without a parent', parentless.synthetic, parentless.real, 'As many as in the real table is best.')}
    ${row('Rows per parent', cardinality.value, cardinality.reference, 'Whether parents have as many rows as real ones.')}
    ${
      trend &&
      row(
        'Trends between the tables',
        trend.value,
        trend.reference,
        `Whether rows go with what their parents are like. Worst: ${worst}.`,
      )
    }
    ${
      siblings &&
      row(
        'Trends between siblings',
        siblings.value,
        siblings.reference,
        'Whether rows of one parent are alike as real ones are.',
      )
    }
  </tbody>`;
}

function row(title: string, value: number, reference: number, meaning: string): Html {
  return html`<tr>
    <th scope="row">${title}</th>
    <td class="number">${formatPercent(value)}</td>
    <td class="number reference">${formatPercent(reference)}</td>
    <td class="meaning">${meaning}</td>
  </tr>`;
}
