import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Column, Table } from '../../tables/table.js';
import { alignTables } from '../align.js';
import { faithfulness } from '../faithfulness.js';
import { columnShape } from '../shape.js';
import { categoricalColumn, numericColumn, tableOf } from '../testing.js';
import { pairTrend, trendColumn } from '../trend.js';

/**
 * `rows` of Online Shoppers, one character each: `-` if it isn't in the training split, else how often a bootstrap of that split
 * drew it. `shape` and `pairs`: what SDMetrics (column shapes; pair trends as in 0.15 to 0.26) says of the two tables.
 */
const reference = JSON.parse(
  readFileSync(fileURLToPath(new URL('shoppers-bootstrap.json', import.meta.url)), 'utf8'),
) as { rows: string[]; shape: Record<string, number>; pairs: Record<string, number> };

const CATEGORIES = new Set(['Month', 'OperatingSystems', 'Browser', 'Region', 'TrafficType', 'VisitorType']);
const [names, ...lines] = readFileSync(
  fileURLToPath(new URL('../../../examples/online-shoppers/online-shoppers.csv', import.meta.url)),
  'utf8',
)
  .trim()
  .split(/\r?\n/)
  .map((line) => line.split(','));
const marks = [...reference.rows.join('')];

/** Each row as often as `times` says of its mark. */
function shoppers(times: (mark: string) => number): Table {
  const rows = lines.flatMap((line, index) => new Array<string[]>(times(marks[index]!)).fill(line));
  return tableOf(
    ...names!.map((name, index): Column => {
      const cells = rows.map((row) => row[index]!);
      return CATEGORIES.has(name) || name === 'Weekend' || name === 'Revenue'
        ? categoricalColumn(name, cells)
        : numericColumn(name, cells.map(Number));
    }),
  );
}

const train = shoppers((mark) => (mark === '-' ? 0 : 1));
const bootstrap = shoppers((mark) => (mark === '-' ? 0 : Number(mark)));
const tables = alignTables(train, bootstrap, 'bootstrap');

describe('scores of a bootstrap of Online Shoppers', () => {
  it('are the shapes and trends that SDMetrics computes, to six digits and more', () => {
    expect([train.rows, bootstrap.rows]).toEqual([11_097, 11_097]);
    for (const column of tables.columns) {
      expect(Math.abs(columnShape(column) - reference.shape[column.name]!)).toBeLessThan(1e-9);
    }
    const columns = tables.columns.map(trendColumn);
    const trends = columns.flatMap((left, index) =>
      columns
        .slice(index + 1)
        .map((right) => ({ pair: `${left.name}|${right.name}`, trend: pairTrend(left, right) })),
    );
    expect(trends.map(({ pair }) => pair).sort()).toEqual(Object.keys(reference.pairs).sort());
    for (const { pair, trend } of trends) {
      expect(Math.abs(trend - reference.pairs[pair]!)).toBeLessThan(1e-6);
    }
  });

  it('are the α-precision and β-recall that synthcity computes, within 0.001', async () => {
    const found = await faithfulness(tables, { mostRows: 20_000, seed: 1, pause: () => Promise.resolve() });
    expect(Math.abs(found!.precision - 0.995)).toBeLessThan(0.001);
    expect(Math.abs(found!.recall - 0.85)).toBeLessThan(0.001);
  });
});
