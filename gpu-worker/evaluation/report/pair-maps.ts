import type { Evaluation } from '../../../schema/messages/scores.js';
import { drawHeatMap, drawScale, HEAT_MAP_CELLS } from './heat-map.js';
import { html, type Html } from './html.js';
import { formatPercent } from './numbers.js';

/** Correlations of either table and how they differ, where there are two numbers. */
export function correlationMaps({ correlations: { columns: names, real, synthetic } }: Evaluation): Html {
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

/** Trend errors of all pairs. */
export function trendMap({ pairs, columns: compared }: Evaluation): Html {
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

const cutNote = (names: number): string =>
  names > HEAT_MAP_CELLS ? ` The first ${HEAT_MAP_CELLS} of ${names} columns are drawn.` : '';

/** `.87`, `−.02`, `1`: as short as a cell needs it. */
function shortDecimal(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (text === '0.00') return '0';
  return `${value < 0 ? '−' : ''}${text.replace('1.00', '1').replace(/^0/, '')}`;
}
