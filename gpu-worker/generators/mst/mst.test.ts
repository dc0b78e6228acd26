import { describe, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { MstConfig } from '../../../schema/messages/generator-options/mst.js';
import { Random } from '../../compute/random.js';
import { DiscreteGaussian } from '../../privacy/discrete-gaussian.js';
import type { Column, Table } from '../../tables/table.js';
import { budgetOf } from './budget.js';
import { measureColumn, tellingCount } from './private-bins.js';
import { fitTree } from './private-tree.js';
import { beliefsOf, rootedTree, type Potentials, type Tree } from './tree.js';
import { inferPotentials } from './tree-inference.js';
import { TreeSampler } from './tree-sampler.js';
import { choosePairs } from './tree-selection.js';
import { valueCellsOf } from './value-cells.js';

const schemaOf = (kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name: kind.toLowerCase(),
  kind,
  nullable: false,
  unique: false,
  ...more,
});
const atOnce = () => Promise.resolve();

describe('cells of values', () => {
  test.each([
    [schemaOf('INTEGER'), [-70_000, -33, -32, -31, -1, 0, 1, 5, 31, 32, 33, 1000, 1_234_567, 7e13]],
    [schemaOf('REAL', { decimals: 2 }), [-12.5, -0.01, 0, 0.01, 0.32, 9.99, 12_345.67]],
    [schemaOf('DATETIME', { precision: 'date' }), [0, 86_400_000, Date.UTC(2026, 4, 3)]],
    [schemaOf('BOOLEAN'), [0, 1]],
  ])('hold each value between their edges, in ascending order, of %p', (schema, values) => {
    for (const deviation of [0.1, 3, 40, 4000]) {
      const cells = valueCellsOf(schema, 10_000, deviation);
      const found = values.map((value) => cells.cellOf(value));
      found.forEach((cell, at) => {
        const { low, high } = cells.edgesOf(cell);
        expect(values[at]!).toBeGreaterThanOrEqual(low - 1e-9 * Math.abs(low));
        expect(values[at]!).toBeLessThanOrEqual(high + 1e-9 * Math.abs(high));
        expect(cell).toBeGreaterThanOrEqual(at === 0 ? 0 : found[at - 1]!);
        expect(cell).toBeLessThan(cells.count);
      });
      let overlapping = 0;
      for (let cell = 1; cell < cells.count; cell++)
        if (cells.edgesOf(cell).low <= cells.edgesOf(cell - 1).high) overlapping++;
      expect(overlapping).toBe(0);
    }
  });

  test('are finer where more rows stand against the noise', () => {
    const width = (deviation: number): number => {
      const cells = valueCellsOf(schemaOf('INTEGER'), 10_000, deviation);
      const { low, high } = cells.edgesOf(cells.cellOf(1000));
      return high - low;
    };
    expect(width(1)).toBeLessThan(width(30));
    expect(width(30)).toBeLessThan(width(300));
  });
});

