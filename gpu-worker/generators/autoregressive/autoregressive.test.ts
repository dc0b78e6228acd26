import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { listEngines, startEngine } from '../../compute/engine.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import type { CategoricalColumn, Column, NumericColumn, Table } from '../../tables/table.js';
import type { FitSession, FittedGenerator, SampleSession } from '../generator.js';
import { generatorOf } from '../generators.js';
import { autoregressive } from './autoregressive.js';
import { readCheckpoint } from './checkpoint.js';
import { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { layOut, unitDegrees } from './layout.js';
import { initialParameters, inOrder, logitsOf, maskOf, oneHotOf, parameterShapes } from './network.js';

const SMALL = AutoregressiveConfig.parse({
  epochs: 6,
  batchSize: 64,
  hiddenUnits: 32,
  residualBlocks: 1,
  bins: 12,
});

// Training is pure computing: on a busy machine a test takes several times as long as on a quiet one.
jest.setTimeout(120_000);

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

function schema(name: string, kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, kind, nullable: false, unique: false, ...more };
}

/** Sessions of a shop in which a purchase follows from the time spent, and the price from the category. */
function shop(rows: number, seed = 1): Table {
  const random = Random.seeded(seed);
  const category = Int32Array.from({ length: rows }, () => random.categorical([5, 3, 2]));
  const seconds = Float64Array.from({ length: rows }, () =>
    random.uniform() < 0.4 ? 0 : Math.exp(3 + random.normal()),
  );
  const price = Float64Array.from(category, (code) => [5, 50, 500][code]! + Math.round(random.uniform() * 3));
  const bought = Float64Array.from(seconds, (spent) =>
    random.uniform() < (spent > 20 ? 0.9 : 0.05) ? 1 : 0,
  );
  const age = Float64Array.from({ length: rows }, () =>
    random.uniform() < 0.3 ? NaN : 18 + random.integer(60),
  );
  return {
    rows,
    columns: [
      {
        schema: schema('id', 'ID', { unique: true }),
        codes: Int32Array.from(price.keys()),
        categories: [...price.keys()].map((row) => `s-${row}`),
      },
      { schema: schema('category', 'CATEGORY'), codes: category, categories: ['books', 'shoes', 'phones'] },
      { schema: schema('seconds', 'REAL', { decimals: 1 }), values: seconds },
      { schema: schema('price', 'INTEGER'), values: price },
      { schema: schema('bought', 'BOOLEAN'), values: bought },
      { schema: schema('age', 'INTEGER', { nullable: true }), values: age },
      { schema: schema('shop', 'CATEGORY'), codes: new Int32Array(rows), categories: ['only'] },
      { schema: schema('nothing', 'REAL', { nullable: true }), values: new Float64Array(rows).fill(NaN) },
    ],
  };
}

interface Watched extends FitSession {
  readonly points: Map<string, [step: number, value: number][]>;
  readonly fractions: number[];
}

function session(more: Partial<FitSession> = {}): Watched {
  const points: Watched['points'] = new Map();
  const fractions: number[] = [];
  return {
    engine,
    seed: 1,
    signal: new AbortController().signal,
    metric(name, step, value) {
      points.set(name, [...(points.get(name) ?? []), [step, value]]);
    },
    progress(fraction) {
      fractions.push(fraction);
    },
    checkpointDue: () => false,
    saveCheckpoint: () => Promise.resolve(),
    checkpoint: undefined,
    ...more,
    points,
    fractions,
  };
}

async function sampled(model: FittedGenerator, rows: number, seed = 5, chunkRows?: number): Promise<Table[]> {
  const whole: SampleSession = {
    engine,
    seed,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, whole, chunkRows)) chunks.push(chunk);
  return chunks;
}

function numbers(table: Table, name: string): number[] {
  return [...(table.columns.find((column) => column.schema.name === name) as NumericColumn).values];
}

function cells(table: Table, name: string): (string | undefined)[] {
  const column = table.columns.find((candidate) => candidate.schema.name === name) as CategoricalColumn;
  return [...column.codes].map((code) => column.categories[code]);
}

