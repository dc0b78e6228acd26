import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { COMPLETING_GENERATORS } from '../../schema/messages/generator-options/catalogue.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import { Random } from '../compute/random.js';
import { UserFailure } from '../failure.js';
import { isNumeric, type Column, type Table } from '../tables/table.js';
import type { FittedGenerator, FitSession, Generator } from './generator.js';
import { generatorOf } from './generators.js';
import { quietFit } from '../testing/fit-session.js';

/** What every generator of tables holds to, whatever it is. */
const GENERATORS: readonly { readonly name: string; readonly options: Readonly<Record<string, unknown>> }[] =
  [
    {
      name: 'autoregressive',
      options: { epochs: 3, batchSize: 64, hiddenUnits: 16, residualBlocks: 1, bins: 12 },
    },
    {
      name: 'tvae',
      options: { epochs: 6, batchSize: 50, hiddenUnits: 16, latentSize: 4, priorComponents: 4 },
    },
    { name: 'ctgan', options: { epochs: 4, batchSize: 50, hiddenUnits: 16, noiseSize: 8, packing: 5 } },
    {
      name: 'vae',
      options: { epochs: 6, batchSize: 50, hiddenUnits: 16, latentSize: 4, priorComponents: 4 },
    },
    {
      name: 'gan',
      options: { epochs: 4, batchSize: 25, hiddenUnits: 16, noiseSize: 8, discriminatorSteps: 2 },
    },
    { name: 'copula', options: {} },
    { name: 'normal', options: {} },
    // With so little noise that a table of 300 rows is told as it is.
    { name: 'mst', options: { epsilon: 1000, publicCategories: true } },
  ];
/** They have nothing to go on from: a fit takes less time than a checkpoint. */
const WITHOUT_CHECKPOINTS: ReadonlySet<string> = new Set(['copula', 'normal', 'mst']);

/** These know little of relations before they are trained longer than the other tests need. */
const TO_KNOW_RELATIONS: Readonly<Record<string, object>> = {
  tvae: { epochs: 120, hiddenUnits: 32, learningRate: 5e-3 },
  vae: { epochs: 120, hiddenUnits: 32, learningRate: 5e-3 },
};

/** They draw rows that fit known cells. */
const WITH_CONDITIONS: ReadonlySet<string> = new Set(COMPLETING_GENERATORS);

jest.setTimeout(120_000);
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

function schema(name: string, kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, kind, nullable: false, unique: false, ...more };
}

/** Orders of a shop: every kind of column, missing cells, a value that repeats, and one that never changes. */
function orders(rows: number): Table {
  const random = Random.seeded(5);
  const country = Int32Array.from({ length: rows }, () => random.categorical([5, 3, 2]));
  const amount = Float64Array.from(
    country,
    (code) => Math.round((10 * (code + 1) + random.uniform()) * 100) / 100,
  );
  return {
    rows,
    columns: [
      {
        schema: schema('order', 'ID', { unique: true }),
        codes: Int32Array.from(country.keys()),
        categories: [...country.keys()].map((row) => `o-${row}`),
      },
      { schema: schema('country', 'CATEGORY'), codes: country, categories: ['de', 'fr', 'it'] },
      { schema: schema('amount', 'REAL', { decimals: 2 }), values: amount },
      {
        schema: schema('items', 'INTEGER'),
        values: amount.map((value) => (random.uniform() < 0.5 ? 0 : Math.round(value / 4))),
      },
      { schema: schema('paid', 'BOOLEAN'), values: amount.map((value) => (value > 20 ? 1 : 0)) },
      {
        schema: schema('day', 'DATETIME', { precision: 'date' }),
        values: amount.map(() => 86_400_000 * (19_000 + random.integer(300))),
      },
      {
        schema: schema('rating', 'INTEGER', { nullable: true }),
        values: amount.map(() => (random.uniform() < 0.4 ? NaN : 1 + random.integer(5))),
      },
      {
        schema: schema('coupon', 'TEXT', { nullable: true }),
        codes: country.map(() => (random.uniform() < 0.7 ? -1 : random.integer(3))),
        categories: ['SPRING', 'SUMMER', 'FRIEND'],
      },
      { schema: schema('shop', 'CATEGORY'), codes: new Int32Array(rows), categories: ['main'] },
    ],
  };
}

const fitting = (more: Partial<FitSession> = {}): FitSession => quietFit(engine, more);

async function rowsOf(model: FittedGenerator, rows: number, seed = 1, chunkRows?: number): Promise<Table[]> {
  const signal = new AbortController().signal;
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, { engine, seed, signal, progress: () => {} }, chunkRows)) {
    chunks.push(chunk);
  }
  return chunks;
}

