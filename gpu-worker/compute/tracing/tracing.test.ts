import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../engine.js';
import type { Engine, Program, Step } from '../program.js';
import { stored, type Spec, type StoredOf, type ValuesOf } from '../tensors.js';
import { nodesFor } from './graph.js';
import { TraceError } from './trace-error.js';
import { trace } from './trace.js';

const PAIR = { shape: [2], dtype: 'float32' } as const satisfies Spec;
const SQUARE = { shape: [2, 2], dtype: 'float32' } as const satisfies Spec;

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

/** Compiles a step without state, of one matrix. */
async function compiled(of: (x: tf.Tensor) => tf.Tensor): Promise<Program<{ x: Spec }, { y: tf.Tensor }>> {
  return engine.compile('trial', {
    state: engine.hold({}),
    inputs: { x: SQUARE },
    step: (_, { x }) => ({ outputs: { y: of(x) } }),
  });
}

/** Compiles a step of the state { count: float32[2] }. */
async function counting(
  step: Step<{ count: tf.Tensor }, { by: typeof PAIR }, { sum: tf.Tensor }>,
  state = engine.hold<{ count: tf.Tensor }>({ count: stored([2], Float32Array.of(1, 2)) }),
) {
  const program = await engine.compile('counting', { state, inputs: { by: PAIR }, step });
  return { state, program };
}

describe("a step that can't be compiled", () => {
  test('is told by the operation that has no ONNX form, and by the file and line where it stands', async () => {
    const attempt = compiled((x) => tf.einsum('ij->i', x));
    await expect(attempt).rejects.toThrow(TraceError);
    await expect(attempt).rejects.toThrow(
      /"trial" can't be compiled: there is no ONNX form of the operation "Einsum", at \S*tracing\.test\.ts:\d+:\d+/,
    );
  });

  test.each<[name: string, operation: string, of: (x: tf.Tensor) => tf.Tensor]>([
    ['a Fourier transform', 'Complex', (x) => tf.real(tf.fft(tf.complex(x, x)))],
    ['an inverse cosine', 'Acos', (x) => tf.acos(x)],
    ['a running product', 'Cumprod', (x) => tf.cumprod(x)],
  ])('names the operation of %s', async (_, operation, of) => {
    await expect(compiled(of)).rejects.toThrow(TraceError);
    await expect(compiled(of)).rejects.toThrow(operation);
  });

  test('names the operation that has no gradient', async () => {
    const attempt = compiled((x) => tf.grad((at) => tf.topk(at, 1).values)(x));
    await expect(attempt).rejects.toThrow('there is no gradient of the operation "TopK"');
  });

  test('says which lengths of a product differ', async () => {
    await expect(compiled((x) => tf.matMul(x, tf.ones([3, 3])))).rejects.toThrow(
      'the inner lengths 2 and 3 must be equal',
    );
  });

  test('says of operands that do not fit what they are, and where', async () => {
    await expect(compiled((x) => tf.add(x, tf.ones([3])))).rejects.toThrow(
      /could not be broadcast together with shapes 2,2 and 3, at \S*tracing\.test\.ts:\d+:\d+\.$/,
    );
    const whole = (x: tf.Tensor) => tf.cast(x, 'int32');
    await expect(compiled((x) => tf.matMul(whole(x), whole(x)))).rejects.toThrow('both must be float32');
  });

  test('may read no value', async () => {
    const attempt = compiled((x) => tf.mul(x, x.dataSync()[0]!));
    await expect(attempt).rejects.toThrow(TraceError);
    await expect(attempt).rejects.toThrow('the value of a tensor is read');
  });

  test.each<[name: string, of: (x: tf.Tensor) => tf.Tensor]>([
    ['a multinomial draw', (x) => tf.cast(tf.multinomial(x as tf.Tensor2D, 3), 'float32')],
    ['normal noise', (x) => tf.add(x, tf.randomNormal([2, 2]))],
    ['uniform noise', (x) => tf.add(x, tf.randomUniform([2, 2]))],
    ['dropout', (x) => tf.dropout(x, 0.5)],
  ])('may let no operation draw random numbers, such as %s', async (_, of) => {
    await expect(compiled(of)).rejects.toThrow(TraceError);
    await expect(compiled(of)).rejects.toThrow('draws random numbers; take noise from a seeded `Random`');
    await expect(compiled(of)).rejects.toThrow(/at \S*tracing\.test\.ts:\d+:\d+\.$/);
  });

  test('may use no tensor of another step', async () => {
    let kept: tf.Tensor | undefined;
    await compiled((x) => (kept = tf.keep(tf.mul(x, 2))));
    await expect(compiled((x) => tf.add(x, kept!))).rejects.toThrow('made outside of the step');
  });

  test('may use no tensor that was made outside of it', async () => {
    await startEngine({ forced: 'tfjs-cpu' });
    const outside = tf.tensor1d([1, 2]);
    engine = await startEngine({ forced: 'onnx-cpu' });
    const attempt = compiled((x) => tf.add(x, outside));
    await expect(attempt).rejects.toThrow(TraceError);
    await expect(attempt).rejects.toThrow('a tensor that was made outside of the step is used in it');
  });

  test('may be compiled inside of no other one', async () => {
    const outer = compiled((x) => {
      trace('inner', { scatters: 'rows', tallProducts: 'whole' }, {}, {}, () => ({ outputs: {} }));
      return x;
    });
    await expect(outer).rejects.toThrow('a step is compiled inside another one');
    await expect((await compiled((x) => x)).run({ x: Float32Array.of(1, 2, 3, 4) })).resolves.toBeDefined();
  });
});

