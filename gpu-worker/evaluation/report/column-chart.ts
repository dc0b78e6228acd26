import type { CustomSeriesRenderItem } from 'echarts';
import type { ColumnComparison } from '../../../schema/messages/scores.js';
import { drawChart, shortened } from './chart.js';
import { Html } from './html.js';
import { formatPercent, formatTick } from './numbers.js';
import { colour } from './theme.js';

type Drawing = ColumnComparison['drawing'];
type Histogram = Extract<Drawing, { type: 'HISTOGRAM' }>;
type Categories = Extract<Drawing, { type: 'CATEGORIES' }>;

const WIDTH = 340;
const HEIGHT = 180;
const CATEGORIES_DRAWN = 8;

/** Real and synthetic distribution of a column in one picture; undefined where there is nothing to draw. */
export function drawColumn(column: ColumnComparison): Html | undefined {
  switch (column.drawing.type) {
    case 'HISTOGRAM':
      return drawHistogram(column, column.drawing);
    case 'CATEGORIES':
      return drawCategories(column, column.drawing);
    case 'NONE':
      return undefined;
  }
}

const axisText = { color: colour('muted'), fontSize: 10 };
const gridLine = { lineStyle: { color: colour('line') } };

function drawHistogram(column: ColumnComparison, { edges, real, synthetic }: Histogram): Html {
  const isTime = column.kind === 'DATETIME';
  const bars = real.map((share, bar) => [edges[bar]!, edges[bar + 1]!, share]);
  const corners = synthetic.flatMap((share, bar) => [
    [edges[bar]!, share],
    [edges[bar + 1]!, share],
  ]);
  const outline = [[edges[0]!, 0], ...corners, [edges.at(-1)!, 0]];

  const drawBar: CustomSeriesRenderItem = (_, api) => {
    const [left, top] = api.coord([api.value(0), api.value(2)]);
    const [right, bottom] = api.coord([api.value(1), 0]);
    return {
      type: 'rect',
      shape: { x: left!, y: top!, width: Math.max(0.5, right! - left! - 0.5), height: bottom! - top! },
      style: { fill: colour('realFill') },
    };
  };
  const drawOutline: CustomSeriesRenderItem = (_, api) => ({
    type: 'polyline',
    shape: { points: outline.map((corner) => api.coord(corner)) },
    style: { stroke: colour('synthetic'), fill: 'none', lineWidth: 1.6, lineJoin: 'round' },
  });

  return drawChart({
    width: WIDTH,
    height: HEIGHT,
    label: `Histogram of ${column.name}: real as filled bars, synthetic as a line; shape ${formatPercent(column.shape ?? 0)}`,
    option: {
      grid: { left: 44, right: 10, top: 10, bottom: 24 },
      xAxis: {
        type: isTime ? 'time' : 'value',
        min: edges[0],
        max: edges.at(-1),
        splitNumber: 4,
        splitLine: { show: false },
        axisLine: { onZero: false, lineStyle: { color: colour('muted') } },
        axisTick: { lineStyle: { color: colour('muted') } },
        axisLabel: {
          ...axisText,
          showMinLabel: false,
          showMaxLabel: false,
          hideOverlap: true,
          ...(!isTime && { formatter: formatTick }),
        },
      },
      yAxis: {
        type: 'value',
        min: 0,
        splitNumber: 3,
        splitLine: gridLine,
        axisLabel: { ...axisText, formatter: percentTick },
      },
      series: [
        { type: 'custom', renderItem: drawBar, data: bars, encode: { x: [0, 1], y: 2 } },
        {
          type: 'custom',
          renderItem: drawOutline,
          data: [[edges[0]!, Math.max(...synthetic)]],
          encode: { x: 0, y: 1 },
        },
      ],
    },
  });
}

function drawCategories(column: ColumnComparison, drawing: Categories): Html {
  const rows = categoryRows(drawing);
  const side = (name: string, fill: string, shares: readonly number[]) => ({
    type: 'bar',
    name,
    data: shares,
    itemStyle: { color: fill },
    barCategoryGap: '28%',
    barGap: '0%',
  });
  const worst = rows.reduce((a, b) =>
    Math.abs(b.real - b.synthetic) > Math.abs(a.real - a.synthetic) ? b : a,
  );
  const labels = rows.map(({ label }) => shortened(label, 17));
  const longest = Math.max(...labels.map((label) => [...label].length));
  return drawChart({
    width: WIDTH,
    height: HEIGHT,
    label:
      `Bars of ${column.name}, real beside synthetic, for ${rows.length} categories; largest difference: ` +
      `${worst.label}, ${formatPercent(worst.real)} real, ${formatPercent(worst.synthetic)} synthetic`,
    option: {
      grid: { left: Math.max(44, longest * 6.2 + 12), right: 16, top: 6, bottom: 22 },
      xAxis: {
        type: 'value',
        min: 0,
        splitNumber: 3,
        splitLine: gridLine,
        axisLabel: { ...axisText, formatter: percentTick, hideOverlap: true },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: labels,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colour('muted') } },
        axisLabel: { color: colour('ink'), fontSize: 10, interval: 0 },
      },
      series: [
        side(
          'real',
          colour('real'),
          rows.map(({ real }) => real),
        ),
        side(
          'synthetic',
          colour('synthetic'),
          rows.map(({ synthetic }) => synthetic),
        ),
      ],
    },
  });
}

/** The most frequent categories, and one row for all others. */
function categoryRows({
  labels,
  real,
  synthetic,
  other,
}: Categories): { label: string; real: number; synthetic: number }[] {
  const rows = labels.map((label, index) => ({
    label: label === '' ? '(empty)' : label,
    real: real[index]!,
    synthetic: synthetic[index]!,
  }));
  const total = rows.length + other.categories;
  if (total === 0) return [{ label: '(no values)', real: 0, synthetic: 0 }];
  if (total <= CATEGORIES_DRAWN) return rows;
  const shown = rows.slice(0, CATEGORIES_DRAWN - 1);
  const hidden = rows.slice(CATEGORIES_DRAWN - 1);
  const sum = (side: 'real' | 'synthetic') => hidden.reduce((all, row) => all + row[side], other[side]);
  return [
    ...shown,
    { label: `${total - shown.length} others`, real: sum('real'), synthetic: sum('synthetic') },
  ];
}

function percentTick(share: number): string {
  return `${formatTick(share * 100)} %`;
}
