import { drawChart, shortened } from './chart.js';
import { Html } from './html.js';
import { colour, divergingColours, sequentialColours } from './theme.js';

/** A wider matrix is cut to its first rows and columns. */
export const HEAT_MAP_CELLS = 40;
/** Up to so many columns, each cell shows its number. */
const NUMBERED_CELLS = 12;

export interface HeatMap {
  readonly names: readonly string[];
  /** Row by row; null is drawn as a gap. */
  readonly values: readonly (readonly (number | null)[])[];
  /** `diverging`: −limit … limit around 0; `sequential`: 0 … limit and beyond. */
  readonly scale: 'diverging' | 'sequential';
  readonly limit: number;
  readonly label: string;
  readonly size: number;
  readonly format: (value: number) => string;
}

export function drawHeatMap({ names, values, scale, limit, label, size, format }: HeatMap): Html {
  const shown = Math.min(names.length, HEAT_MAP_CELLS);
  const colours = scale === 'diverging' ? divergingColours : sequentialColours;
  const lowest = scale === 'diverging' ? -limit : 0;
  const width = (limit - lowest) / colours.length;
  const numbered = shown <= NUMBERED_CELLS;
  const longest = size < 500 ? 15 : 22;
  const margin = Math.min(longest, Math.max(...names.slice(0, shown).map(({ length }) => length))) * 5.6 + 10;
  const axis = {
    type: 'category',
    data: names.slice(0, shown).map((name) => shortened(name, longest)),
    splitArea: { show: false },
    axisTick: { show: false },
    axisLine: { show: false },
  };
  const text = {
    color: colour('muted'),
    fontSize: 9.5,
    interval: Math.ceil((shown * 11) / (size - margin)) - 1,
  };
  const data = values.slice(0, shown).flatMap((row, y) =>
    row.slice(0, shown).flatMap((value, x) =>
      value === null
        ? []
        : [
            {
              value: [x, y, value],
              label: {
                color:
                  Math.abs(value) > limit * (scale === 'diverging' ? 7 / 11 : 0.7)
                    ? colour('card')
                    : colour('ink'),
              },
            },
          ],
    ),
  );
  return drawChart({
    width: size,
    height: size,
    label,
    option: {
      grid: { left: margin, right: 4, top: 4, bottom: margin },
      xAxis: { ...axis, axisLabel: { ...text, rotate: 90 } },
      yAxis: { ...axis, inverse: true, axisLabel: text },
      visualMap: {
        type: 'piecewise',
        show: false,
        dimension: 2,
        pieces: colours.map((fill, step) => ({
          color: fill,
          ...(step > 0 && { gte: lowest + step * width }),
          ...(step < colours.length - 1 && { lt: lowest + (step + 1) * width }),
        })),
      },
      series: [
        {
          type: 'heatmap',
          data,
          itemStyle: { borderColor: colour('card'), borderWidth: shown > 25 ? 0.5 : 1 },
          label: {
            show: numbered,
            fontSize: 8.5,
            formatter: (cell: { value: readonly number[] }) => format(cell.value[2]!),
          },
        },
      ],
    },
  });
}

/** A strip of the scale's colours between its ends. */
export function drawScale(scale: HeatMap['scale'], low: string, high: string): Html {
  const steps = (scale === 'diverging' ? divergingColours : sequentialColours).length;
  const name = scale === 'diverging' ? 'diverging' : 'sequential';
  const strip = Array.from(
    { length: steps },
    (_, step) => `<i style="background:var(--${name}${step})"></i>`,
  );
  return new Html(
    `<span class="scale" aria-hidden="true">${low}<span>${strip.join('')}</span>${high}</span>`,
  );
}