test('tensors can be made in steps only', () => {
  expect(() => tf.tensor1d([1, 2])).toThrow('give the numbers as state or inputs');
});

describe('the state that a step answers', () => {
  test('must have the shape that it had', async () => {
    const attempt = counting(({ count }, { by }) => ({
      state: { count: tf.concat([count, by]) },
      outputs: { sum: tf.sum(by) },
    }));
    await expect(attempt).rejects.toThrow(
      'the step "counting" makes float32[4] of the state "count", which is float32[2]',
    );
  });

  test('must have the type that it had', async () => {
    const attempt = counting(({ count }, { by }) => ({
      state: { count: tf.cast(count, 'int32') },
      outputs: { sum: tf.sum(by) },
    }));
    await expect(attempt).rejects.toThrow('makes int32[2] of the state "count", which is float32[2]');
  });

  test('must be one that it was given', async () => {
    const attempt = counting(({ count }, { by }) => {
      const more: { count: tf.Tensor } & Record<string, tf.Tensor> = { count, total: tf.sum(by) };
      return { state: more, outputs: { sum: tf.sum(by) } };
    });
    await expect(attempt).rejects.toThrow('answers the state "total", which it wasn\'t given');
  });

  test('stays as it was where a step answers it as it is, or not at all', async () => {
    const { state, program } = await counting(({ count }, { by }) => ({
      state: { count },
      outputs: { sum: tf.sum(tf.add(count, by)) },
    }));
    const without = await counting((_, { by }) => ({ outputs: { sum: tf.sum(by) } }), state);
    expect([...(await program.run({ by: Float32Array.of(3, 4) })).sum]).toEqual([10]);
    expect([...(await without.program.run({ by: Float32Array.of(3, 4) })).sum]).toEqual([7]);
    expect([...(await state.read()).count.values]).toEqual([1, 2]);
  });

  test('may be exchanged', async () => {
    type State = { a: tf.Tensor; b: tf.Tensor };
    const given: StoredOf<State> = { a: stored([1], Float32Array.of(1)), b: stored([1], Float32Array.of(2)) };
    const state = engine.hold<State>(given);
    const program = await engine.compile('exchange', {
      state,
      inputs: {},
      step: ({ a, b }: State) => ({ state: { a: b, b: a }, outputs: {} }),
    });
    const values = async () => Object.values(await state.read()).map((one) => one.values[0]);
    await program.run({});
    expect(await values()).toEqual([2, 1]);
    await program.run({});
    expect(await values()).toEqual([1, 2]);
  });
});

