import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../random.js';
import { normals, type Case } from './case.js';

/** How many are drawn. */
const PROGRAMS = 80;
const OPERATIONS = 7;
const LENGTHS = [1, 1, 2, 3, 4];

type Shape = number[];
/** One operation of a program, as a function of all tensors so far. */
type Operation = (tensors: readonly tf.Tensor[]) => tf.Tensor;

/**
 * Programs of several operations on tensors of random shapes, with broadcasting, axes of length 1, and sometimes no
 * elements: what a case of one operation can't show is where one operation is simplified by what it stands behind.
 * Values stay small, and nothing bends near them.
 */
export const RANDOM_PROGRAM_CASES: readonly Case[] = Array.from({ length: PROGRAMS }, (_, index) =>
  randomProgram(`random program ${index + 1}`),
);

function randomProgram(name: string): Case {
  const random = Random.seeded(2).derive(name);
  const shape = randomShape(random);
  const inputs = [shape, narrowed(random, shape), narrowed(random, shape)];
  const shapes: Shape[] = [...inputs];
  const operations: Operation[] = [];
  for (let count = 0; count < OPERATIONS; count++) {
    const drawn = randomOperation(random, shapes);
    operations.push(drawn.operation);
    shapes.push(drawn.shape);
  }
  return {
    name,
    inputs: (draws) => normals(draws, ...inputs),
    f: (...given) => {
      const tensors = [...given];
      for (const operation of operations) tensors.push(operation(tensors));
      // All of them, so that none is left out as unneeded.
      return tensors.slice(given.length).map((tensor) => tf.tanh(tensor));
    },
    order: 2,
    tolerance: 1e-4,
  };
}

function randomShape(random: Random): Shape {
  const shape = Array.from({ length: random.integer(5) }, () => LENGTHS[random.integer(LENGTHS.length)]!);
  if (shape.length > 0 && random.integer(12) === 0) shape[random.integer(shape.length)] = 0;
  return shape;
}

/** A shape that broadcasts to the given one. */
function narrowed(random: Random, shape: Shape): Shape {
  const kept = shape.slice(random.integer(shape.length + 1));
  return kept.map((length) => (random.integer(3) === 0 ? 1 : length));
}

function randomOperation(
  random: Random,
  shapes: readonly Shape[],
): { readonly operation: Operation; readonly shape: Shape } {
  const at = random.integer(shapes.length);
  const shape = shapes[at]!;
  const axis = random.integer(Math.max(1, shape.length));
  const onAxis = shape.length > 0;
  switch (random.integer(9)) {
    case 0:
    case 1:
    case 2: {
      const partners = [...shapes.keys()].filter((other) => broadcast(shape, shapes[other]!) !== undefined);
      const other = partners[random.integer(partners.length)]!;
      const choice = random.integer(5);
      return {
        operation: (tensors) => binary(choice, tensors[at]!, tensors[other]!),
        shape: broadcast(shape, shapes[other]!)!,
      };
    }
    case 3: {
      const factor = [0, 1, -1, 0.5][random.integer(4)]!;
      return { operation: (tensors) => tf.mul(tf.add(tensors[at]!, factor), factor), shape };
    }
    case 4: {
      const keep = random.integer(2) === 1;
      const mean = random.integer(2) === 1;
      if (!onAxis || shape[axis] === 0) break;
      return {
        operation: (tensors) => (mean ? tf.mean : tf.sum)(tensors[at]!, axis, keep),
        shape: shape.flatMap((length, place) => (place === axis ? (keep ? [1] : []) : [length])),
      };
    }
    case 5: {
      const order = [...random.permutation(shape.length)];
      return {
        operation: (tensors) => tf.transpose(tensors[at]!, order),
        shape: order.map((place) => shape[place]!),
      };
    }
    case 6: {
      const flat = shape.reduce((product, length) => product * length, 1);
      const next = random.integer(2) === 1 ? [flat] : [1, ...shape];
      return { operation: (tensors) => tf.reshape(tensors[at]!, next), shape: next };
    }
    case 7: {
      if (!onAxis || shape[axis]! < 2) break;
      const begin = shape.map((_, place) => (place === axis ? 1 : 0));
      const size = shape.map((length, place) => (place === axis ? length - 1 : length));
      return { operation: (tensors) => tf.slice(tensors[at]!, begin, size), shape: size };
    }
    case 8: {
      if (!onAxis) break;
      return {
        operation: (tensors) => tf.concat([tensors[at]!, tensors[at]!], axis),
        shape: shape.map((length, place) => (place === axis ? 2 * length : length)),
      };
    }
  }
  return { operation: (tensors) => tf.sigmoid(tensors[at]!), shape };
}

function binary(choice: number, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  switch (choice) {
    case 0:
      return tf.add(a, b);
    case 1:
      return tf.sub(a, b);
    case 2:
      return tf.mul(a, tf.tanh(b));
    case 3:
      return tf.div(a, tf.add(tf.square(b), 1));
    default:
      return tf.mul(tf.mul(a, 0.5), tf.mul(b, 0.5));
  }
}

/** The shape of both together; undefined where they don't fit, or get too large to be quick. */
function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const padded = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = padded[0]!.map((length, axis) => {
    const other = padded[1]![axis]!;
    return length === other || other === 1 ? length : length === 1 ? other : -1;
  });
  const fits =
    !shape.includes(-1) && rank <= 5 && shape.reduce((product, length) => product * length, 1) <= 600;
  return fits ? shape : undefined;
}