describe('the network', () => {
  test('predicts a column from those of lower rank only', async () => {
    const widths = [4, 7, 2, 3];
    const layout = layOut(widths, [2, 0, 3, 1], 24);
    const random = Random.seeded(2);
    const shapes = parameterShapes(layout, 2);
    const values = initialParameters(layout, 2, new Float32Array(layout.units), random);
    for (const [name, array] of values) {
      const mask = maskOf(layout, name);
      if (mask) array.forEach((_, at) => (array[at] = mask[at]! * random.normal()));
    }
    const state = engine.hold<{ parameters: readonly tf.Tensor[] }>({ parameters: inOrder(shapes, values) });
    const program = await engine.compile('the logits', {
      state,
      inputs: { oneHot: { shape: [1, layout.units], dtype: 'float32' } } as const,
      step: ({ parameters }, { oneHot }) => ({
        outputs: { logits: logitsOf(parameters, oneHot as tf.Tensor2D) },
      }),
    });
    const degrees = unitDegrees(layout);
    const logits = async (bins: number[]): Promise<number[]> => [
      ...(await program.run({ oneHot: oneHotOf(layout, Uint16Array.from(bins), [0]) })).logits,
    ];
    const before = await logits([0, 0, 0, 0]);
    for (const column of widths.keys()) {
      const after = await logits([0, 0, 0, 0].map((bin, other) => (other === column ? bin + 1 : bin)));
      const changed = new Set(
        after.flatMap((logit, unit) => (Math.abs(logit - before[unit]!) > 1e-5 ? [degrees[unit]! - 1] : [])),
      );
      const later = [0, 1, 2, 3].filter((rank) => rank > layout.ranks[column]!);
      expect([...changed].sort()).toEqual(later);
    }
  });
});

