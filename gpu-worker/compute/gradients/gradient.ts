import * as tf from '@tensorflow/tfjs-core';

/**
 * How an entry of the table of gradients is built. Backward functions take `dy`, the gradient of an operation's output,
 * and answer the gradient of an input. All are made of differentiable operations, so that gradients have gradients
 * (a gradient penalty needs those). They must answer a new tensor, not `dy` itself: tfjs disposes of gradients while it
 * adds them up.
 */
export type Gradient = Omit<tf.GradConfig, 'kernelName'>;
/** By the names of kernels. */
export type GradientTable = Readonly<Record<string, Gradient>>;

/** For a function that is linear in its input, or whose gradient needs nothing but attributes. */
export function fromNothing<Attributes = unknown>(
  backward: (dy: tf.Tensor, attributes: Attributes) => tf.Tensor,
  input = 'x',
): Gradient {
  return {
    gradFunc: (dy, _, attributes) => ({
      [input]: () => backward(single(dy), attributes as unknown as Attributes),
    }),
  };
}

/** For a function whose gradient is told by its input. */
export function fromInput<Attributes = unknown>(
  backward: (dy: tf.Tensor, x: tf.Tensor, attributes: Attributes) => tf.Tensor,
  input = 'x',
): Gradient {
  return {
    inputsToSave: [input],
    gradFunc: (dy, [x], attributes) => ({
      [input]: () => backward(single(dy), x!, attributes as unknown as Attributes),
    }),
  };
}

/** For a smooth function whose gradient is told by its output: that is computed once, and shared. */
export function fromOutput(backward: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor, input = 'x'): Gradient {
  return {
    inputsToSave: [input],
    outputsToSave: [true],
    gradFunc: (dy, [x, y]) => ({
      [input]: () => backward(single(dy), asFunctionOf(x!, y!, backward)),
    }),
  };
}

/** For a function of straight pieces, whose slope (a number an element) is told by its output. */
export function fromSlope<Attributes = unknown>(
  slope: (y: tf.Tensor, attributes: Attributes) => tf.Tensor,
): Gradient {
  return {
    outputsToSave: [true],
    gradFunc: (dy, [y], attributes) => ({
      x: () =>
        tf.mul(
          single(dy),
          detached(() => slope(y!, attributes as unknown as Attributes)),
        ),
    }),
  };
}

/** For an elementwise function of `a` and `b`, which may be broadcast. */
export function fromTwo(
  backwardA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  backwardB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Gradient {
  return {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      return {
        a: () => unbroadcast(backwardA(single(dy), a, b), a.shape),
        b: () => unbroadcast(backwardB(single(dy), a, b), b.shape),
      };
    },
  };
}

/** For a function that is constant around almost every value of the named inputs: their gradients are zeros. */
export function flat(...inputs: readonly string[]): Gradient {
  return {
    inputsToSave: [...inputs],
    gradFunc: (_, saved) =>
      Object.fromEntries(inputs.map((input, index) => [input, () => zeros(saved[index]!.shape)])),
  };
}

/** The gradient of an operation that has one output. */
export function single(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return dy as tf.Tensor;
}

/** Float zeros, that an engine makes where they are needed rather than keeps. */
export function zeros(shape: readonly number[]): tf.Tensor {
  return tf.fill([...shape], 0);
}

/**
 * Sums a gradient over the dimensions along which an input of this shape was repeated: 0 times is repeating, too, which
 * tfjs's own getReductionAxes doesn't see.
 */
export function unbroadcast(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (tf.util.arraysEqual(gradient.shape, [...shape])) return gradient;
  const added = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((length, axis) =>
    axis < added || shape[axis - added] !== length ? [axis] : [],
  );
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, [...shape]);
}

/** Repeats a tensor along its axes of length 1: 0 times, too, for which tf.broadcastTo answers it as it is. */
export function broadcast(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.util.sizeFromShape([...shape]) === 0 ? tf.mul(x, zeros(shape)) : tf.broadcastTo(x, [...shape]);
}

/**
 * What `make` answers, as a constant: no gradient is sought through it. For what has none, such as a comparison, where
 * looking for it would cost tensors full of zeros; and to stop a gradient on purpose.
 */
export function detached<T extends tf.Tensor>(make: () => T): T {
  // Operations inside of one with a gradient of its own aren't recorded; this one has no inputs to have gradients.
  return tf.customGrad<T>(() => ({ value: make(), gradFunc: () => [] }))();
}

/**
 * A saved output y, as a function of the input x again. tfjs records that it saves an output before it records how the
 * output came about, so that to a second gradient a saved output is a constant. This puts right what it missed:
 * the value is y, and the gradient is `backward`'s.
 */
export function asFunctionOf(
  x: tf.Tensor,
  y: tf.Tensor,
  backward: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return tf.customGrad(() => ({
    value: tf.clone(y),
    gradFunc: (dy: tf.Tensor) => backward(dy, asFunctionOf(x, y, backward)),
  }))(x);
}