describe('bins of noisy counts', () => {
  const options = (deviation: number, rows: number) => ({
    most: 20,
    rows,
    noise: new DiscreteGaussian(deviation, Random.seeded(11)),
    delta: 1e-6,
    publicCategories: false,
  });

  test('tell a category that many rows have, and none that a few have', () => {
    const rows = 5000;
    const column: Column = {
      schema: schemaOf('TEXT'),
      codes: Int32Array.from({ length: rows }, (_, row) => (row < 4 ? 2 : row % 2)),
      categories: ['coat', 'shoe', 'a name of someone'],
    };
    const { bins, counts } = measureColumn(column, options(10, rows));
    if (bins.type !== 'category') throw new Error(bins.type);
    expect([...bins.values].sort()).toEqual(['coat', 'shoe']);
    expect(bins.tail?.values).toEqual(['(rare)']);
    expect(Math.abs(counts[0]! - 2498)).toBeLessThan(60);
    expect(JSON.stringify(bins)).not.toContain('someone');
    const all = measureColumn(column, { ...options(10, rows), publicCategories: true }).bins;
    expect(all.type === 'category' && all.values).toContain('a name of someone');
  });

  test('let a category of one row through with the probability that they may', () => {
    const least = tellingCount(3, 0.01);
    const noise = new DiscreteGaussian(3, Random.seeded(2));
    let told = 0;
    for (let draw = 0; draw < 50_000; draw++) if (1 + noise.draw() >= least) told++;
    expect(told / 50_000).toBeLessThanOrEqual(0.01);
    expect(told).toBeGreaterThan(50);
  });

  test('find the range of numbers, and leave repeated values to themselves', () => {
    const rows = 20_000;
    const random = Random.seeded(4);
    const values = Float64Array.from({ length: rows }, () =>
      random.uniform() < 0.5 ? 0 : 100 + Math.round(400 * random.uniform()),
    );
    const { bins, counts } = measureColumn({ schema: schemaOf('INTEGER'), values }, options(5, rows));
    if (bins.type !== 'numeric') throw new Error(bins.type);
    const lows = bins.quantiles.flatMap((of) => of.lows);
    const highs = bins.quantiles.flatMap((of) => of.highs);
    expect(Math.max(...highs)).toBeGreaterThanOrEqual(490);
    expect(Math.max(...highs)).toBeLessThan(1024);
    expect(lows[0]).toBe(0);
    expect(highs[0]).toBe(0);
    expect(Math.abs(counts[0]! - rows / 2)).toBeLessThan(400);
  });

  test('of a column without a value are those of the missing cell', () => {
    const column = { schema: schemaOf('REAL', { nullable: true }), values: new Float64Array(500).fill(NaN) };
    const { counts } = measureColumn(column, options(2, 500));
    expect(Math.abs(counts.at(-1)! - 500)).toBeLessThan(12);
    expect(counts.length).toBe(2);
  });

  test('never look at identifiers', () => {
    const column: Column = {
      schema: schemaOf('ID'),
      codes: Int32Array.of(0, 1),
      categories: ['u-9001', 'u-9002'],
    };
    expect(JSON.stringify(measureColumn(column, options(2, 2)).bins)).not.toContain('u-');
  });
});

