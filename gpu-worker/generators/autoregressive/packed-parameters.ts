import type * as tf from '@tensorflow/tfjs-core';
import { Packing } from '../../compute/optimizers/packing.js';
import type { StoredOf } from '../../compute/tensors.js';
import { byName, inOrder, type ParameterShape } from './network.js';

/** Parameters as the optimizer has them: weights, which decay, as one vector, and biases, which don't, as another. */
export type PackedParameters = {
  readonly weights: tf.Tensor;
  readonly biases: tf.Tensor;
};

/** Packs and unpacks the parameters of these shapes. */
export class ParameterPacking {
  readonly #isWeight: readonly boolean[];
  readonly #weights: Packing;
  readonly #biases: Packing;

  constructor(private readonly shapes: readonly ParameterShape[]) {
    this.#isWeight = shapes.map(({ shape }) => shape.length > 1);
    this.#weights = new Packing(this.#of(shapes, true).map(({ shape }) => shape));
    this.#biases = new Packing(this.#of(shapes, false).map(({ shape }) => shape));
  }

  pack(values: ReadonlyMap<string, Float32Array>): StoredOf<PackedParameters> {
    const parts = inOrder(this.shapes, values);
    return {
      weights: this.#weights.packStored(this.#of(parts, true)),
      biases: this.#biases.packStored(this.#of(parts, false)),
    };
  }

  unpackStored({ weights, biases }: StoredOf<PackedParameters>): Map<string, Float32Array> {
    const parts = this.#merged(this.#weights.unpackStored(weights), this.#biases.unpackStored(biases));
    return byName(this.shapes, parts);
  }

  /** In the order of the shapes. */
  unpack({ weights, biases }: PackedParameters): tf.Tensor[] {
    return this.#merged(this.#weights.unpack(weights), this.#biases.unpack(biases));
  }

  #of<Part>(parts: readonly Part[], weights: boolean): Part[] {
    return parts.filter((_, index) => this.#isWeight[index] === weights);
  }

  #merged<Part>(weights: readonly Part[], biases: readonly Part[]): Part[] {
    const [nextWeight, nextBias] = [weights.values(), biases.values()];
    return this.#isWeight.map((isWeight) => (isWeight ? nextWeight : nextBias).next().value!);
  }
}
