import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { CompleteConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import { Random } from '../compute/random.js';
import { generatorOf } from '../generators/generators.js';
import { complement, rowsAt } from '../tables/rows.js';
import { isNumeric, type Table } from '../tables/table.js';
import { cellAt, withCells, type CellValue } from './cells.js';
import { findDoubts, type Doubt } from './doubts.js';
import { combined, withoutUnseen, type Completer } from './drawings.js';
import { editsOf, fillCells } from './fill.js';
import { rowsToHideIn, scoreHiddenCells } from './hidden-cells.js';
import { crossFitted } from './judges.js';
import { NeighbourImputer } from './neighbours.js';
import { planCompletion } from './plan.js';

jest.setTimeout(120_000);
const ROWS = 1500;
const BRANDS = ['acme', 'bolt', 'coil', 'dune'];

function schema(name: string, kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, kind, nullable: false, unique: false, ...more };
}

/** Products whose brand tells category, shelf and about the price, and whose weight goes with the price. */
function products(rows = ROWS): Table {
  const random = Random.seeded(11);
  const brand = Int32Array.from({ length: rows }, () => random.integer(BRANDS.length));
  const price = Float64Array.from(
    brand,
    (code) => Math.round(100 * (10 * 3 ** code) * (0.9 + 0.2 * random.uniform())) / 100,
  );
  return {
    rows,
    columns: [
      {
        schema: schema('sku', 'ID', { unique: true }),
        codes: Int32Array.from(brand.keys()),
        categories: [...brand.keys()].map((row) => `s-${row}`),
      },
      { schema: schema('brand', 'CATEGORY'), codes: brand, categories: BRANDS },
      {
        schema: schema('category', 'CATEGORY'),
        codes: brand.map((code) => code >> 1),
        categories: ['tools', 'toys'],
      },
      { schema: schema('price', 'REAL', { decimals: 2 }), values: price },
      {
        schema: schema('weight', 'INTEGER'),
        values: price.map((value) => Math.round(100 + 5 * value + 20 * random.uniform())),
      },
      { schema: schema('stock', 'INTEGER'), values: price.map(() => random.integer(40)) },
    ],
  };
}

let engine: Engine;
const session = (seed: number) => ({
  engine,
  seed,
  signal: new AbortController().signal,
  progress: () => undefined,
});

async function fitted(table: Table, name = 'autoregressive', options: object = {}): Promise<Completer> {
  const generator = generatorOf(name);
  const model = await generator.fit(table, generator.config.parse(options), {
    ...session(3),
    metric: () => undefined,
    checkpointDue: () => false,
    saveCheckpoint: () => Promise.resolve(),
    checkpoint: undefined,
  });
  return model as Completer;
}
const SMALL = { epochs: 25, batchSize: 100, hiddenUnits: 32, residualBlocks: 1, bins: 20 };

const columnNamed = (table: Table, name: string) =>
  table.columns.find((column) => column.schema.name === name)!;

/** Every `step`-th row's cell of the column, from `first` on, with another value. */
function changed(
  table: Table,
  name: string,
  { first, step }: { readonly first: number; readonly step: number },
  change: (value: CellValue) => CellValue | undefined,
): Table {
  const cells = new Map<number, CellValue | undefined>();
  for (let row = first; row < table.rows; row += step)
    cells.set(row, change(cellAt(columnNamed(table, name), row)!));
  return withCells(table, new Map([[name, cells]]));
}

beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