describe('held state', () => {
  const adding: Step<{ count: tf.Tensor }, { by: typeof PAIR }, { sum: tf.Tensor }> = (
    { count },
    { by },
  ) => ({
    state: { count: tf.add(count, by) },
    outputs: { sum: tf.sum(count) },
  });

  test('is shared by two programs', async () => {
    const { state, program } = await counting(adding);
    const scaling = await counting(
      ({ count }, { by }) => ({ state: { count: tf.mul(count, by) }, outputs: { sum: tf.sum(count) } }),
      state,
    );
    await program.run({ by: Float32Array.of(1, 1) });
    await scaling.program.run({ by: Float32Array.of(10, 100) });
    expect([...(await program.run({ by: Float32Array.of(0, 0) })).sum]).toEqual([320]);
  });

  test("is read as a copy, which runs don't change, and changing which changes no run", async () => {
    const { state, program } = await counting(adding);
    const before = (await state.read()).count.values;
    await program.run({ by: Float32Array.of(1, 1) });
    await program.run({ by: Float32Array.of(1, 1) });
    expect([...before]).toEqual([1, 2]);
    (await state.read()).count.values.fill(100);
    expect([...(await state.read()).count.values]).toEqual([3, 4]);
  });

  test('is a copy of the numbers that it was made of', async () => {
    const given = Float32Array.of(1, 2);
    const { state } = await counting(
      adding,
      engine.hold<{ count: tf.Tensor }>({ count: stored([2], given) }),
    );
    given.fill(9);
    expect([...(await state.read()).count.values]).toEqual([1, 2]);
  });
});

describe('inputs of a run', () => {
  test.each<[problem: string, inputs: object, message: string]>([
    ['is missing', {}, 'the program "trial" wasn\'t given its input "x"'],
    [
      'has another length',
      { x: Float32Array.of(1) },
      'the input "x" of the program "trial" must be float32[2, 2]',
    ],
    ['has another type', { x: new Int32Array(4) }, 'it is 4 values of int32'],
  ])('are refused by name where one %s', async (_, inputs, message) => {
    const program = await compiled((x) => tf.exp(x));
    await expect(program.run(inputs as ValuesOf<{ x: Spec }>)).rejects.toThrow(message);
  });

  test("are checked where a step doesn't use them, too", async () => {
    const program = await compiled(() => tf.zeros([1]));
    await expect(program.run({} as ValuesOf<{ x: Spec }>)).rejects.toThrow('wasn\'t given its input "x"');
  });
});

describe('the graph of a step', () => {
  function operations(of: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]): string[] {
    const { outputs } = trace(
      'trial',
      { scatters: 'rows', tallProducts: 'whole' },
      {},
      { x: SQUARE },
      (_, { x }) => ({
        outputs: { y: of(x) },
      }),
    );
    return nodesFor([...outputs.values()]).map(({ op }) => op);
  }

  test('has what is computed of constants folded into one', () => {
    expect(operations((x) => tf.mul(x, tf.exp(tf.cumsum(tf.tensor1d([1, 2]), -1))))).toEqual(['Mul']);
    expect(
      operations((x) => tf.where(tf.oneHot(tf.tensor1d([1, 0], 'int32'), 2, 1, 0, 'bool'), x, 0)),
    ).toEqual(['Where']);
  });

  test('has an operation once that a step asks for twice', () => {
    expect(operations((x) => tf.div(tf.exp(x), tf.add(tf.exp(x), 1)))).toEqual(['Exp', 'Add', 'Div']);
  });

  test('has no operation whose result nothing needs', () => {
    expect(
      operations((x) => {
        tf.sin(x);
        return tf.cos(x);
      }),
    ).toEqual(['Cos']);
  });

  test('has nothing for what changes nothing', () => {
    expect(operations((x) => tf.transpose(tf.transpose(tf.mul(tf.add(x, 0), 1))))).toEqual([]);
  });

  test('has the backward pass in it, and no more of the forward one than that needs', () => {
    expect(operations((x) => tf.grad((at) => tf.sum(tf.sin(at)))(x))).toEqual(['Cos']);
  });
});
