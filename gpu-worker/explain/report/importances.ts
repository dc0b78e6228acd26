import type { Explanation, FeatureImportance } from '../../../schema/messages/explanation.js';
import { drawChart } from '../../evaluation/report/chart.js';
import { html, type Html } from '../../evaluation/report/html.js';
import { formatPercent } from '../../evaluation/report/numbers.js';
import { colour } from '../../evaluation/report/theme.js';

/** What matters over all users, and a tree that says much of the same in rules. */
export function importanceSection({ importances, surrogates, recommender }: Explanation): Html {
  const of = (source: FeatureImportance['source']) => importances.filter((one) => one.source === source);
  const tree = surrogates.find(({ kind }) => kind === 'TREE');
  const boosted = surrogates.find(({ kind }) => kind === 'BOOSTED_TREES');
  if (importances.length === 0) return html``;
  return html`<section>
    <h2>What matters over all</h2>
    <div class="two">
      ${
        boosted &&
        barCard(
          'What an item stands above others for',
          of('SURROGATE'),
          `Mean |Shapley value|, in shares of the catalogue, in boosted trees that stand in for ${recommender}: they explain ` +
            `${formatPercent(Math.max(0, boosted.fidelity))} of where items stand for users that they haven't seen.`,
        )
      }
      ${
        of('MODEL').length > 0 &&
        barCard(
          'What the networks make use of',
          of('MODEL'),
          `Mean |Shapley value| of what ${recommender} itself is given of a user, over the items that were explained.`,
        )
      }
    </div>
    ${tree && rulesTable(tree)}
  </section>`;
}

function barCard(title: string, importances: readonly FeatureImportance[], caption: string): Html {
  const chart = drawChart({
    ...{ width: 560, height: 40 + 26 * importances.length },
    label: importances
      .map(({ feature, importance }) => `${feature}: ${importance.toPrecision(3)}`)
      .join('; '),
    option: {
      grid: { left: 230, right: 50, top: 6, bottom: 6 },
      xAxis: { type: 'value', show: false },
      yAxis: {
        type: 'category',
        inverse: true,
        data: importances.map(({ feature }) => feature),
        axisTick: { show: false },
        axisLine: { show: false },
        axisLabel: { color: colour('ink'), fontSize: 12 },
      },
      series: [
        {
          type: 'bar',
          data: importances.map(({ importance }) => importance),
          itemStyle: { color: colour('synthetic') },
          barMaxWidth: 14,
          label: {
            show: true,
            position: 'right',
            color: colour('muted'),
            formatter: ({ value }: { value: number }) => Number(value.toPrecision(2)).toString(),
          },
        },
      ],
    },
  });
  return html`<div class="card" style="max-width:620px">
    <h3>${title}</h3>
    ${chart}
    <p class="caption">${caption}</p>
  </div>`;
}

function rulesTable({ rules, fidelity }: Explanation['surrogates'][number]): Html {
  return html`<h2>In rules</h2>
    <p class="lead">
      A tree that stands in for the recommender. It explains ${formatPercent(Math.max(0, fidelity))} of where
      items stand for users that it hasn't seen:
      ${fidelity > 0.6 ? 'most of what there is to say' : 'read it as a sketch'}.
    </p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col" class="number">an item stands above</th>
            <th scope="col" class="number">Share of the pairs</th>
          </tr>
        </thead>
        <tbody>
          ${rules.map(
            ({ conditions, answer, share }) =>
              html`<tr>
                <td>${conditions.length > 0 ? conditions.join(', ') : 'always'}</td>
                <td class="number">${formatPercent(answer)} of the items</td>
                <td class="number reference">${formatPercent(share)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
