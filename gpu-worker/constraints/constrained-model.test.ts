import { describe, expect, it } from '@jest/globals';
import type { ColumnKind } from '../../schema/messages/column.js';
import { Constraint } from '../../schema/messages/constraints.js';
import { GENERATOR_OPTIONS } from '../../schema/messages/generator-options/catalogue.js';
import { Random } from '../compute/random.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import type { FitSession, FittedGenerator, SampleSession } from '../generators/generator.js';
import { generatorOf } from '../generators/generators.js';
import { numberCellText } from '../tables/cell-text.js';
import { cellsOf } from '../tables/combinations.js';
import { rowsBetween } from '../tables/rows.js';
import type { Column, Table } from '../tables/table.js';
import { ConstrainedModel } from './constrained-model.js';
import { fitConstraints } from './fitted-constraints.js';
import { allowedRows } from './real-rows.js';

/** Independent columns: whatever relates two of them is the constraints' doing. */
const normal = generatorOf('normal');
// It computes without an engine.
const session = {
  seed: 7,
  signal: new AbortController().signal,
  metric: () => {},
  progress: () => {},
  checkpointDue: () => false,
  checkpoint: undefined,
} as unknown as FitSession & SampleSession;

async function constrained(real: Table, given: readonly unknown[]): Promise<FittedGenerator> {
  const constraints = given.map((one) => Constraint.parse(one));
  const { table } = allowedRows(constraints, real, 'refuse');
  const { fitted, learnt } = fitConstraints(constraints, table);
  const options = GENERATOR_OPTIONS.normal.options.parse({ minimumSupport: 1 });
  return new ConstrainedModel(await normal.fit(learnt, options, session), fitted);
}

async function sampled(model: FittedGenerator, rows: number, chunkRows?: number): Promise<Row[]> {
  const found: Row[] = [];
  for await (const chunk of model.sample(rows, session, chunkRows)) found.push(...rowsOf(chunk));
  return found;
}

type Row = Record<string, string | number | null>;

/** The cells as a file spells them: numbers as numbers, the others as text. */
function rowsOf(table: Table): Row[] {
  const readers = table.columns.map(({ schema }) => ({ schema, cell: cellsOf(table, schema.name) }));
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(
      readers.map(({ schema, cell }) => {
        const value = cell(row);
        if (typeof value !== 'number') return [schema.name, value];
        const text = numberCellText(value, schema);
        if (schema.kind === 'BOOLEAN') return [schema.name, value];
        return [schema.name, schema.kind === 'DATETIME' ? text : Number(text)];
      }),
    ),
  );
}

const column = (
  name: string,
  cells: readonly (number | null)[],
  kind: ColumnKind,
  rest: Partial<Column['schema']> = {},
): Column => {
  const built = numericColumn(name, cells, kind);
  return { ...built, schema: { ...built.schema, ...rest } };
};

const DAY = 86_400_000;
const cents = (value: number) => Number(value.toFixed(2));

/** Orders in which every constraint below holds where its cells are there; some cells are missing, by the seed. */
function orders(rows: number, random: Random): Table {
  const gaps = (share: number) => () => random.uniform() < share;
  const each = <T>(make: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => make(row));
  const cities = ['DE Berlin', 'DE Bonn', 'FR Paris', 'FR Nice', 'IT Rome', 'US Rome'];
  const places = each(() => cities[random.integer(cities.length)]!.split(' '));
  const [noCity, noPrice, noShipped, noDelivered, noTotal, noMinimum] = [0.1, 0.1, 0.2, 0.2, 0.1, 0.1].map(
    (share) => gaps(random.uniform() < 0.5 ? 0 : share),
  );
  const price = each(() => (noPrice!() ? null : cents(1 + 30 * random.uniform())));
  const quantity = each(() => 1 + random.integer(5));
  const ordered = each(() => Date.UTC(2026, 0, 1) + random.integer(90) * DAY);
  const shipped = ordered.map((time) => (noShipped!() ? null : time + 1000 * random.integer(200_000)));
  const delivered = shipped.map((time) =>
    noDelivered!() ? null : (time ?? Date.UTC(2026, 3, 1)) + 1000 * (1 + random.integer(900_000)),
  );
  const coupon = each(() => (random.uniform() < 0.3 ? `c${random.integer(3)}` : null));
  return tableOf(
    categoricalColumn(
      'key',
      each((row) => `k-${row}`),
      'ID',
    ),
    categoricalColumn(
      'country',
      places.map(([country]) => country!),
    ),
    categoricalColumn(
      'city',
      places.map(([, city]) => (noCity!() ? null : city!)),
    ),
    column('price', price, 'REAL', { decimals: 2 }),
    column('quantity', quantity, 'INTEGER'),
    column(
      'unit minimum',
      price.map((value) => (value === null || noMinimum!() ? null : Math.floor(value * random.uniform()))),
      'INTEGER',
    ),
    column(
      'total',
      price.map((value, row) => (noTotal!() || value === null ? null : cents(value * quantity[row]!))),
      'REAL',
      { decimals: 2, fixedDecimals: true },
    ),
    column('ordered', ordered, 'DATETIME', { precision: 'date' }),
    column('shipped', shipped, 'DATETIME', { precision: 'second' }),
    column('delivered', delivered, 'DATETIME', { precision: 'second' }),
    categoricalColumn('coupon', coupon),
    column(
      'discounted',
      coupon.map((code) => (code === null ? 0 : 1)),
      'BOOLEAN',
    ),
  );
}

