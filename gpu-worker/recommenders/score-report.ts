import { drawChart } from '../evaluation/report/chart.js';
import { html, type Html } from '../evaluation/report/html.js';
import { colour } from '../evaluation/report/theme.js';

// What the reports of recommenders and of search rankers have in common.

export const fact = (name: string, value: string): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

/** A model's scores as bars beside a baseline's. */
export interface BesideChart {
  readonly model: string;
  readonly baseline: string;
  readonly scores: readonly {
    readonly name: string;
    readonly shortName: string;
    readonly value: number;
    readonly beside: number;
  }[];
}

export function besideChart({ model, baseline, scores }: BesideChart): Html {
  const bars = (name: string, data: readonly number[], color: string) => ({
    ...{ type: 'bar', name, itemStyle: { color }, barMaxWidth: 26 },
    data,
  });
  const chart = drawChart({
    width: 760,
    height: 260,
    label: `Scores of ${model} beside ${baseline}: ${scores
      .map(({ name, value, beside }) => `${name} ${value.toFixed(3)} and ${beside.toFixed(3)}`)
      .join('; ')}.`,
    option: {
      grid: { left: 50, right: 10, top: 16, bottom: 30 },
      xAxis: {
        type: 'category',
        data: scores.map(({ shortName }) => shortName),
        axisTick: { show: false },
        axisLabel: { color: colour('muted'), interval: 0 },
        axisLine: { lineStyle: { color: colour('line') } },
      },
      yAxis: {
        type: 'value',
        axisLabel: { color: colour('muted') },
        splitLine: { lineStyle: { color: colour('line') } },
      },
      series: [
        bars(
          model,
          scores.map(({ value }) => value),
          colour('synthetic'),
        ),
        bars(
          baseline,
          scores.map(({ beside }) => beside),
          colour('real'),
        ),
      ],
    },
  });
  return html`<div class="map">
    ${chart}
    <p class="caption">
      <span class="key"><i style="background:var(--synthetic)"></i>${model}</span>
      <span class="key"><i style="background:var(--real)"></i>${baseline}</span>
    </p>
  </div>`;
}
