import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from './compute/engine.js';
import type { EngineName } from './compute/program.js';
import { isOutOfMemory } from './out-of-memory.js';

/** A column and a row of that length have a sum of 70 TB, which no machine gives. */
const LENGTH = 2 ** 22;

async function addTooMuch(forced: EngineName): Promise<unknown> {
  const engine = await startEngine({ forced, threads: 1 });
  const program = await engine.compile('too much', {
    state: engine.hold({}),
    inputs: { column: { shape: [LENGTH, 1], dtype: 'float32' } as const },
    step: (_, { column }) => ({
      outputs: { total: tf.sum(tf.add(column, tf.reshape(column, [1, LENGTH]))) },
    }),
  });
  return program.run({ column: new Float32Array(LENGTH) }).catch((error: unknown) => error);
}

describe('too little memory', () => {
  it.each(['onnx-cpu', 'tfjs-cpu'] as const)('is known by what %s says of it', async (engine) => {
    expect(isOutOfMemory(await addTooMuch(engine))).toBe(true);
  });

  it('is known where it is what caused an error', () => {
    const cause = new Error('std::bad_alloc');
    expect(isOutOfMemory(new Error('the step "train" failed', { cause }))).toBe(true);
  });

  it('is not taken for the reason of any error', () => {
    expect(isOutOfMemory(new RangeError('3 rows more than were announced'))).toBe(false);
  });
});