const number = (row: Row, name: string): number | undefined => (row[name] as number | null) ?? undefined;
const time = (row: Row, name: string): number | undefined =>
  row[name] === null ? undefined : Date.parse(String(row[name]));

/** Each constraint with what it means, written a second time. */
const RULES: [constraint: unknown, broken: (row: Row, real: readonly Row[]) => boolean][] = [
  [
    { type: 'range', column: 'price', min: 1, max: 31 },
    (row) => number(row, 'price')! < 1 || number(row, 'price')! > 31,
  ],
  [
    { type: 'range', column: 'quantity', min: 0.5, max: 5.5 },
    (row) => number(row, 'quantity')! < 1 || number(row, 'quantity')! > 5,
  ],
  [
    { type: 'range', column: 'ordered', earliest: '2026-01-01', latest: '2026-03-31' },
    (row) => String(row['ordered']) < '2026-01-01' || String(row['ordered']) > '2026-03-31',
  ],
  [
    { type: 'inequality', low: 'unit minimum', high: 'price' },
    (row) => number(row, 'unit minimum')! > number(row, 'price')!,
  ],
  [
    { type: 'inequality', low: 'ordered', high: 'shipped' },
    (row) => time(row, 'ordered')! > time(row, 'shipped')!,
  ],
  [
    { type: 'inequality', low: 'shipped', high: 'delivered', strict: true },
    (row) => time(row, 'shipped')! >= time(row, 'delivered')!,
  ],
  [
    { type: 'fixedCombinations', columns: ['city', 'country'] },
    (row, real) => !real.some(({ city, country }) => city === row['city'] && country === row['country']),
  ],
  [
    { type: 'formula', column: 'total', equals: 'price * quantity' },
    (row) => Math.abs(number(row, 'total')! - number(row, 'price')! * number(row, 'quantity')!) > 0.00501,
  ],
  [
    { type: 'formula', column: 'discounted', equals: 'not missing(coupon)' },
    (row) => (row['discounted'] === 1) !== (row['coupon'] !== null),
  ],
  [
    { type: 'condition', if: 'country = "US"', then: 'missing(coupon) or quantity > 0' },
    (row) => row['country'] === 'US' && row['coupon'] !== null && number(row, 'quantity')! <= 0,
  ],
  [
    { type: 'condition', if: 'quantity > 4', then: 'price <= 31' },
    (row) => number(row, 'quantity')! > 4 && number(row, 'price')! > 31,
  ],
];