describe('the autoregressive generator', () => {
  const table = shop(400);

  test('learns what depends on what', async () => {
    const config = { ...SMALL, epochs: 25, patience: 25, batchSize: 200 };
    const model = await autoregressive.fit(shop(2000), config, session());
    const [made] = (await sampled(model, 1500)) as [Table];
    const seconds = numbers(made, 'seconds');
    const bought = numbers(made, 'bought');
    const rate = (rows: number[]): number => rows.reduce((sum, row) => sum + bought[row]!, 0) / rows.length;
    const long = [...seconds.keys()].filter((row) => seconds[row]! > 25);
    const none = [...seconds.keys()].filter((row) => seconds[row] === 0);
    expect(rate(long)).toBeGreaterThan(0.75);
    expect(rate(none)).toBeLessThan(0.2);
    expect(none.length / 1500).toBeCloseTo(0.4, 1);
    const prices = numbers(made, 'price');
    const fits = cells(made, 'category').filter((name, row) => (name === 'phones') === prices[row]! > 400);
    expect(fits.length / 1500).toBeGreaterThan(0.95);
    expect(numbers(made, 'age').filter(Number.isNaN).length / 1500).toBeCloseTo(0.3, 1);
  });

  test('gives every column its kind back: fresh ids, constants, missing columns', async () => {
    const model = await autoregressive.fit(table, { ...SMALL, epochs: 1 }, session());
    const [made] = (await sampled(model, 300)) as [Table];
    expect(made.columns.map((column: Column) => column.schema)).toEqual(
      table.columns.map((column) => column.schema),
    );
    expect(cells(made, 'id').filter((id) => cells(table, 'id').includes(id))).toEqual([]);
    expect(new Set(cells(made, 'shop'))).toEqual(new Set(['only']));
    expect(numbers(made, 'nothing').every(Number.isNaN)).toBe(true);
    expect(new Set(numbers(made, 'bought'))).toEqual(new Set([0, 1]));
  });

  test('gives the same file for the same seed, and another for another', async () => {
    const fit = async (seed: number): Promise<Uint8Array> =>
      (await autoregressive.fit(table, { ...SMALL, epochs: 2 }, session({ seed }))).save();
    const first = await fit(1);
    expect(Buffer.compare(await fit(1), first)).toBe(0);
    expect(Buffer.compare(await fit(2), first)).not.toBe(0);
  });

  test('samples the same rows however they are cut, after saving and loading too', async () => {
    const model = await autoregressive.fit(table, { ...SMALL, epochs: 2 }, session());
    const joined = (chunks: Table[]): string =>
      JSON.stringify(
        ['seconds', 'price', 'age'].map((name) => chunks.flatMap((chunk) => numbers(chunk, name))),
      );
    const whole = await sampled(model, 500);
    const cut = await sampled(await autoregressive.load(await model.save()), 500, 5, 120);
    expect(cut.map(({ rows }) => rows)).toEqual([120, 120, 120, 120, 20]);
    expect(joined(cut)).toBe(joined(whole));
    expect(joined(await sampled(model, 500, 6))).not.toBe(joined(whole));
  });

  test('goes on from any checkpoint to the same weights, byte for byte', async () => {
    const states: Uint8Array[] = [];
    const undisturbed = session({
      checkpointDue: () => true,
      saveCheckpoint: (state) => Promise.resolve(void states.push(state)),
    });
    const expected = await (await autoregressive.fit(table, SMALL, undisturbed)).save();
    expect(states.length).toBeGreaterThan(8);
    for (const checkpoint of [states[0]!, states[Math.floor(states.length / 2)]!]) {
      const resumed = session({ checkpoint });
      const model = await autoregressive.fit(table, SMALL, resumed);
      expect(Buffer.compare(await model.save(), expected)).toBe(0);
      for (const [name, points] of resumed.points) {
        const all = undisturbed.points.get(name)!;
        if (name !== 'train/rows_per_second') expect(all.slice(-points.length)).toEqual(points);
      }
    }
  });

  test.each([
    ['of one batch each', { batchSize: 5000 }],
    ['of two batches', { batchSize: 200 }],
    ['that end early', { batchSize: 200, patience: 1, learningRate: 0.5, epochs: 12 }],
  ])('saves a checkpoint after every batch, and goes on from any: epochs %s', async (_, options) => {
    const config = { ...SMALL, ...options };
    const states: Uint8Array[] = [];
    const undisturbed = session({
      checkpointDue: () => true,
      saveCheckpoint: (state) => Promise.resolve(void states.push(state)),
    });
    const expected = await (await autoregressive.fit(table, config, undisturbed)).save();
    const steps = undisturbed.points.get('train/loss')!.length;
    const epochs = undisturbed.points.get('validation/loss')!.length;
    expect(states.length).toBe(steps);
    // The first, the last and the middle ones, with either parity: each takes a fit.
    const middle = Math.floor(steps / 2);
    for (const index of new Set([0, middle, Math.min(middle + 1, steps - 1), steps - 1])) {
      const resumed = session({ checkpoint: states[index] });
      const model = await autoregressive.fit(table, config, resumed);
      expect(Buffer.compare(await model.save(), expected)).toBe(0);
      const epochsDone = Math.floor(((index + 1) * epochs) / steps);
      expect(resumed.points.get('train/loss')?.length ?? 0).toBe(steps - index - 1);
      expect(resumed.points.get('validation/loss')?.length ?? 0).toBe(epochs - epochsDone);
    }
  });

  test('refuses the checkpoint of another table, other options or another seed', async () => {
    let checkpoint: Uint8Array | undefined;
    const saving = session({
      checkpointDue: () => true,
      saveCheckpoint: (state) => Promise.resolve(void (checkpoint = state)),
    });
    const config = { ...SMALL, epochs: 1 };
    await autoregressive.fit(table, config, saving);
    const goOn = (rows: Table, options: typeof SMALL, seed = 1): Promise<unknown> =>
      autoregressive.fit(rows, options, session({ checkpoint, seed }));
    await expect(goOn(shop(400, 2), config)).rejects.toThrow('other table');
    await expect(goOn(table, { ...config, learningRate: 0.5 })).rejects.toThrow('other options');
    await expect(goOn(table, config, 2)).rejects.toThrow('other seed');
    await expect(goOn(table, config)).resolves.toBeDefined();
  });

  test('tells its losses and progress, with steps that only rise', async () => {
    const watched = session();
    await autoregressive.fit(table, SMALL, watched);
    expect([...watched.points.keys()].sort()).toEqual([
      'train/epoch_loss',
      'train/learning_rate',
      'train/loss',
      'train/rows_per_second',
      'validation/loss',
    ]);
    for (const points of watched.points.values()) {
      points.forEach(([step], index) => expect(step).toBeGreaterThan(points[index - 1]?.[0] ?? 0));
    }
    const losses = watched.points.get('train/epoch_loss')!.map(([, loss]) => loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    expect(watched.fractions.at(-1)).toBe(1);
    expect([...watched.fractions].sort((a, b) => a - b)).toEqual(watched.fractions);
  });

  test('stops at the next batch with the reason that it was aborted for, and lets signals in', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled by the user');
    setImmediate(() => setImmediate(() => controller.abort(reason)));
    const watched = session({ signal: controller.signal });
    await expect(autoregressive.fit(table, SMALL, watched)).rejects.toBe(reason);
    expect(watched.points.get('train/loss')?.length ?? 0).toBeLessThan(8);
  });

  test.each(['onnx-cpu', 'tfjs-wasm'])(
    'keeps no tensor on %s once it is done, aborted or not',
    async (name) => {
      const other = await startEngine({ forced: name });
      const before = tf.memory().numTensors;
      const model = await autoregressive.fit(table, { ...SMALL, epochs: 1 }, session({ engine: other }));
      const whole = {
        engine: other,
        seed: 5,
        signal: new AbortController().signal,
        progress: () => undefined,
      };
      for await (const chunk of model.sample(50, whole)) expect(chunk.rows).toBe(50);
      const aborted = session({
        engine: other,
        metric: () => {
          throw new Error('stop');
        },
      });
      await expect(autoregressive.fit(table, SMALL, aborted)).rejects.toThrow('stop');
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('ends with the same losses on two engines, to one in a thousand', async () => {
    const losses = async (name: string): Promise<number[]> => {
      const watched = session({ engine: await startEngine({ forced: name }) });
      await autoregressive.fit(table, SMALL, watched);
      return watched.points.get('train/loss')!.map(([, loss]) => loss);
    };
    const expected = await losses('onnx-cpu');
    const reports = await listEngines({ allowSoftware: true, threads: 2 });
    const onGpu = reports.filter(({ name, available }) => available && /^onnx-(cuda|webgpu)$/.test(name));
    for (const name of ['tfjs-wasm', ...onGpu.map((report) => report.name)]) {
      const found = await losses(name);
      found.forEach((loss, step) => expect(Math.abs(loss / expected[step]! - 1)).toBeLessThan(1e-3));
    }
  });

  test('goes on with another engine from a checkpoint', async () => {
    const states: Uint8Array[] = [];
    const undisturbed = session({
      checkpointDue: () => true,
      saveCheckpoint: (state) => Promise.resolve(void states.push(state)),
    });
    await autoregressive.fit(table, SMALL, undisturbed);
    const checkpoint = states[Math.floor(states.length / 2)]!;
    const resumed = session({ checkpoint, engine: await startEngine({ forced: 'tfjs-wasm' }) });
    await autoregressive.fit(table, SMALL, resumed);
    const last = (watched: Watched): number => watched.points.get('validation/loss')!.at(-1)![1];
    expect(Math.abs(last(resumed) / last(undisturbed) - 1)).toBeLessThan(1e-3);
  });

  test('stores no row of the table', async () => {
    const file = Buffer.from(
      await (await autoregressive.fit(table, { ...SMALL, epochs: 1 }, session())).save(),
    ).toString('latin1');
    expect(file).not.toContain('s-17"');
    expect(numbers(table, 'seconds').filter((value) => value > 0 && file.includes(String(value)))).toEqual(
      [],
    );
  });

  test('says what to change when the loss is no longer finite, and keeps the last good checkpoint', async () => {
    const config = { ...SMALL, learningRate: 1e25, epochs: 20 };
    const states: Uint8Array[] = [];
    const saving = session({
      checkpointDue: () => true,
      saveCheckpoint: (state) => Promise.resolve(void states.push(state)),
    });
    await expect(autoregressive.fit(table, config, saving)).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringContaining('Lower the learning rate') as unknown,
    });
    expect(states.length).toBeGreaterThan(0);
    for (const state of states) {
      const { parameters } = readCheckpoint(state);
      for (const values of parameters.values()) expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  test('refuses a table too short to learn from', async () => {
    await expect(autoregressive.fit(shop(9), SMALL, session())).rejects.toMatchObject({
      code: 'INSUFFICIENT_DATA',
    });
    await expect(autoregressive.fit(shop(10), SMALL, session())).resolves.toBeDefined();
  });

  test('fits a table that leaves nothing to predict', async () => {
    const columns = table.columns.filter(({ schema: { name } }) => ['id', 'shop', 'nothing'].includes(name));
    const model = await autoregressive.fit({ rows: table.rows, columns }, SMALL, session());
    const loaded = await autoregressive.load(await model.save());
    expect((await sampled(loaded, 20)).map(({ rows }) => rows)).toEqual([20]);
  });

  test('takes 500 columns within bounded memory', async () => {
    const random = Random.seeded(1);
    const columns = Array.from({ length: 500 }, (_, index) => ({
      schema: schema(`c${index}`, 'REAL'),
      values: Float64Array.from({ length: 60 }, () => random.normal()),
    }));
    const config = { ...SMALL, epochs: 1, batchSize: 16, hiddenUnits: 16 };
    const model = await autoregressive.fit({ rows: 60, columns }, config, session());
    const [made] = (await sampled(model, 5)) as [Table];
    expect(made.columns.length).toBe(500);
  });
});

describe('the config', () => {
  test('describes every option, and refuses unknown keys and values out of range', () => {
    for (const [key, option] of Object.entries(AutoregressiveConfig.shape)) {
      expect([key, (option.description?.length ?? 0) > 30]).toEqual([key, true]);
    }
    expect(AutoregressiveConfig.safeParse({ epoch: 3 }).success).toBe(false);
    expect(AutoregressiveConfig.safeParse({ epochs: 0 }).success).toBe(false);
    expect(AutoregressiveConfig.safeParse({}).success).toBe(true);
  });
});

describe('the catalogue', () => {
  test('finds a generator by name, and lists the names for any other', () => {
    expect(generatorOf('autoregressive')).toBe(autoregressive);
    expect(() => generatorOf('oracle')).toThrow('autoregressive');
  });
});