describe('filling', () => {
  let whole: Table;
  let holed: Table;
  let model: Completer;

  beforeAll(async () => {
    whole = products();
    const withoutPrices = changed(whole, 'price', { first: 0, step: 10 }, () => undefined);
    holed = changed(withoutPrices, 'category', { first: 0, step: 15 }, () => undefined);
    model = await fitted(holed, 'autoregressive', SMALL);
  });

  test('puts values that fit the row into missing cells, and leaves all others as they are', async () => {
    const filled = await fillCells(
      model,
      { table: holed, known: holed },
      ['price', 'category'],
      11,
      session(1),
    );
    expect(filled).toHaveLength(150 + 100);
    const complete = withCells(holed, editsOf(filled));
    let [near, right] = [0, 0];
    for (let row = 0; row < ROWS; row++) {
      for (const name of ['sku', 'brand', 'weight', 'stock'])
        expect(cellAt(columnNamed(complete, name), row)).toBe(cellAt(columnNamed(whole, name), row));
      const [price, truth] = [complete, whole].map((of) => Number(cellAt(columnNamed(of, 'price'), row)));
      if (row % 10 === 0) near += Math.abs(price! - truth!) < 0.15 * truth! ? 1 : 0;
      else expect(price).toBe(truth);
      const isRight =
        cellAt(columnNamed(complete, 'category'), row) === cellAt(columnNamed(whole, 'category'), row);
      if (row % 15 === 0) right += isRight ? 1 : 0;
      else expect(isRight).toBe(true);
    }
    expect(near / 150).toBeGreaterThan(0.95);
    expect(right / 100).toBeGreaterThan(0.97);
  });

  test('fills only the columns that it is asked to, and the same from the same seed', async () => {
    const rows = rowsAt(
      holed,
      Uint32Array.from({ length: 60 }, (_, row) => row),
    );
    const fill = (seed: number) =>
      fillCells(model, { table: rows, known: rows }, ['price'], 1, session(seed));
    const first = await fill(1);
    expect(new Set(first.map(({ column }) => column))).toEqual(new Set(['price']));
    expect(await fill(1)).toEqual(first);
    expect(await fill(2)).not.toEqual(first);
  });

  test('finds hidden cells of unseen rows better than the mean, and tells what neighbours find', async () => {
    const random = Random.seeded(5);
    const held = rowsToHideIn(holed, random);
    expect(held).toHaveLength(150);
    const learnt = rowsAt(holed, complement(held, holed.rows));
    const unseen = await fitted(learnt, 'autoregressive', SMALL);
    const scores = await scoreHiddenCells(
      unseen,
      { rows: rowsAt(holed, held), learnt, isFitted: true },
      ['category', 'price', 'stock'],
      { share: 0.3, drawings: 11, random },
      session(2),
    );
    const [category, price, stock] = ['category', 'price', 'stock'].map((name) => scores.get(name)!);
    expect(category).toMatchObject({ measure: 'ACCURACY' });
    expect(category!.model.value).toBeGreaterThan(0.95);
    expect(category!.simple.value).toBeLessThan(0.7);
    expect(category!.neighbours.value).toBeGreaterThan(0.9);
    expect(price).toMatchObject({ measure: 'ERROR' });
    expect(price!.model.value).toBeLessThan(0.15);
    expect(price!.model.r2).toBeGreaterThan(0.95);
    expect(price!.simple.value).toBeGreaterThan(0.5);
    expect(price!.simple.r2).toBeLessThan(0.1);
    // Nothing tells the stock: nobody finds it much better than the mean does.
    for (const { value } of [stock!.model, stock!.neighbours]) expect(value).toBeGreaterThan(0.7);
  });
});

describe('doubts', () => {
  const wrongPrices = { first: 20, step: 375 };
  const wrongCategories = { first: 130, step: 375 };
  const planted = (): Table => {
    const prices = changed(products(3000), 'price', wrongPrices, (value) => Number(value) * 100);
    return changed(prices, 'category', wrongCategories, (value) => (value === 'toys' ? 'tools' : 'toys'));
  };
  const isPlanted = ({ row, column }: Doubt): boolean =>
    (column === 'price' && row % 375 === 20) || (column === 'category' && row % 375 === 130);

  test('fall on prices that are a hundred times too high and on swapped categories, and on little else', async () => {
    const table = planted();
    const random = Random.seeded(4);
    const judges = await crossFitted(
      table,
      Int32Array.from({ length: table.rows }, (_, row) => row),
      (learnt) => fitted(learnt, 'autoregressive', SMALL),
      random,
    );
    const columns = ['brand', 'category', 'price', 'weight', 'stock'];
    const doubts = await findDoubts(judges, columns, { threshold: 0.02, drawings: 11 }, session(1));
    const right = doubts.filter(isPlanted);
    // 8 prices and 8 categories are wrong, of 15,000 cells.
    expect(right.length / 16).toBeGreaterThan(0.6);
    expect(right.length / doubts.length).toBeGreaterThan(0.5);
    for (const { column, row, suggestion } of right)
      if (column === 'category')
        expect(suggestion).toBe(cellAt(columnNamed(products(3000), 'category'), row));
  });
});

describe('doubts of a model that only draws rows', () => {
  test('fall on the least probable cells, by how many drawings come as far', async () => {
    const table = changed(products(600), 'category', { first: 30, step: 200 }, (value) =>
      value === 'toys' ? 'tools' : 'toys',
    );
    const model = await fitted(table, 'mst', { epsilon: 1000, publicCategories: true });
    const rows = Int32Array.from({ length: 240 }, (_, row) => row);
    const judge = { model, rows, shown: rowsAt(table, Uint32Array.from(rows)) };
    const options = { threshold: 0.03, drawings: 5 };
    const doubts = await findDoubts([judge], ['category', 'price'], options, session(1));
    const places = doubts.map(({ row, column }) => `${column} ${row}`);
    expect(places).toEqual(expect.arrayContaining(['category 30', 'category 230']));
    expect(places.length).toBeLessThan(20);
  });
});

