import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients of the operations that our models use. tfjs keeps its own in modules that Node can't load from the core
 * package alone, and leaves gaps in them; so they are here, in a table, one entry an operation: what it saves on the
 * way forward, and the gradient of each input from `dy`, the gradient of its output.
 */
type Gradient = Omit<tf.GradConfig, 'kernelName'>;
type Saved = [tf.Tensor, tf.Tensor];

const GRADIENTS: Readonly<Record<string, Gradient>> = {
  // Shapes and copies
  Identity: { gradFunc: (dy) => ({ x: () => one(dy) }) },
  Cast: { gradFunc: (dy) => ({ x: () => one(dy) }) },
  Reshape: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.reshape(one(dy), (x as tf.Tensor).shape) }),
  },
  Transpose: {
    gradFunc: (dy, _, attributes) => {
      const { perm } = attributes as unknown as { perm: number[] };
      return { x: () => tf.transpose(one(dy), tf.backend_util.getUndoAxesPermutation(perm)) };
    },
  },
  Slice: {
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const x = saved[0] as tf.Tensor;
      const { begin, size } = attributes as unknown as { begin: number | number[]; size: number | number[] };
      const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
      return {
        x: () =>
          tf.pad(
            one(dy),
            x.shape.map((length, axis) => [starts[axis]!, length - starts[axis]! - sizes[axis]!]),
          ),
      };
    },
  },
  Concat: {
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const parts = saved;
      const axis = tf.util.parseAxisParam(
        (attributes as unknown as { axis: number }).axis,
        parts[0]!.shape,
      )[0]!;
      const pieces = tf.split(
        one(dy),
        parts.map(({ shape }) => shape[axis]!),
        axis,
      );
      return Object.fromEntries(pieces.map((piece, index) => [index, () => piece]));
    },
  },

  // Arithmetic, with broadcasting
  Add: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as Saved;
      return { a: () => unbroadcast(one(dy), a), b: () => unbroadcast(one(dy), b) };
    },
  },
  Sub: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as Saved;
      return { a: () => unbroadcast(one(dy), a), b: () => unbroadcast(tf.neg(one(dy)), b) };
    },
  },
  Multiply: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as Saved;
      return { a: () => unbroadcast(tf.mul(one(dy), b), a), b: () => unbroadcast(tf.mul(one(dy), a), b) };
    },
  },
  RealDiv: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as Saved;
      return {
        a: () => unbroadcast(tf.div(one(dy), b), a),
        b: () => unbroadcast(tf.neg(tf.div(tf.mul(one(dy), a), tf.square(b))), b),
      };
    },
  },
  AddN: {
    saveAllInputs: true,
    gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, index) => [index, () => tf.clone(one(dy))])),
  },
  Neg: { gradFunc: (dy) => ({ x: () => tf.neg(one(dy)) }) },
  Square: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(one(dy), tf.mul(x as tf.Tensor, 2)) }),
  },
  Sqrt: {
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => tf.div(one(dy), tf.mul(y as tf.Tensor, 2)) }),
  },
  Exp: { outputsToSave: [true], gradFunc: (dy, [y]) => ({ x: () => tf.mul(one(dy), y as tf.Tensor) }) },
  Log: { inputsToSave: ['x'], gradFunc: (dy, [x]) => ({ x: () => tf.div(one(dy), x as tf.Tensor) }) },

  // Activations
  Relu: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.mul(one(dy), tf.step(x as tf.Tensor)) }),
  },
  Tanh: {
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => tf.mul(one(dy), tf.sub(1, tf.square(y as tf.Tensor))) }),
  },
  Sigmoid: {
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => tf.mul(one(dy), tf.mul(y as tf.Tensor, tf.sub(1, y as tf.Tensor))),
    }),
  },

  // Reductions and products
  Sum: {
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const x = saved[0] as tf.Tensor;
      const axes = tf.util.parseAxisParam((attributes as unknown as { axis: number[] }).axis, x.shape);
      const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      return { x: () => tf.mul(tf.reshape(one(dy), kept), tf.ones(x.shape)) };
    },
  },
  BatchMatMul: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved as Saved;
      const { transposeA, transposeB } = attributes as unknown as {
        transposeA: boolean;
        transposeB: boolean;
      };
      const d = one(dy);
      return {
        a: () =>
          unbroadcast(
            transposeA ? tf.matMul(b, d, transposeB, true) : tf.matMul(d, b, false, !transposeB),
            a,
          ),
        b: () =>
          unbroadcast(
            transposeB ? tf.matMul(d, a, true, transposeA) : tf.matMul(a, d, !transposeA, false),
            b,
          ),
      };
    },
  },
};

/** Registers the table for all engines; operations whose gradient is registered already keep theirs. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(GRADIENTS)) {
    if (!tf.getGradient(kernelName)) tf.registerGradient({ kernelName, ...gradient });
  }
}

function one(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return dy as tf.Tensor;
}

/** Sums a gradient over the dimensions along which its input was repeated. */
function unbroadcast(gradient: tf.Tensor, input: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(input.shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, input.shape);
}
