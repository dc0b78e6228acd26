import { test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../engine.js';

test('try', async () => {
  const engine = await startEngine({ forced: 'onnx-cpu' });
  const outside = tf.tensor;
  const tries: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    einsum: (x) => tf.einsum('ij->i', x),
    fft: (x) => tf.real(tf.fft(tf.complex(x, x))),
    acos: (x) => tf.acos(x),
    deep: (x) => tf.add(tf.norm(tf.acos(x)), 1),
    read: (x) => tf.mul(x, x.dataSync()[0]!),
    randomUniform: (x) => tf.add(x, tf.randomUniform([2, 2])),
    randomNormal: (x) => tf.add(x, tf.randomNormal([2, 2])),
    multinomial: (x) => tf.multinomial(x as tf.Tensor2D, 3, 1),
    dropout: (x) => tf.dropout(x, 0.5),
    grad: (x) => tf.grad((y) => tf.topk(y, 1).values)(x),
    wrong: (x) => tf.matMul(x, tf.ones([3, 3])),
    long: () => tf.sum(tf.range(0, 100000)),
    typed: (x) => tf.cast(x, 'complex64'),
    print: (x) => { x.print(); return x; },
  };
  void outside;
  for (const [name, f] of Object.entries(tries)) {
    const state = engine.hold({});
    try {
      const p = await engine.compile(name, { state, inputs: { x: { shape: [2, 2], dtype: 'float32' } } as const, step: (_, { x }) => ({ outputs: { y: f(x) } }) });
      console.log(name, 'OK', (await p.run({ x: Float32Array.of(0.1, 0.2, 0.3, 0.4) })).y);
    } catch (error) {
      console.log(name, String(error), (error as Error).cause ? ((error as Error).cause as Error).stack : (error as Error).stack);
    }
  }
  try { tf.tensor([1]); console.log('made outside'); } catch (e) { console.log('outside', String(e)); }
});