describe('values in place of several drawings', () => {
  test('are the median of numbers, always a drawn one, and the most frequent of others', () => {
    expect(combined([5, 1, 9, 2], true)).toEqual({ value: 2, agreement: 0.25, range: [1, 5] });
    expect(combined(['b', 'a', 'a', 'b', 'c'], false)).toEqual({ value: 'b', agreement: 0.4 });
    expect(combined(['(rare)', '(rare)', 'a'], false)?.value).toBe('a');
    expect(combined(['(rare)'], false)).toBeUndefined();
    expect(combined([], true)).toBeUndefined();
  });
});

describe('nearest neighbours', () => {
  test('are found by what both rows know, and give means and most frequent values', () => {
    const color = (codes: number[]) => ({
      ...{ schema: schema('color', 'CATEGORY'), categories: ['red', 'blue'] },
      codes: Int32Array.from(codes),
    });
    const size = (values: number[]) => ({
      schema: schema('size', 'REAL'),
      values: Float64Array.from(values),
    });
    const near = Array.from({ length: 10 }, (_, at) => at);
    const reference: Table = {
      rows: 21,
      columns: [
        size([...near, ...near.map((at) => 1000 + at), NaN]),
        color([...near.map(() => 0), ...near.map(() => 1), -1]),
      ],
    };
    const imputer = new NeighbourImputer(reference);
    const rows: Table = { rows: 3, columns: [size([4, NaN, NaN]), color([-1, 1, -1])] };
    expect(imputer.values(rows, 0, ['color'])).toEqual(['red']);
    expect(imputer.values(rows, 1, ['size'])).toEqual([1004.5]);
    expect(imputer.values(rows, 2, ['size'])).toEqual([undefined]);
  });
});

describe('the plan of a run', () => {
  const plan = (table: Table, config: object = {}) =>
    planCompletion(table, CompleteConfig.parse({ kind: 'COMPLETE', ...config }));
  const column = (name: string, values: number[]) => ({
    schema: schema(name, 'REAL'),
    values: Float64Array.from(values),
  });
  const tableOf = (...columns: Table['columns'][number][]): Table => ({ rows: 3, columns });
  const [full, holed, empty] = [
    column('full', [1, 2, 3]),
    column('holed', [1, NaN, 3]),
    column('empty', [NaN, NaN, NaN]),
  ];

  test('fills columns with missing cells and checks all with known ones, and says which it can do nothing for', () => {
    const found = plan(tableOf(full, holed, empty));
    expect(found).toMatchObject({ fill: ['holed'], check: ['full', 'holed'] });
    expect(found.notes.join()).toContain('No cell of "empty" is known');
    expect(plan(tableOf(full, holed), { doubt: 0 }).check).toEqual([]);
  });

  test.each([
    [
      'an unknown column',
      tableOf(full, holed),
      { columns: ['hold'] },
      'no column "hold". It has: "full", "holed"',
    ],
    [
      'a column without a value',
      tableOf(full, empty),
      { columns: ['empty'] },
      'No cell of the column "empty"',
    ],
    ['identifiers', products(), { columns: ['sku'] }, '"sku" holds identifiers'],
    ['a table of one column', tableOf(holed), {}, 'only the column "holed"'],
    ['nothing to do', tableOf(full, full), { doubt: 0 }, 'There is nothing to do'],
    ['nothing but empty columns', tableOf(full, empty), { doubt: 0 }, 'but those of "empty"'],
    ['no rows', { rows: 0, columns: [] }, {}, 'has no rows'],
  ])('refuses %s, and says why', (_, table, config, message) => {
    expect(() => plan(table, config)).toThrow(message);
  });
});

test('categories that a fit did not see are not shown to its model', () => {
  const column = (codes: number[]) => ({
    ...{ schema: schema('color', 'CATEGORY'), categories: ['red', 'blue', 'green'] },
    codes: Int32Array.from(codes),
  });
  const shown = withoutUnseen(
    { rows: 3, columns: [column([0, 1, 2])] },
    { rows: 2, columns: [column([0, 2])] },
  );
  const [color] = shown.columns;
  if (isNumeric(color!)) throw new Error('it is text');
  expect([...color!.codes]).toEqual([0, -1, 2]);
});
