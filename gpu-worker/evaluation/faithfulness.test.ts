import type { Table } from '../tables/table.js';
import { alignTables } from './align.js';
import { faithfulness } from './faithfulness.js';
import { randomNumbers } from './random.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';

const scores = (real: Table, other: Table, mostRows = 10_000) =>
  faithfulness(alignTables(real, other, 'other'), { mostRows, seed: 1, pause: () => Promise.resolve() });

function cloud(rows: number, seed: number, { shift = 0, spread = 1 } = {}): Table {
  const random = randomNumbers(seed);
  const numbers = () =>
    Array.from({ length: rows }, () => shift + spread * (random() + random() + random() - 1.5));
  return tableOf(
    numericColumn('x', numbers()),
    numericColumn('y', numbers()),
    categoricalColumn(
      'c',
      Array.from({ length: rows }, () => (random() < 0.7 ? 'often' : 'seldom')),
    ),
  );
}

describe('α-precision and β-recall', () => {
  it('are what their definition says of rows that can be counted by hand', async () => {
    // Around the centre ½ the radii of the α-supports are ½ throughout: real rows 0 and 1. Of the others, ½ ± ¼ lie
    // within at every level, so the curve is 1 and the precision 1 − Σ(1 − α)/Σα = 0. Real rows are 1 apart and
    // ¼ from the nearest other row: all are covered, in supports of one radius: recall 0, too.
    const real = tableOf(numericColumn('x', [0, 1]));
    const inside = await scores(real, tableOf(numericColumn('x', [0.25, 0.75])));
    expect(inside!.precision).toBeCloseTo(0, 12);
    expect(inside!.recall).toBeCloseTo(0, 12);
    // Outside every ball: the curve is 0, and so is 1 − Σα/Σα. No real row is covered.
    const outside = await scores(real, tableOf(numericColumn('x', [5, 7])));
    expect(outside).toEqual({ precision: 0, recall: 0 });
  });

  it('are near 1 and ½ for rows of the same source, and 1 and near 1 for copies', async () => {
    const same = (await scores(cloud(1500, 1), cloud(1500, 2)))!;
    expect(same.precision).toBeGreaterThan(0.95);
    expect(Math.abs(same.recall - 0.5)).toBeLessThan(0.04);
    const copied = (await scores(cloud(1500, 1), cloud(1500, 1)))!;
    expect(copied.precision).toBeCloseTo(1, 2);
    expect(copied.recall).toBeGreaterThan(0.98);
  });

  it('fall for rows that are elsewhere, and the recall for rows that are all alike', async () => {
    const away = (await scores(cloud(800, 1), cloud(800, 2, { shift: 2 })))!;
    expect(away.precision).toBeLessThan(0.5);
    expect(away.recall).toBeLessThan(0.1);
    const narrow = (await scores(cloud(800, 1), cloud(800, 2, { spread: 0.2 })))!;
    expect(narrow.recall).toBeLessThan(0.35);
  });

  it('cut the longer table, and have no answer for one row or without columns', async () => {
    const [short, long] = [cloud(300, 1), cloud(1200, 2)];
    for (const found of [
      await scores(short, long),
      await scores(long, short),
      await scores(long, long, 300),
    ]) {
      expect(Math.abs(found!.precision - 0.95)).toBeLessThan(0.05);
    }
    expect(await scores(cloud(1, 1), cloud(1, 2))).toBeUndefined();
    const ids = tableOf(categoricalColumn('id', ['a', 'b'], 'ID'));
    expect(await scores(ids, ids)).toBeUndefined();
  });
});
