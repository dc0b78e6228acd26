import type { StoredOf } from '../../../compute/tensors.js';
import { LEAST_SQUARE, type Parameters, type TowerParameters } from './network.js';
import { featureScale, type TextFeatures } from './text-features.js';

/**
 * The towers in plain JavaScript: a query is a few dozen rows of a table and two small matrices, which takes less time than
 * a call of an engine, and needs none where models are served.
 */
export class TowerEncoder {
  readonly width: number;
  readonly buckets: number;
  readonly #features: Float32Array;
  readonly #fieldWeights: Float32Array;
  readonly #query: Tower;
  readonly #product: Tower;

  constructor(parameters: StoredOf<Parameters>) {
    [this.buckets, this.width] = parameters.features.shape as [number, number];
    this.#features = parameters.features.values as Float32Array;
    this.#fieldWeights = (parameters.fields.values as Float32Array).map(Math.exp);
    this.#query = towerOf(parameters.query);
    this.#product = towerOf(parameters.product);
  }

  /** A unit vector [width]; 0 for a text without features. */
  query(features: Int32Array): Float32Array {
    const vector = new Float32Array(this.width);
    for (const bucket of features) this.#add(bucket, featureScale(features.length), vector);
    return finished(vector, this.#query);
  }

  /** Unit vectors [products, width]; 0 for a product without features. */
  products({ starts, buckets, fields }: TextFeatures): Float32Array {
    const { width } = this;
    const vectors = new Float32Array((starts.length - 1) * width);
    for (let product = 0; product + 1 < starts.length; product++) {
      const [from, to] = [starts[product]!, starts[product + 1]!];
      // Without text it stays 0: the layers' biases would make something of nothing.
      if (from === to) continue;
      const vector = vectors.subarray(product * width, (product + 1) * width);
      for (let at = from; at < to; at++)
        this.#add(buckets[at]!, featureScale(to - from) * this.#fieldWeights[fields[at]!]!, vector);
      finished(vector, this.#product);
    }
    return vectors;
  }

  #add(bucket: number, weight: number, into: Float32Array): void {
    const from = bucket * this.width;
    for (let at = 0; at < this.width; at++) into[at]! += weight * this.#features[from + at]!;
  }
}

interface Tower {
  /** [width, hidden] */
  readonly hidden: Float32Array;
  readonly bias: Float32Array;
  /** [hidden, width] */
  readonly output: Float32Array;
}

function towerOf({ hidden, output }: StoredOf<TowerParameters>): Tower {
  return {
    hidden: hidden.weights.values as Float32Array,
    bias: hidden.bias.values as Float32Array,
    output: output.weights.values as Float32Array,
  };
}

/** Adds what the tower's layers add to a bag, in place, and scales it to length 1. */
function finished(vector: Float32Array, { hidden, bias, output }: Tower): Float32Array {
  const units = bias.slice();
  for (let from = 0; from < vector.length; from++) {
    const value = vector[from]!;
    if (value === 0) continue;
    for (let unit = 0; unit < units.length; unit++)
      units[unit]! += value * hidden[from * units.length + unit]!;
  }
  for (let unit = 0; unit < units.length; unit++) {
    const value = units[unit]!;
    if (value <= 0) continue;
    for (let at = 0; at < vector.length; at++) vector[at]! += value * output[unit * vector.length + at]!;
  }
  let square = LEAST_SQUARE;
  for (const value of vector) square += value * value;
  const scale = 1 / Math.sqrt(square);
  for (let at = 0; at < vector.length; at++) vector[at]! *= scale;
  return vector;
}
