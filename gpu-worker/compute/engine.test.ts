import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { listEngines, startEngine } from './engine.js';
import { ENGINE_NAMES } from './program.js';
import { Random } from './random.js';
import { stored, type Stored } from './tensors.js';

const random = Random.seeded(3);
/** What every machine has, after `npm ci`. */
const EVERYWHERE = ['onnx-cpu', 'tfjs-wasm', 'tfjs-cpu'] as const;

function numbers(...shape: number[]): Stored {
  const length = shape.reduce((count, size) => count * size, 1);
  return stored(
    shape,
    Float32Array.from({ length }, () => random.normal()),
  );
}

describe('engines', () => {
  test('start the fastest one that works here, and say which', async () => {
    const engine = await startEngine();
    expect(['tfjs-wasm', 'tfjs-cpu']).not.toContain(engine.name);
    expect(engine.version).toMatch(/^\d+\.\d+/);
    expect(engine.device).not.toBe('');
  });

  test.each(EVERYWHERE)('start %s when it is forced', async (forced) => {
    expect((await startEngine({ forced })).name).toBe(forced);
  });

  test('refuse a name that is none', async () => {
    await expect(startEngine({ forced: 'abacus' })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining(ENGINE_NAMES.join(', ')) as unknown,
    });
  });

  test('are listed with whether they could start', async () => {
    const reports = await listEngines();
    expect(reports.map(({ name }) => name)).toEqual([...ENGINE_NAMES]);
    for (const name of EVERYWHERE)
      expect(reports.find((report) => report.name === name)!.available).toBe(true);
  });

  test('refuse a forced engine that is listed as absent instead of falling back', async () => {
    const absent = (await listEngines({ allowSoftware: true, threads: 1 })).filter(
      ({ available }) => !available,
    );
    for (const { name, detail } of absent) {
      await expect(startEngine({ forced: name })).rejects.toMatchObject({
        code: 'ENGINE_UNAVAILABLE',
        message: expect.stringContaining(detail) as unknown,
      });
    }
  });
});

// A GPU keeps state where it can't be read directly; a software renderer will do to see that.
const reports = await listEngines({ allowSoftware: true, threads: 2 });
const onnxOnGpu = reports.filter(({ name, available }) => available && /^onnx-(cuda|webgpu)$/.test(name));