describe('a model with constraints', () => {
  it.each(Array.from({ length: 8 }, (_, seed) => seed))(
    'makes rows that obey each of them, and is the same once saved (random table and constraints %i)',
    async (seed) => {
      const random = Random.seeded(seed);
      const real = orders(120, random);
      const chosen = RULES.filter(() => random.uniform() < 0.7);
      const model = await constrained(
        real,
        chosen.map(([constraint]) => constraint),
      );
      const rows = await sampled(model, 150, 1 + random.integer(100));
      expect(rows).toHaveLength(150);
      const realRows = rowsOf(real);
      for (const [constraint, broken] of chosen) {
        expect({ constraint, broken: rows.filter((row) => broken(row, realRows)) }).toEqual({
          constraint,
          broken: [],
        });
      }
      expect(Object.keys(rows[0]!)).toEqual(real.columns.map(({ schema }) => schema.name));
      expect(model.columns).toEqual(real.columns.map(({ schema }) => schema));
      real.columns.forEach(({ schema }) => {
        if (!schema.nullable) expect(rows.filter((row) => row[schema.name] === null)).toEqual([]);
      });
      const loaded = await ConstrainedModel.load(await model.save(), (file) => normal.load(file));
      expect(await sampled(loaded, 150)).toEqual(rows);
    },
  );

  it('would break them without: the generator inside knows nothing of them', async () => {
    const real = orders(300, Random.seeded(1));
    const options = GENERATOR_OPTIONS.normal.options.parse({ minimumSupport: 1 });
    const rows = await sampled(await normal.fit(real, options, session), 300);
    const realRows = rowsOf(real);
    const broken = RULES.map(([, breaks]) => rows.filter((row) => breaks(row, realRows)).length);
    expect(broken.filter((count) => count > 0).length).toBeGreaterThan(5);
  });

  it('makes keys that never repeat, across chunks', async () => {
    const cells = Array.from({ length: 200 }, (_, row) => row % 20);
    const real = tableOf(
      numericColumn('order', cells, 'INTEGER'),
      categoricalColumn(
        'line',
        cells.map((cell, row) => `l${(row / 20) | 0}${cell < 0}`),
      ),
    );
    const rows = await sampled(
      await constrained(real, [{ type: 'unique', columns: ['order', 'line'] }]),
      150,
      13,
    );
    expect(new Set(rows.map(({ order, line }) => `${order} ${line}`)).size).toBe(150);
  });

  it('tells how many rows were accepted, and which constraint rejected the others, when too few are', async () => {
    const real = tableOf(
      categoricalColumn('key', ['a', 'b', 'c', 'd']),
      numericColumn('n', [1, 2, 3, 4], 'INTEGER'),
    );
    const model = await constrained(real, [
      { type: 'range', column: 'n', min: 0 },
      { type: 'unique', columns: ['key'] },
    ]);
    await expect(sampled(model, 5)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      location: { field: 'constraints.1' },
      message: expect.stringMatching(/^Only 4 of .* "unique key" rejected .*Ask for fewer rows/),
    });
  });

  it('completes rows until they obey, with the cells that are known, and refuses a known cell that follows from others', async () => {
    const cells = Array.from({ length: 200 }, (_, row) => row % 10);
    const real = tableOf(
      categoricalColumn(
        'key',
        cells.map((_, row) => `k${row}`),
        'ID',
      ),
      numericColumn('a', cells, 'INTEGER'),
      numericColumn(
        'b',
        cells.map((cell) => (cell < 5 ? 0 : cell)),
        'INTEGER',
      ),
      numericColumn(
        'sum',
        cells.map((cell) => (cell < 5 ? cell : 2 * cell)),
        'INTEGER',
      ),
    );
    const constraints = [
      Constraint.parse({ type: 'formula', column: 'sum', equals: 'a + b' }),
      Constraint.parse({ type: 'condition', if: 'a < 5', then: 'b < 5' }),
    ];
    const { fitted, learnt } = fitConstraints(constraints, real);
    const options = GENERATOR_OPTIONS.normal.options.parse({ minimumSupport: 1 });
    const inner = await normal.fit(learnt, options, session);
    // Its columns are independent, so that to know some cells is to put them in.
    const model = new ConstrainedModel(
      {
        columns: inner.columns,
        sample: (...given) => inner.sample(...given),
        save: () => inner.save(),
        async *complete(known, sampling, chunkRows) {
          let start = 0;
          for await (const chunk of inner.sample(known.rows, sampling, chunkRows)) {
            const cells = rowsBetween(known, start, start + chunk.rows);
            yield {
              rows: chunk.rows,
              columns: chunk.columns.map(
                (column) => cells.columns.find(({ schema }) => schema.name === column.schema.name) ?? column,
              ),
            };
            start += chunk.rows;
          }
        },
      },
      fitted,
    );
    const known = tableOf(numericColumn('a', cells, 'INTEGER'));
    const rows: Row[] = [];
    for await (const chunk of model.complete!(known, session, 64)) rows.push(...rowsOf(chunk));
    expect(rows.map(({ a }) => a)).toEqual(cells);
    expect(rows.filter(({ a, b, sum }) => sum !== Number(a) + Number(b))).toEqual([]);
    expect(rows.filter(({ a, b }) => Number(a) < 5 && Number(b) >= 5)).toEqual([]);
    expect(rows.filter(({ b }) => Number(b) >= 5).length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(200);
    const follows = tableOf(numericColumn('sum', [3], 'INTEGER'));
    await expect(async () => {
      for await (const chunk of model.complete!(follows, session)) expect(chunk.rows).toBe(1);
    }).rejects.toMatchObject({ code: 'INVALID_CONFIG', location: { column: 'sum' } });
  });

  it('keeps the share of missing cells of a column that is computed', async () => {
    const cells = Array.from({ length: 400 }, (_, row) => row % 10);
    const real = tableOf(
      numericColumn('a', cells, 'INTEGER'),
      numericColumn(
        'b',
        cells.map((cell, row) => (row % 4 === 0 ? null : 2 * cell)),
        'INTEGER',
      ),
    );
    const rows = await sampled(
      await constrained(real, [{ type: 'formula', column: 'b', equals: '2 * a' }]),
      400,
    );
    const missing = rows.filter(({ b }) => b === null).length;
    expect(missing).toBeGreaterThan(60);
    expect(missing).toBeLessThan(140);
  });
});
