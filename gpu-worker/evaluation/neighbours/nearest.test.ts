import { alignTables } from '../align.js';
import { randomNumbers } from '../random.js';
import { categoricalColumn, numericColumn, tableOf } from '../testing.js';
import { growKdTree } from './kd-tree.js';
import { nearest } from './nearest.js';
import { spaceOf, takePoints, type Points } from './points.js';

const pause = () => Promise.resolve();

/** Rows with atoms, clusters and rare categories, so that many distances tie. */
function mixed(rows: number, seed: number) {
  const random = randomNumbers(seed);
  const cells = <Cell>(cell: () => Cell) => Array.from({ length: rows }, cell);
  return tableOf(
    numericColumn(
      'spend',
      cells(() => (random() < 0.6 ? 0 : random() ** 4 * 100)),
    ),
    numericColumn(
      'visits',
      cells(() => (random() < 0.1 ? null : Math.floor(random() * 4))),
    ),
    categoricalColumn(
      'month',
      cells(() => (random() < 0.1 ? null : 'abcdefgh'[Math.floor(random() ** 2 * 8)]!)),
    ),
    categoricalColumn(
      'page',
      cells(() => `p${Math.floor(random() * 200)}`),
    ),
  );
}

function pointsOf(real = mixed(400, 1), other = mixed(300, 2)) {
  const { columns } = alignTables(real, other, 'other');
  const space = spaceOf([columns]);
  return { real: space.points(columns, 'real'), other: space.points(columns, 'other') };
}

/** By looking at every point. */
function slowly(points: Points, queries: Points, count: number, leaveOut: boolean): number[] {
  const { numbers, categories } = points.dimensions;
  return Array.from({ length: queries.rows }, (_, query) => {
    const distances: number[] = [];
    for (let row = 0; row < points.rows; row++) {
      if (leaveOut && row === query) continue;
      let sum = 0;
      for (let i = 0; i < numbers; i++) {
        sum += (points.numbers[row * numbers + i]! - queries.numbers[query * numbers + i]!) ** 2;
      }
      for (let i = 0; i < categories; i++) {
        sum += points.codes[row * categories + i] === queries.codes[query * categories + i] ? 0 : 2;
      }
      distances.push(Math.sqrt(sum));
    }
    return distances.sort((left, right) => left - right).slice(0, count);
  }).flat();
}

describe('nearest rows', () => {
  it.each([
    ['of another table', false],
    ['of the same table but itself', true],
  ])('are those that a look at every row finds, %s', async (_, leaveOut) => {
    const { real, other } = pointsOf();
    const queries = leaveOut ? real : other;
    const found = await nearest(growKdTree(real), queries, { count: 3, leaveOut, pause });
    const expected = slowly(real, queries, 3, leaveOut);
    found.distances.forEach((distance, i) => expect(distance).toBeCloseTo(expected[i]!, 9));
    const own = await nearest(growKdTree(real), real, { count: 1, pause });
    expect(Math.max(...own.distances)).toBe(0);
  });

  it('name the rows that they are', async () => {
    const { real, other } = pointsOf();
    const { rows, distances } = await nearest(growKdTree(real), other, { count: 1, pause });
    const there = await nearest(growKdTree(takePoints(real, rows)), other, { count: 1, pause });
    expect(there.distances).toEqual(distances);
  });

  it('lie √2 apart for each category that differs, and for a missing number', async () => {
    const real = tableOf(
      numericColumn('n', [0, 10]),
      categoricalColumn('c', ['a', 'b']),
      categoricalColumn('d', ['x', 'x']),
    );
    const other = tableOf(
      numericColumn('n', [0, null, 15]),
      categoricalColumn('c', ['unseen', 'a', 'b']),
      categoricalColumn('d', [null, 'x', 'x']),
    );
    const points = pointsOf(real, other);
    const { distances, rows } = await nearest(growKdTree(points.real), points.other, { count: 1, pause });
    expect(distances[0]).toBeCloseTo(Math.sqrt(2 + 2), 12);
    expect(distances[1]).toBeCloseTo(Math.sqrt(2 + 0.5 ** 2), 12);
    expect(distances[2]).toBeCloseTo(0.5, 12);
    expect([...rows]).toEqual([0, 0, 1]);
  });

  it('are told apart by labels, whichever table brings them', async () => {
    const real = tableOf(categoricalColumn('c', ['a', 'b']));
    const synthetic = alignTables(real, tableOf(categoricalColumn('c', ['new', 'a'])), 'synthetic').columns;
    const test = alignTables(real, tableOf(categoricalColumn('c', ['b', 'other', 'new'])), 'test').columns;
    const space = spaceOf([synthetic, test]);
    const { distances } = await nearest(
      growKdTree(space.points(synthetic, 'other')),
      space.points(test, 'other'),
      { count: 1, pause },
    );
    expect([...distances]).toEqual([Math.SQRT2, Math.SQRT2, 0]);
  });

  it('are found among equal rows and among very many categories without a deep tree', async () => {
    const rows = 20_000;
    const equal = tableOf(numericColumn('n', new Array<number>(rows).fill(1)));
    const points = pointsOf(equal, equal);
    const found = await nearest(growKdTree(points.real), points.other, { count: 2, pause });
    expect(Math.max(...found.distances)).toBe(0);
    const names = tableOf(
      categoricalColumn(
        'c',
        Array.from({ length: rows }, (_, row) => `c${row}`),
      ),
    );
    const unlike = pointsOf(names, names);
    const own = await nearest(growKdTree(unlike.real), unlike.other, { count: 1, pause });
    expect(Math.max(...own.distances)).toBe(0);
  });

  it('are none in an empty table, and too few in a short one', async () => {
    const one = pointsOf(tableOf(numericColumn('n', [1])), tableOf(numericColumn('n', [1, 3])));
    const { distances, rows } = await nearest(growKdTree(one.real), one.other, { count: 2, pause });
    expect([...distances]).toEqual([0, Infinity, 2, Infinity]);
    expect([...rows]).toEqual([0, -1, 0, -1]);
    const none = takePoints(one.real, new Int32Array(0));
    expect([...(await nearest(growKdTree(none), one.other, { count: 1, pause })).rows]).toEqual([-1, -1]);
  });

  it('stop being looked for where the pause rejects', async () => {
    const { real, other } = pointsOf();
    const stopped = nearest(growKdTree(real), other, {
      count: 1,
      pause: () => Promise.reject(new Error('cancelled')),
    });
    await expect(stopped).rejects.toThrow('cancelled');
  });
});
