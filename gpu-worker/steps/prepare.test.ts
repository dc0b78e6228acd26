import { describe, expect, it } from '@jest/globals';
import { Constraint } from '../../schema/messages/constraints.js';
import { GENERATOR_OPTIONS } from '../../schema/messages/generator-options/catalogue.js';
import { PreparationStep } from '../../schema/messages/preparation.js';
import { Random } from '../compute/random.js';
import { ConstrainedModel } from '../constraints/constrained-model.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import type { FitSession, FittedGenerator, SampleSession } from '../generators/generator.js';
import { generatorOf } from '../generators/generators.js';
import { columnOf, isCategorical, type Column, type Table } from '../tables/table.js';
import { numbersIn } from '../transforms/replacing.js';
import { constrain } from './constrain.js';
import { prepareTable } from './prepare.js';

const random = Random.seeded(5);
const each = <T>(make: (row: number) => T): T[] => Array.from({ length: 600 }, (_, row) => make(row));
const DAY = 86_400_000;

const price: Column = {
  schema: { name: 'price', kind: 'REAL', decimals: 2, nullable: true, unique: false },
  values: Float64Array.from(
    each((row) => (row % 9 === 0 ? NaN : Number((5 + 90 * random.uniform()).toFixed(2)))),
  ),
};
const items = numericColumn(
  'items',
  each((row) => (row === 17 ? 9999 : 1 + random.integer(9))),
  'INTEGER',
);
const ordered: Column = {
  schema: { name: 'ordered', kind: 'DATETIME', precision: 'date', nullable: false, unique: false },
  values: Float64Array.from(each(() => Date.UTC(2025, 0, 1) + DAY * random.integer(300))),
};
const shipped: Column = {
  schema: { ...ordered.schema, name: 'shipped' },
  values: ordered.values.map((value) => value + DAY * random.integer(5)),
};
const country = categoricalColumn(
  'country',
  each((row) => (row === 40 ? 'li' : ['de', 'fr'][row % 2]!)),
);
const orders = tableOf(price, items, ordered, shipped, country);

const session = {
  seed: 3,
  signal: new AbortController().signal,
  metric: () => {},
  progress: () => {},
  checkpointDue: () => false,
  checkpoint: undefined,
} as unknown as FitSession & SampleSession;

const STEPS = [
  { type: 'bounds', column: 'items', minimum: 1, maximum: 20 },
  { type: 'fillMissing', columns: ['price'], with: 'median' },
  { type: 'rareCategories', columns: ['country'], minimumSupport: 5 },
  { type: 'derive', column: 'total', formula: 'round(price * items, 2)' },
  { type: 'scale', columns: ['price', 'items', 'shipped'], method: 'zScore' },
];

function constrained(table: Table, steps: readonly unknown[], constraints: readonly unknown[] = []) {
  const prepared = prepareTable(
    table,
    steps.map((step) => PreparationStep.parse(step)),
  );
  const found = constrain(
    prepared,
    constraints.map((one) => Constraint.parse(one)),
  );
  return { ...found, prepared };
}

async function fitted(...given: Parameters<typeof constrained>) {
  const found = constrained(...given);
  const options = GENERATOR_OPTIONS.normal.options.parse({});
  return { ...found, model: found.wrap(await generatorOf('normal').fit(found.learnt, options, session)) };
}

async function drawn(model: FittedGenerator, rows: number): Promise<Table> {
  for await (const chunk of model.sample(rows, session, rows)) return chunk;
  throw new Error('no rows');
}