/** Cells as text, column by column. */
function cells(chunks: readonly Table[]): string[][] {
  return chunks[0]!.columns.map((_, index) =>
    chunks.flatMap(({ columns }) => {
      const column = columns[index]!;
      return isNumeric(column)
        ? [...column.values].map(String)
        : [...column.codes].map((code) => (code < 0 ? 'missing' : column.categories[code]!));
    }),
  );
}

const distinct = (column: Column): Set<number | string> =>
  new Set<number | string>(
    isNumeric(column)
      ? [...column.values].filter((value) => !Number.isNaN(value))
      : [...column.codes].filter((code) => code >= 0).map((code) => column.categories[code]!),
  );

describe.each(GENERATORS)('the generator "$name"', ({ name, options }) => {
  let generator: Generator;
  let config: unknown;
  let model: FittedGenerator;
  const table = orders(300);
  const series = new Map<string, number[]>();

  beforeAll(async () => {
    generator = generatorOf(name);
    config = generator.config.parse(options);
    const metric = (metricName: string, step: number): void => {
      series.set(metricName, [...(series.get(metricName) ?? []), step]);
    };
    model = await generator.fit(table, config, fitting({ metric }));
  });

  test('makes rows of the columns it was given, in their order and of their kinds', async () => {
    const [chunk] = await rowsOf(model, 200);
    expect(chunk!.rows).toBe(200);
    expect(chunk!.columns.map(({ schema: of }) => of)).toEqual(table.columns.map(({ schema: of }) => of));
    const [, country, amount, items, paid, day, rating, coupon, shop] = chunk!.columns;
    expect([...distinct(country!)].every((value) => ['de', 'fr', 'it'].includes(value as string))).toBe(true);
    for (const value of distinct(amount!)) expect(Number((value as number).toFixed(2))).toBe(value);
    for (const value of distinct(items!)) expect(Number.isInteger(value)).toBe(true);
    for (const value of distinct(paid!)) expect([0, 1]).toContain(value);
    for (const value of distinct(day!)) expect((value as number) % 86_400_000).toBe(0);
    for (const value of distinct(rating!)) expect(Number.isInteger(value)).toBe(true);
    for (const value of distinct(coupon!)) expect(['SPRING', 'SUMMER', 'FRIEND']).toContain(value);
    expect([...distinct(shop!)]).toEqual(['main']);
  });

  test('makes new identifiers, none of them a real one', async () => {
    const [chunk] = await rowsOf(model, 200);
    const made = distinct(chunk!.columns[0]!);
    expect(made.size).toBe(200);
    for (const id of distinct(table.columns[0]!)) expect(made.has(id)).toBe(false);
  });

  test('leaves cells missing where real ones are, and nowhere else', async () => {
    const [chunk] = await rowsOf(model, 300);
    const missing = chunk!.columns.map((column) =>
      isNumeric(column)
        ? column.values.filter(Number.isNaN).length
        : column.codes.filter((code) => code < 0).length,
    );
    table.columns.forEach(({ schema: of }, index) => {
      if (of.nullable) expect(missing[index]).toBeGreaterThan(10);
      else expect(missing[index]).toBe(0);
    });
  });

  test('makes the same rows of the same seed, however they are cut, and other rows of another', async () => {
    const whole = cells(await rowsOf(model, 100, 1));
    expect(cells(await rowsOf(model, 100, 1, 33))).toEqual(whole);
    expect(cells(await rowsOf(model, 100, 2))).not.toEqual(whole);
  });

  test('makes the same rows after it was saved and loaded', async () => {
    const loaded = await generator.load(await model.save());
    expect(loaded.columns).toEqual(model.columns);
    expect(cells(await rowsOf(loaded, 60))).toEqual(cells(await rowsOf(model, 60)));
  });

  test('stores no row of the table with the model', async () => {
    const text = Buffer.from(await model.save()).toString('latin1');
    expect(text).not.toContain('o-17');
  });

  test('reports series whose steps rise', () => {
    for (const steps of series.values()) {
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      expect(new Set(steps).size).toBe(steps.length);
    }
    if (!WITHOUT_CHECKPOINTS.has(name)) expect(series.size).toBeGreaterThan(2);
  });

  test('gives up with the reason when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(generator.fit(table, config, fitting({ signal: stop.signal }))).rejects.toThrow('enough');
  });

  test('learns from a table of one column, of constants, and of nothing but missing cells', async () => {
    const odd: Column[] = [
      {
        schema: schema('n', 'REAL', { decimals: 1 }),
        values: Float64Array.from({ length: 40 }, (_, row) => row / 10),
      },
      { schema: schema('c', 'INTEGER'), values: new Float64Array(40).fill(7) },
      { schema: schema('m', 'REAL', { nullable: true }), values: new Float64Array(40).fill(NaN) },
      { schema: schema('t', 'TEXT', { nullable: true }), codes: new Int32Array(40).fill(-1), categories: [] },
      {
        schema: schema('words', 'TEXT'),
        codes: Int32Array.from({ length: 40 }, (_, row) => row),
        categories: Array.from({ length: 40 }, (_, row) => `a text of its own ${row}`),
      },
    ];
    for (const column of odd) {
      const fitted = await generator.fit({ rows: 40, columns: [column] }, config, fitting());
      const [chunk] = await rowsOf(fitted, 20);
      const real = distinct(column);
      const made = distinct(chunk!.columns[0]!);
      if (real.size <= 1) expect(made).toEqual(real);
      else expect(made.size).toBeGreaterThan(0);
    }
  });

  test('says of a table with too few rows how many it needs', async () => {
    const few: Table = { rows: 0, columns: [{ schema: schema('n', 'REAL'), values: new Float64Array(0) }] };
    const failure = await generator.fit(few, config, fitting()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserFailure);
    expect((failure as UserFailure).message).toMatch(/has 0 rows; .* needs at least \d+/);
  });

  if (WITH_CONDITIONS.has(name)) {
    const completed = async (known: Table, by = model): Promise<Table> => {
      const signal = new AbortController().signal;
      const chunks: Table[] = [];
      for await (const chunk of by.complete!(known, { engine, seed: 4, signal, progress: () => {} }))
        chunks.push(chunk);
      expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(known.rows);
      return chunks[0]!;
    };
    const numbersOf = (made: Table, column: number): Float64Array => {
      const found = made.columns[column]!;
      if (!isNumeric(found)) throw new Error(`column ${column} isn't numeric`);
      return found.values;
    };

    test('keeps known cells as they are, draws the others, and none of those as missing that were asked for', async () => {
      const made = await completed(table);
      expect(
        cells([made]).map(
          (column, index) => column.filter((cell, row) => cell !== cells([table])[index]![row]).length > 0,
        ),
      ).toEqual(table.columns.map(({ schema: of }) => of.nullable));
      expect(numbersOf(made, 6).some(Number.isNaN)).toBe(false);
      expect(cells([made])[7]).not.toContain('missing');
    });

    test('draws what goes with a known cell, before it and behind it in the table', async () => {
      const rows = 400;
      const paid: Column = {
        schema: schema('paid', 'BOOLEAN'),
        values: Float64Array.from({ length: rows }, (_, row) => row % 2),
      };
      const longer = TO_KNOW_RELATIONS[name];
      const knowing = longer
        ? await generator.fit(table, generator.config.parse({ ...options, ...longer }), fitting())
        : model;
      const made = await completed({ rows, columns: [paid] }, knowing);
      expect([...numbersOf(made, 4)]).toEqual([...paid.values]);
      const meanAmount = (value: number): number => {
        const of = numbersOf(made, 2).filter((_, row) => paid.values[row] === value);
        return of.reduce((sum, amount) => sum + amount, 0) / of.length;
      };
      // Amounts are about 10, 20 and 30; those above 20 are paid.
      expect(meanAmount(1) - meanAmount(0)).toBeGreaterThan(4);
    });

    test('says which column it lacks, and which value it never saw', async () => {
      const color: Column = {
        schema: schema('color', 'CATEGORY'),
        codes: Int32Array.of(0),
        categories: ['red'],
      };
      await expect(completed({ rows: 1, columns: [color] })).rejects.toThrow(
        'has no column "color". It has: order, country',
      );
      const country: Column = {
        schema: schema('country', 'CATEGORY'),
        codes: Int32Array.of(0),
        categories: ['atlantis'],
      };
      await expect(completed({ rows: 1, columns: [country] })).rejects.toThrow(
        'knows no "atlantis" in the column "country". It knows: "de", "fr", "it"',
      );
    });
  } else {
    test('makes no promise of conditions', () => expect(model.complete).toBeUndefined());
  }

  if (WITHOUT_CHECKPOINTS.has(name)) return;

  test('goes on from a checkpoint to the same weights', async () => {
    const saved: Uint8Array[] = [];
    let asked = 0;
    const interrupted = fitting({
      checkpointDue: () => ++asked % 3 === 0,
      saveCheckpoint: (state) => {
        saved.push(state);
        return Promise.resolve();
      },
    });
    const whole = await (await generator.fit(table, config, interrupted)).save();
    expect(saved.length).toBeGreaterThan(0);
    const resumed = await generator.fit(table, config, fitting({ checkpoint: saved[0] }));
    expect(Buffer.from(await resumed.save()).equals(Buffer.from(whole))).toBe(true);
  });

  test("refuses another fit's checkpoint", async () => {
    let state: Uint8Array | undefined;
    const saving = fitting({
      checkpointDue: () => state === undefined,
      saveCheckpoint: (saved) => {
        state = saved;
        return Promise.resolve();
      },
    });
    await generator.fit(table, config, saving);
    const other = generator.fit(orders(200), config, fitting({ checkpoint: state }));
    await expect(other).rejects.toThrow('belongs to another fit (other table)');
  });
});
