import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../engine.js';
import { valueAndGradients } from '../optimizers/value-and-gradients.js';
import type { Engine } from '../program.js';
import { Random } from '../random.js';
import { stored } from '../tensors.js';
import { catalogueLoss } from './catalogue-loss.js';
import { normal } from './initialisation.js';
import { crossEntropyOfLabels } from './losses.js';

const [ROWS, WIDTH, ITEMS] = [6, 4, 9];
const random = Random.seeded(2);
const numbers = (name: string, shape: readonly number[]) => normal(random.derive(name), shape, 1);

describe('the loss over a catalogue', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
  });

  const parameters = {
    x: stored([ROWS, WIDTH], numbers('x', [ROWS, WIDTH])),
    items: stored([ITEMS, WIDTH], numbers('items', [ITEMS, WIDTH])),
  };
  type Parameters = { readonly x: tf.Tensor2D; readonly items: tf.Tensor2D };
  const state = () => engine.hold<Parameters>(parameters);
  let held: ReturnType<typeof state>;
  afterAll(() => held.dispose());

  test('has the value and the gradients of cross-entropy over the logits of all items', async () => {
    held = state();
    const program = await engine.compile('both losses', {
      state: held,
      inputs: {
        labels: { shape: [ROWS], dtype: 'int32' },
        weights: { shape: [ROWS], dtype: 'float32' },
      } as const,
      step: (given: Parameters, { labels, weights }) => {
        const by = (loss: (x: tf.Tensor2D, items: tf.Tensor2D) => tf.Tensor) =>
          valueAndGradients<Parameters>(
            ({ x, items }) => tf.sum<tf.Scalar>(tf.mul(loss(x, items), weights)),
            given,
          );
        const ours = by((x, items) => catalogueLoss(x, items, labels as tf.Tensor1D));
        const plain = by((x, items) => crossEntropyOfLabels(tf.matMul(x, items, false, true), labels));
        return { outputs: { ours, plain } };
      },
    });
    // Two rows with one label, so that its gradient is a sum.
    const { ours, plain } = await program.run({
      labels: Int32Array.of(0, 8, 3, 3, 5, 1),
      weights: Float32Array.of(1, 0.5, 2, 1, 0, 1),
    });
    expect(ours.value[0]).toBeCloseTo(plain.value[0]!, 5);
    for (const part of ['x', 'items'] as const) {
      expect(Math.max(...plain.gradients[part].map(Math.abs))).toBeGreaterThan(0.1);
      ours.gradients[part].forEach((value, at) => expect(value).toBeCloseTo(plain.gradients[part][at]!, 5));
    }
    program.dispose();
  });
});