describe('a prepared table', () => {
  it('gives rows in its own units, within bounds, without rare values, with derived columns that follow', async () => {
    const { prepared, learnt, model } = await fitted(orders, STEPS);
    expect(columnOf(learnt, 'price').schema.kind).toBe('REAL');
    expect(Math.max(...numbersIn(learnt, 'price'))).toBeLessThan(3);
    expect(model.columns).toEqual(prepared.table.columns.map(({ schema }) => schema));
    const rows = await drawn(model, 500);
    expect(rows.rows).toBe(500);
    const [prices, counts, totals] = ['price', 'items', 'total'].map((name) => numbersIn(rows, name));
    prices!.forEach((value, row) => {
      expect(Number(value.toFixed(2))).toBe(value);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(Number.isInteger(counts![row])).toBe(true);
      expect(counts![row]).toBeGreaterThanOrEqual(1);
      expect(counts![row]).toBeLessThanOrEqual(20);
      expect(totals![row]).toBeCloseTo(value * counts![row]!, 2);
    });
    expect(numbersIn(rows, 'shipped').every((time) => time % DAY === 0)).toBe(true);
    const countries = columnOf(rows, 'country');
    expect(isCategorical(countries) && countries.categories).not.toContain('li');
  });

  it('is sampled alike by a model that was stored, which knows no value that bounds and rare categories took away', async () => {
    const { model } = await fitted(orders, STEPS);
    const file = await model.save();
    expect(Buffer.from(file).toString('latin1')).not.toMatch(/9999|"li"/);
    const again = await ConstrainedModel.load(file, (inner) => generatorOf('normal').load(inner));
    expect(await drawn(again, 200)).toEqual(await drawn(model, 200));
  });

  it('is scaled back even where nothing constrains it, row for row as many as asked for', async () => {
    const { model } = await fitted(orders, [
      { type: 'scale', columns: ['items', 'ordered'], method: 'minMax' },
    ]);
    const rows = await drawn(model, 50);
    expect(rows.rows).toBe(50);
    expect(numbersIn(rows, 'items').every(Number.isInteger)).toBe(true);
    expect(numbersIn(rows, 'ordered').every((time) => time % DAY === 0)).toBe(true);
    expect(model.findings!().find(({ subject }) => subject === 'items')!.text).toContain(
      'Scaled: less 1, divided by 9998.',
    );
  });

  it('is drawn around known cells in its own units, though the generator has learnt scaled ones', async () => {
    const pairs = tableOf(
      numericColumn(
        'a',
        each((row) => row % 10),
        'INTEGER',
      ),
      numericColumn(
        'b',
        each((row) => 100 + 2 * (row % 10)),
        'INTEGER',
      ),
    );
    const { learnt, wrap } = constrained(pairs, [{ type: 'scale', columns: ['a', 'b'], method: 'zScore' }]);
    const mst = generatorOf('mst');
    const model = wrap(
      await mst.fit(learnt, GENERATOR_OPTIONS.mst.options.parse({ epsilon: 1000 }), session),
    );
    const known = tableOf(
      numericColumn(
        'a',
        each(() => 3),
        'INTEGER',
      ),
    );
    const chunks: Table[] = [];
    for await (const rows of model.complete!(known, session, known.rows)) chunks.push(rows);
    expect(chunks.flatMap((rows) => [...numbersIn(rows, 'a')])).toEqual([...numbersIn(known, 'a')]);
    const follows = chunks.flatMap((rows) => [...numbersIn(rows, 'b')]).filter((value) => value === 106);
    expect(follows.length / known.rows).toBeGreaterThan(0.9);
  });

  it('obeys constraints between its columns; what one of them replaces is left unscaled, and that is told', async () => {
    const { notes, model } = await fitted(
      orders,
      [...STEPS.slice(0, 4), { type: 'scale', columns: ['price', 'shipped'], method: 'minMax' }],
      [{ type: 'inequality', low: 'ordered', high: 'shipped' }],
    );
    expect(notes).toEqual([expect.stringContaining('"shipped" was not scaled for the generator')]);
    const rows = await drawn(model, 300);
    const late = numbersIn(rows, 'shipped');
    expect(numbersIn(rows, 'ordered').every((time, row) => time <= late[row]!)).toBe(true);
  });

  it('is judged by the constraints as it is after its steps', () => {
    const most = [{ type: 'range', column: 'items', max: 20 }];
    expect(() => constrained(orders, [], most)).toThrow('1 row of 600 breaks the constraint "items ≤ 20"');
    expect(constrained(orders, STEPS.slice(0, 1), most).real.rows).toBe(600);
  });

  it('tells readers of the scores what was dropped and changed', () => {
    const { notes } = prepareTable(orders, [
      PreparationStep.parse({ type: 'dropRows', missingIn: ['price'] }),
      PreparationStep.parse(STEPS[0]),
    ]);
    expect(notes).toEqual([expect.stringContaining('dropped 67 of 600 real rows and changed 1 cell;')]);
    expect(prepareTable(orders).notes).toEqual([]);
  });

  it.each<[string, boolean, unknown[], unknown[]]>([
    [
      'public bounds, and scales by them, keep',
      true,
      [STEPS[0], { type: 'scale', columns: ['items'], method: 'minMax' }],
      [],
    ],
    [
      'dropped rows and columns, fillings by a value and derived columns keep',
      true,
      [
        { type: 'dropRows', where: 'items > 8' },
        { type: 'fillMissing', columns: ['price'], with: 'value', value: '10' },
        { type: 'dropColumns', columns: ['ordered'] },
        STEPS[3],
      ],
      [],
    ],
    ['a median doesn’t keep', false, [STEPS[1]], []],
    ['rare categories don’t keep', false, [STEPS[2]], []],
    [
      'outliers don’t keep',
      false,
      [{ type: 'outliers', columns: ['items'], method: 'zScore', action: 'clip' }],
      [],
    ],
    [
      'the range of real values doesn’t keep',
      false,
      [{ type: 'scale', columns: ['items'], method: 'minMax' }],
      [],
    ],
    ['constraints don’t keep', false, [], [{ type: 'inequality', low: 'ordered', high: 'shipped' }]],
    ['nothing at all keeps', true, [], []],
  ])('%s what a generator promises of single rows', (_, keeps, steps, constraints) => {
    expect(constrained(orders, steps, constraints).keepsPrivacy).toBe(keeps);
  });
});