describe.each([...EVERYWHERE, ...onnxOnGpu.map(({ name }) => name)])('held state on %s', (forced) => {
  const start = async () => {
    const engine = await startEngine({ forced });
    const state = engine.hold<{ count: tf.Tensor; fixed: readonly tf.Tensor[] }>({
      count: stored([2], Float32Array.of(1, 2)),
      fixed: [stored([], Int32Array.of(7))],
    });
    const program = await engine.compile('counting', {
      state,
      inputs: { by: { shape: [2], dtype: 'float32' } as const },
      step: (held, { by }) => ({
        state: { ...held, count: tf.add(held.count, by) },
        outputs: { before: held.count, sum: tf.sum<tf.Tensor>(by) },
      }),
    });
    return { engine, state, program };
  };

  test('is replaced by what a run makes of it, and stays between runs', async () => {
    const { state, program } = await start();
    const first = await program.run({ by: Float32Array.of(10, 20) });
    const second = await program.run({ by: Float32Array.of(1, 1) });
    expect([...first.before]).toEqual([1, 2]);
    expect([...second.before]).toEqual([11, 22]);
    expect([...second.sum]).toEqual([2]);
    const { count, fixed } = await state.read();
    expect([...count.values]).toEqual([12, 23]);
    expect([...fixed[0]!.values]).toEqual([7]);
  });

  test('is shared by the programs of an engine', async () => {
    const { engine, state, program } = await start();
    const other = await engine.compile('doubling', {
      state,
      inputs: {},
      step: (held) => ({
        state: { ...held, count: tf.mul(held.count, 2) },
        outputs: {},
      }),
    });
    await program.run({ by: Float32Array.of(1, 1) });
    await other.run({});
    await program.run({ by: Float32Array.of(1, 1) });
    expect([...(await state.read()).count.values]).toEqual([5, 7]);
  });

  test('is read as a copy', async () => {
    const { state, program } = await start();
    const before = (await state.read()).count.values;
    await program.run({ by: Float32Array.of(5, 5) });
    await program.run({ by: Float32Array.of(5, 5) });
    expect([...before]).toEqual([1, 2]);
  });

  test('takes no more memory however long a fit is', async () => {
    const { state, program } = await start();
    const by = Float32Array.of(1, 1);
    const steps = async (count: number) => {
      for (let step = 0; step < count; step++) await program.run({ by });
      return tf.memory().numTensors;
    };
    const tensors = await steps(5);
    expect(await steps(50)).toBe(tensors);
    state.dispose();
    program.dispose();
  });

  test.each([
    ['more bytes of state than of inputs', 64],
    ['more bytes of inputs than of state', 1],
  ])('is the same after several steps at once as after one by one, with %s', async (_, length) => {
    const engine = await startEngine({ forced });
    const trial = async () => {
      const state = engine.hold<{ sum: tf.Tensor; rate: tf.Tensor }>({
        sum: stored([length], new Float32Array(length)),
        rate: stored([], Float32Array.of(0.5)),
      });
      const program = await engine.compile('summing', {
        state,
        inputs: { by: { shape: [3], dtype: 'float32' } } as const,
        step: (held, { by }) => {
          const sum = tf.add<tf.Tensor>(held.sum, tf.mul(tf.sum(by), held.rate));
          return { state: { ...held, sum }, outputs: { by, last: tf.max<tf.Tensor>(sum) } };
        },
      });
      return { state, program };
    };
    const steps = [1, 2, 3, 4].map((by) => ({ by: Float32Array.of(by, by * 10, 0) }));
    const together = await trial();
    const answers = await together.program.runAll(steps);
    const apart = await trial();
    for (const [index, step] of steps.entries()) {
      const { by, last } = await apart.program.run(step);
      expect([...answers[index]!.by]).toEqual([...by]);
      expect([...answers[index]!.last]).toEqual([...last]);
    }
    expect([...answers[3]!.last]).toEqual([55]);
    expect(await together.state.read()).toEqual(await apart.state.read());
    expect(await together.program.runAll([])).toEqual([]);
  });

  test.each([
    ['large', 200],
    ['small', 1],
  ])('is as before when one of several steps fails, %s as it may be', async (_, length) => {
    const engine = await startEngine({ forced });
    const state = engine.hold<{ table: tf.Tensor }>({
      table: stored([4, length], new Float32Array(4 * length)),
    });
    const program = await engine.compile('picking', {
      state,
      inputs: { row: { shape: [8], dtype: 'int32' } } as const,
      step: ({ table }, { row }) => ({
        state: { table: tf.add(table, 1) },
        outputs: { picked: tf.sum<tf.Tensor>(tf.gather(table, row)) },
      }),
    });
    const rows = (row: number) => ({ row: new Int32Array(8).fill(row) });
    const wrong = { row: Float32Array.of(1) } as never;
    await program.run(rows(1));
    await expect(program.runAll([rows(1), wrong, rows(2)])).rejects.toThrow('must be int32[8]');
    expect((await state.read()).table.values.every((value) => value === 1)).toBe(true);
    if (forced === 'onnx-cpu')
      await expect(program.runAll([rows(1), rows(9), rows(2)])).rejects.toThrow(/indices element out of/);
    expect((await state.read()).table.values.every((value) => value === 1)).toBe(true);
    expect([...(await program.run(rows(3))).picked]).toEqual([8 * length]);
  });

  test('must be answered in the form in which it was given, and as tensors', async () => {
    const engine = await startEngine({ forced });
    const attempt = async (answer: (a: tf.Tensor) => object) => {
      const state = engine.hold<{ a: tf.Tensor; b: tf.Tensor }>({
        a: stored([2], Float32Array.of(1, 2)),
        b: stored([], Float32Array.of(3)),
      });
      const step = ({ a }: { a: tf.Tensor }) => answer(a) as { outputs: Record<string, tf.Tensor> };
      const program = await engine.compile('answering', { state, inputs: {}, step });
      await program.run({});
      return state.read();
    };
    await expect(attempt((a) => ({ state: { a: tf.concat([a, a]) }, outputs: {} }))).rejects.toThrow(
      'the step "answering" makes float32[4] of the state "a", which is float32[2]',
    );
    await expect(attempt((a) => ({ state: { c: a }, outputs: {} }))).rejects.toThrow(
      'the state "c", which it wasn\'t given',
    );
    await expect(attempt(() => ({ outputs: { loss: 3 } }))).rejects.toThrow('the output "loss" of the step');
    await expect(attempt((a) => a)).rejects.toThrow('must answer { state, outputs }');
    const { a, b } = await attempt((before) => ({ state: { a: tf.mul(before, 2) }, outputs: {} }));
    expect([[...a.values], [...b.values]]).toEqual([[2, 4], [3]]);
    expect([...(await attempt(() => ({ outputs: {} }))).a.values]).toEqual([1, 2]);
  });

  test('has the array of its type, after a cast too', async () => {
    const engine = await startEngine({ forced });
    const state = engine.hold<{ a: tf.Tensor }>({ a: stored([2], Float32Array.of(1, 2)) });
    const program = await engine.compile('casting', {
      state,
      inputs: {},
      step: ({ a }) => ({
        state: { a: tf.cast(tf.greater(a, 1.5), 'float32') },
        outputs: { whole: tf.cast(a, 'int32') },
      }),
    });
    const { whole } = await program.run({});
    expect(whole).toEqual(Int32Array.of(1, 2));
    expect((await state.read()).a.values).toEqual(Float32Array.of(0, 1));
  });

  test('outlives its programs, which may be disposed of twice', async () => {
    const { state, program } = await start();
    await program.run({ by: Float32Array.of(1, 1) });
    program.dispose();
    program.dispose();
    expect([...(await state.read()).count.values]).toEqual([2, 3]);
    state.dispose();
    state.dispose();
    const other = await start();
    other.state.dispose();
    await expect(other.program.run({ by: Float32Array.of(1, 1) })).rejects.toThrow(
      'the state of the program "counting" is disposed of',
    );
  });

  test('says which input is missing, too short or of another type', async () => {
    const { program } = await start();
    await expect(program.run({} as never)).rejects.toThrow(/"counting" wasn't given its input "by"/);
    await expect(program.run({ by: Float32Array.of(1) })).rejects.toThrow(
      'the input "by" of the program "counting" must be float32[2]; it is 1 values of float32',
    );
    await expect(program.run({ by: Int32Array.of(1, 2) })).rejects.toThrow('2 values of int32');
  });
});

describe('the same fit', () => {
  /** A small network and its optimizer: products, broadcasting, activations, reductions, a second-order term. */
  async function losses(forced: string, threads: number): Promise<number[]> {
    const random = Random.seeded(11);
    const drawn = (...shape: number[]) =>
      stored(
        shape,
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.3 * random.normal()),
      );
    const engine = await startEngine({ forced, threads });
    type State = { weights: tf.Tensor; bias: tf.Tensor; table: tf.Tensor };
    const state = engine.hold<State>({ weights: drawn(16, 32), bias: drawn(32), table: drawn(9, 16) });
    const program = await engine.compile('a fit', {
      state,
      inputs: { words: { shape: [64], dtype: 'int32' }, y: { shape: [64, 32], dtype: 'float32' } } as const,
      step: (held, { words, y }) => {
        const loss = (weights: tf.Tensor, bias: tf.Tensor, table: tf.Tensor): tf.Scalar => {
          const x = tf.gather(table, words);
          return tf.mean(tf.squaredDifference(tf.tanh(tf.add(tf.matMul(x, weights), bias)), y));
        };
        const { value, grads } = tf.valueAndGrads(loss)([held.weights, held.bias, held.table]);
        const [weights, bias, table] = [held.weights, held.bias, held.table].map((parameter, at) =>
          tf.sub(parameter, tf.mul(grads[at]!, 2)),
        ) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return { state: { weights, bias, table }, outputs: { loss: value } };
      },
    });
    const found: number[] = [];
    const y = Float32Array.from({ length: 64 * 32 }, () => Math.sin(random.normal()));
    for (let step = 0; step < 40; step++) {
      const words = Int32Array.from({ length: 64 }, () => random.integer(9));
      found.push((await program.run({ words, y })).loss[0]!);
    }
    return found;
  }

  test('on one engine twice is the same, number by number', async () => {
    for (const name of EVERYWHERE) expect(await losses(name, 2)).toEqual(await losses(name, 2));
  });

  test('is the same on any number of threads', async () => {
    expect(await losses('onnx-cpu', 1)).toEqual(await losses('onnx-cpu', 2));
  });

  test('on two engines ends with losses equal to one in a thousand', async () => {
    const expected = (await losses('tfjs-cpu', 1)).at(-1)!;
    for (const name of EVERYWHERE)
      expect(Math.abs((await losses(name, 2)).at(-1)! / expected - 1)).toBeLessThan(1e-3);
  });
});

