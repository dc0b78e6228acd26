import type { Stored, StoredOf } from '../../compute/tensors.js';
import { affine, dotProducts } from '../plain-products.js';
import type { Parameters, Shape } from './network.js';

type StoredBlock = StoredOf<Parameters>['blocks'][number];
type StoredDense = StoredBlock['query'];
type StoredNorm = StoredBlock['attentionNorm'];

/** As `layerNormalisation` has it. */
const EPSILON = 1e-5;

/**
 * Scores of all items after one history, in plain arrays: for one user that takes less time than a call of an engine with
 * its state. `hiddenStates` and `itemScores` of `network.ts`, of the last place alone where the others don't matter.
 */
export function scoreHistory(
  shape: Shape,
  parameters: StoredOf<Parameters>,
  history: Int32Array,
  into: Float32Array,
): void {
  dotProducts(values(parameters.items), lastState(shape, parameters, history), into);
}

/**
 * Weights with which the last place attends to each event in the last block, as means over the heads [history]; together 1, and 0
 * for events that are too far back to be looked at.
 */
export function attentionOf(
  shape: Shape,
  parameters: StoredOf<Parameters>,
  history: Int32Array,
): Float64Array {
  const weights = new Float64Array(history.length);
  if (history.length === 0) return weights;
  lastState(shape, parameters, history, weights.subarray(Math.max(0, history.length - shape.length)));
  return weights;
}

/** Hidden state of the last place. Adds its attention in the last block to `watched`. */
function lastState(
  { heads, width, length }: Shape,
  parameters: StoredOf<Parameters>,
  history: Int32Array,
  watched?: Float64Array,
): Float32Array {
  const recent = history.subarray(Math.max(0, history.length - length));
  let x = Array.from(recent, (item, place) =>
    sum(row(parameters.items, item, width), row(parameters.places, place, width)),
  );
  parameters.blocks.forEach((block, index) => {
    const isLast = index === parameters.blocks.length - 1;
    x = blockOf(block, x, heads, width, isLast ? x.length - 1 : 0, isLast ? watched : undefined);
  });
  return normalised(x.at(-1)!, parameters.norm);
}

/** Outputs of the places from `first` on. */
function blockOf(
  block: StoredBlock,
  x: Float32Array[],
  heads: number,
  width: number,
  first: number,
  watched?: Float64Array,
): Float32Array[] {
  const inputs = x.map((place) => normalised(place, block.attentionNorm));
  const keys = inputs.map((place) => product(place, block.key));
  const cells = inputs.map((place) => product(place, block.value));
  return x.slice(first).map((place, index) => {
    const at = first + index;
    const query = product(inputs[at]!, block.query);
    const attended = attention(query, keys, cells, at + 1, heads, width / heads, watched);
    const y = sum(place, product(attended, block.output));
    const inner = product(normalised(y, block.denseNorm), block.inner);
    for (let unit = 0; unit < inner.length; unit++) if (inner[unit]! < 0) inner[unit] = 0;
    return sum(y, product(inner, block.outer));
  });
}

/** What a query takes of the first `places` cells. */
function attention(
  query: Float32Array,
  keys: readonly Float32Array[],
  cells: readonly Float32Array[],
  places: number,
  heads: number,
  size: number,
  watched?: Float64Array,
): Float32Array {
  const attended = new Float32Array(query.length);
  const weights = new Float64Array(places);
  for (let head = 0; head < heads; head++) {
    const [from, to] = [head * size, (head + 1) * size];
    let most = -Infinity;
    for (let place = 0; place < places; place++) {
      const key = keys[place]!;
      let dot = 0;
      for (let unit = from; unit < to; unit++) dot += query[unit]! * key[unit]!;
      weights[place] = dot / Math.sqrt(size);
      most = Math.max(most, weights[place]!);
    }
    let total = 0;
    for (let place = 0; place < places; place++) total += weights[place] = Math.exp(weights[place]! - most);
    for (let place = 0; place < places; place++) {
      const cell = cells[place]!;
      const share = weights[place]! / total;
      if (watched) watched[place]! += share / heads;
      for (let unit = from; unit < to; unit++) attended[unit]! += share * cell[unit]!;
    }
  }
  return attended;
}

function product(x: Float32Array, { weights, bias }: StoredDense): Float32Array {
  return affine(x, values(weights), values(bias));
}

function normalised(x: Float32Array, { gain, bias }: StoredNorm): Float32Array {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + EPSILON);
  const [gains, biases] = [values(gain), values(bias)];
  return x.map((value, unit) => (value - mean) * scale * gains[unit]! + biases[unit]!);
}

const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, unit) => value + b[unit]!);
const values = (tensor: Stored): Float32Array => tensor.values as Float32Array;
const row = (tensor: Stored, index: number, width: number): Float32Array =>
  values(tensor).subarray(index * width, (index + 1) * width);
