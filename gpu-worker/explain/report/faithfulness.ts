import type { AttributionMethod, Explanation, Faithfulness } from '../../../schema/messages/explanation.js';
import { drawChart } from '../../evaluation/report/chart.js';
import { html, type Html } from '../../evaluation/report/html.js';
import { formatCount } from '../../evaluation/report/numbers.js';
import { colour } from '../../evaluation/report/theme.js';

const METHODS: Readonly<
  Record<AttributionMethod, readonly [name: string, line: 'solid' | 'dashed' | 'dotted']>
> = {
  SHAPLEY: ['Shapley values', 'solid'],
  LEAVE_ONE_OUT: ['Leaving one out', 'dashed'],
  LOCAL: ['Local surrogate', 'dotted'],
  ATTENTION: ['Attention', 'dashed'],
  RECENCY: ['Newest first', 'solid'],
  RANDOM: ['Random', 'solid'],
};

/** Attributions by what the model says are orange, orders that don't ask it blue. */
const INKS = {
  SHAPLEY: 'synthetic',
  LEAVE_ONE_OUT: 'synthetic',
  LOCAL: 'synthetic',
  ATTENTION: 'real',
  RECENCY: 'real',
  RANDOM: 'muted',
} as const satisfies Record<AttributionMethod, string>;

export function faithfulnessSection({ faithfulness, faithfulUsers }: Explanation): Html {
  if (faithfulness.length === 0) return html``;
  return html`<section>
    <h2>How faithful the explanations are</h2>
    <p class="lead">
      Events are taken away, or given, in the order in which each method says that they matter, and the first
      item is ranked again. Means over ${formatCount(faithfulUsers)} users with two events at least; the gain
      is 1 / log₂(1 + rank).
    </p>
    <div class="two">
      ${curveCard('Taken away: the sooner it falls, the better', faithfulness, 'deletionCurve')}
      ${curveCard('Given: the sooner it rises, the better', faithfulness, 'insertionCurve')}
    </div>
    <div class="card wide" style="margin-top:14px">
      <table>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col" class="number">Area, taken away</th>
            <th scope="col" class="number">Below random, 95 %</th>
            <th scope="col" class="number">Area, given</th>
            <th scope="col" class="number">Above random, 95 %</th>
          </tr>
        </thead>
        <tbody>
          ${faithfulness.map(scoreRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function scoreRow({ method, deletion, deletionGain, insertion, insertionGain }: Faithfulness): Html {
  const gain = ({ value, low, high }: Faithfulness['deletion']): string =>
    method === 'RANDOM' ? '' : `${value.toFixed(3)} (${low.toFixed(3)} – ${high.toFixed(3)})`;
  return html`<tr>
    <th scope="row">${METHODS[method][0]}</th>
    <td class="number">${deletion.value.toFixed(3)}</td>
    <td class="number reference">${gain(deletionGain)}</td>
    <td class="number">${insertion.value.toFixed(3)}</td>
    <td class="number reference">${gain(insertionGain)}</td>
  </tr>`;
}

function curveCard(
  title: string,
  faithfulness: readonly Faithfulness[],
  curve: 'deletionCurve' | 'insertionCurve',
): Html {
  const chart = drawChart({
    ...{ width: 560, height: 260 },
    label: faithfulness
      .map(
        (one) =>
          `${METHODS[one.method][0]}: from ${one[curve][0]!.toFixed(2)} over ${one[curve][5]!.toFixed(2)} to ${one[curve][10]!.toFixed(2)}`,
      )
      .join('; '),
    option: {
      grid: { left: 40, right: 14, top: 12, bottom: 40 },
      xAxis: {
        type: 'value',
        max: 100,
        name: 'per cent of the events',
        nameLocation: 'middle',
        nameGap: 24,
        nameTextStyle: { color: colour('muted') },
        axisLabel: { color: colour('muted') },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        min: 0,
        max: 1,
        axisLabel: { color: colour('muted') },
        splitLine: { lineStyle: { color: colour('line') } },
      },
      series: faithfulness.map((one) => ({
        type: 'line',
        showSymbol: false,
        data: one[curve].map((gain, at) => [10 * at, gain]),
        lineStyle: { color: colour(INKS[one.method]), type: METHODS[one.method][1], width: 2 },
      })),
    },
  });
  return html`<div class="card">
    <h3>${title}</h3>
    ${chart}
    <p class="caption">
      ${faithfulness.map(({ method }) => html`<span class="key">${keyLine(method)} ${METHODS[method][0]}</span>`)}
    </p>
  </div>`;
}

function keyLine(method: AttributionMethod): Html {
  return html`<i
    style="width:26px;height:0;border-top:2px ${METHODS[method][1]} var(--${INKS[method]})"
  ></i>`;
}