describe('matrix multiplication on the wasm engine', () => {
  const size = (): number => 1 + random.integer(40);
  const shapes = Array.from({ length: 40 }, () => {
    const [m, k, n, batch] = [size(), size(), size(), 1 + random.integer(4)];
    const [transposeA, transposeB] = [random.integer(2) === 1, random.integer(2) === 1];
    const [batchA, batchB] = [[], [1], [batch]]
      .flatMap((a, i, all) => all.slice(0, i + 1).map((b) => [a, b]))
      .at(random.integer(6)) as [number[], number[]];
    return {
      a: [...batchA, ...(transposeA ? [k, m] : [m, k])],
      b: [...batchB, ...(transposeB ? [n, k] : [k, n])],
      transposeA,
      transposeB,
    };
  });

  const tensorOf = ({ shape, values }: Stored): tf.Tensor => tf.tensor(values, [...shape]);

  test('agrees with the plain JavaScript engine for any shape, batch and transposition', async () => {
    await startEngine({ forced: 'tfjs-wasm' });
    await startEngine({ forced: 'tfjs-cpu' });
    for (const { a, b, transposeA, transposeB } of shapes) {
      const [left, right] = [numbers(...a), numbers(...b)];
      const productOn = async (backend: string) => {
        await tf.setBackend(backend);
        return tf.matMul(tensorOf(left), tensorOf(right), transposeA, transposeB);
      };
      const expected = await productOn('cpu');
      const expectedValues = expected.dataSync();
      const result = await productOn('wasm');
      expect(result.shape).toEqual(expected.shape);
      expect(largestDifference(result.dataSync(), expectedValues)).toBeLessThan(1e-4);
    }
  });

  test('repeats each side along batch dimensions that the other has', async () => {
    await startEngine({ forced: 'tfjs-wasm' });
    const a = tensorOf(numbers(2, 1, 3, 4));
    const b = tensorOf(numbers(1, 5, 4, 6));
    const repeated = tf.matMul(tf.tile(a, [1, 5, 1, 1]), tf.tile(b, [2, 1, 1, 1]));
    expect(largestDifference(tf.matMul(a, b).dataSync(), repeated.dataSync())).toBe(0);
  });

  test('agrees with and without a fused bias and activation', async () => {
    await startEngine({ forced: 'tfjs-wasm' });
    const a = tensorOf(numbers(7, 5));
    const b = tensorOf(numbers(6, 7));
    const bias = tf.tensor1d([1, -1, 2, -2, 0.5, 0]);
    const fused = tf.fused.matMul({
      a: a,
      b: b,
      transposeA: true,
      transposeB: true,
      bias,
      activation: 'relu',
    });
    const plain = tf.relu(tf.add(tf.matMul(a, b, true, true), bias));
    expect(largestDifference(fused.dataSync(), plain.dataSync())).toBeLessThan(1e-5);
  });

  test('leaves no tensor behind', async () => {
    await startEngine({ forced: 'tfjs-wasm' });
    const a = tensorOf(numbers(3, 4, 5));
    const b = tensorOf(numbers(3, 6, 5));
    const before = tf.memory().numDataBuffers;
    tf.tidy(() => void tf.matMul(a, b, false, true));
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  test('says which shapes do not fit', async () => {
    await startEngine({ forced: 'tfjs-wasm' });
    expect(() => tf.matMul(tensorOf(numbers(2, 3)), tensorOf(numbers(4, 5)))).toThrow(
      'inner shapes (3) and (4)',
    );
  });
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  return largest;
}