describe('a tree of columns', () => {
  const tree = rootedTree(
    [2, 3, 2, 2],
    [
      [3, 1],
      [0, 1],
      [2, 3],
    ],
  );

  /** Shares of all rows, by brute force. */
  function joint(of: Tree, { columns, pairs }: Potentials): { bins: number[]; share: number }[] {
    const rows = of.widths.reduce<number[][]>(
      (some, width) => some.flatMap((row) => Array.from({ length: width }, (_, bin) => [...row, bin])),
      [[]],
    );
    const weights = rows.map((bins) =>
      Math.exp(
        bins.reduce((sum, bin, column) => sum + columns[column]![bin]!, 0) +
          of.edges.reduce(
            (sum, { parent, child }, edge) =>
              sum + pairs[edge]![bins[parent]! * of.widths[child]! + bins[child]!]!,
            0,
          ),
      ),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return rows.map((bins, at) => ({ bins, share: weights[at]! / total }));
  }

  const random = Random.seeded(8);
  const drawn = (length: number) => Float64Array.from({ length }, () => random.normal());
  const potentials: Potentials = {
    columns: tree.widths.map(drawn),
    pairs: tree.edges.map(({ parent, child }) => drawn(tree.widths[parent]! * tree.widths[child]!)),
  };

  test('leads away from its root, parents first', () => {
    expect(tree.edges).toEqual([
      { parent: 0, child: 1 },
      { parent: 1, child: 3 },
      { parent: 3, child: 2 },
    ]);
    expect(() => rootedTree([2, 2, 2], [[1, 2]])).toThrow('span no tree');
  });

  test('has the shares of bins and pairs that adding up all rows gives', () => {
    const beliefs = beliefsOf(tree, potentials);
    const rows = joint(tree, potentials);
    tree.widths.forEach((width, column) => {
      for (let bin = 0; bin < width; bin++) {
        const expected = rows.filter(({ bins }) => bins[column] === bin);
        expect(beliefs.columns[column]![bin]).toBeCloseTo(
          expected.reduce((sum, { share }) => sum + share, 0),
          10,
        );
      }
    });
    tree.edges.forEach(({ parent, child }, edge) => {
      const width = tree.widths[child]!;
      beliefs.pairs[edge]!.forEach((share, cell) => {
        const expected = rows.filter(
          ({ bins }) => bins[parent] === Math.floor(cell / width) && bins[child] === cell % width,
        );
        expect(share).toBeCloseTo(
          expected.reduce((sum, one) => sum + one.share, 0),
          10,
        );
      });
    });
  });

  test('draws the rest of a row as its exact conditional distribution says', () => {
    const sampler = new TreeSampler(tree, beliefsOf(tree, potentials));
    const rows = 20_000;
    const codes = new Int16Array(rows * 4).fill(-1);
    for (let row = 0; row < rows; row++) codes[row * 4 + 2] = 1;
    const bins = sampler.complete({ rows, codes, present: new Uint8Array(rows * 4) }, Random.seeded(6));
    const fitting = joint(tree, potentials).filter((row) => row.bins[2] === 1);
    const total = fitting.reduce((sum, { share }) => sum + share, 0);
    for (const column of [0, 1, 3]) {
      const expected = fitting
        .filter((row) => row.bins[column] === 1)
        .reduce((sum, { share }) => sum + share, 0);
      let count = 0;
      for (let row = 0; row < rows; row++) if (bins[row * 4 + column] === 1) count++;
      expect(count / rows).toBeCloseTo(expected / total, 1.7);
    }
    expect(bins.filter((_, at) => at % 4 === 2).every((bin) => bin === 1)).toBe(true);
  });

  test('is fitted to counts until it has their shares', async () => {
    const beliefs = beliefsOf(tree, potentials);
    const rows = 1000;
    const counts = (shares: Float64Array) => shares.map((share) => share * rows);
    const fitted = await inferPotentials(
      tree,
      {
        rows,
        columns: beliefs.columns.map((shares) => ({
          counts: counts(shares),
          variances: new Float64Array(shares.length).fill(4),
        })),
        pairs: beliefs.pairs.map((shares) => ({ counts: counts(shares), variance: 2 })),
      },
      atOnce,
    );
    const found = beliefsOf(tree, fitted);
    found.pairs.forEach((shares, pair) => {
      shares.forEach((share, cell) => {
        expect(share).toBeCloseTo(beliefs.pairs[pair]![cell]!, 2);
      });
    });
  });

  test('spans the pairs that score highest, as far as ε lets it choose', () => {
    const scores = [
      { pair: [0, 1], score: 9 },
      { pair: [1, 2], score: 8 },
      { pair: [0, 2], score: 7 },
      { pair: [0, 3], score: 1 },
      { pair: [2, 3], score: 2 },
    ] as const;
    expect(choosePairs(4, scores, 1000, Random.seeded(1))).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    const chosen = new Set(
      Array.from({ length: 50 }, (_, seed) =>
        JSON.stringify(choosePairs(4, scores, 1e-6, Random.seeded(seed))),
      ),
    );
    expect(chosen.size).toBeGreaterThan(5);
  });
});

describe('a private fit', () => {
  function visits(rows: number): Table {
    const random = Random.seeded(7);
    const country = Int32Array.from({ length: rows }, () => random.categorical([5, 3, 2]));
    return {
      rows,
      columns: [
        { schema: schemaOf('CATEGORY'), codes: country, categories: ['de', 'fr', 'it'] },
        {
          schema: schemaOf('INTEGER'),
          values: Float64Array.from(country, (code) => 10 * code + random.integer(4)),
        },
        { schema: schemaOf('BOOLEAN'), values: Float64Array.from(country, () => random.integer(2)) },
      ],
    };
  }

  test.each([0.1, 1, 10])('spends no more than the ε of %p that it may', (epsilon) => {
    for (const publicCategories of [false, true]) {
      const budget = budgetOf(MstConfig.parse({ epsilon, publicCategories }), 12);
      expect(budget.spent.epsilon).toBeLessThanOrEqual(epsilon);
      expect(budget.spent.epsilon).toBeGreaterThan(0.99 * epsilon);
      expect(budget.categoryDelta * 12).toBeCloseTo(publicCategories ? 0 : 5e-7, 12);
    }
  });

  test('ties the columns that belong together, from a table of some size', async () => {
    const { tree, budget } = await fitTree(
      visits(20_000),
      MstConfig.parse({ epsilon: 1 }),
      Random.seeded(1),
      atOnce,
    );
    expect(tree.edges.some(({ parent, child }) => parent + child === 1)).toBe(true);
    expect(budget.spent.epsilon).toBeLessThanOrEqual(1);
  });

  test('of little ε makes a model of noise, not an error', async () => {
    const fitted = await fitTree(visits(50), MstConfig.parse({ epsilon: 0.01 }), Random.seeded(1), atOnce);
    expect(fitted.shares.columns.flatMap((of) => [...of]).every(Number.isFinite)).toBe(true);
  });
});
