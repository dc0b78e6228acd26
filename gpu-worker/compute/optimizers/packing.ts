import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, stored, type Stored } from '../tensors.js';

/**
 * Tensors of several shapes as one vector. An optimizer does the same few things to every parameter; done to one long
 * vector they are few long operations, which threads share, instead of many short ones. The gradient of a packed
 * vector is packed too.
 */
export class Packing {
  readonly length: number;
  readonly #sizes: number[];

  constructor(private readonly shapes: readonly (readonly number[])[]) {
    this.#sizes = shapes.map(sizeOf);
    this.length = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The tensors, in the order of the shapes. */
  unpack(vector: tf.Tensor): tf.Tensor[] {
    const parts = this.#sizes.length === 1 ? [vector] : tf.split(vector, this.#sizes);
    return parts.map((part, index) => tf.reshape(part, [...this.shapes[index]!]));
  }

  /** Throws a RangeError for parts that have other lengths. */
  packStored(parts: readonly Stored[]): Stored {
    const all = new Float32Array(this.length);
    let at = 0;
    for (const [index, { values }] of parts.entries()) {
      if (values.length !== this.#sizes[index])
        throw new RangeError(`part ${index} has ${values.length} values for [${this.shapes[index]?.join()}]`);
      all.set(values, at);
      at += values.length;
    }
    return stored([this.length], all);
  }

  unpackStored({ values }: Stored): Stored[] {
    let at = 0;
    return this.shapes.map((shape, index) => {
      const from = at;
      at += this.#sizes[index]!;
      return stored(shape, values.slice(from, at));
    });
  }
}
