import { BarChart, CustomChart, HeatmapChart, LineChart } from 'echarts/charts';
import { GridComponent, VisualMapComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml, Html } from './html.js';
import { themed } from './theme.js';

use([BarChart, CustomChart, HeatmapChart, LineChart, GridComponent, VisualMapComponent, SVGRenderer]);

export const CHART_FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';

export interface Chart {
  readonly option: EChartsCoreOption;
  /** Pixels; the picture scales to the room that it gets. */
  readonly width: number;
  readonly height: number;
  /** Says in words what the picture shows. */
  readonly label: string;
}

/** Inline SVG that needs no script. */
export function drawChart({ option, width, height, label }: Chart): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: CHART_FONT }, ...option });
    const svg = themed(chart.renderToSVGString());
    return new Html(svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(label)}" `));
  } finally {
    chart.dispose();
  }
}

/** Shortens a name to what fits beside a chart. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
