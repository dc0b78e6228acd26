import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../compute/random.js';
import type { EncodedRows, VectorLayout } from './row-encoding.js';

/** Logit of a unit that is padding: its probability is 0 in single precision. */
const PADDING_LOGIT = -1e4;

/** A network's outputs [rows, units], apart: the scalars [rows, scalars], and each group's logits [rows, columns, width]. */
export function splitOutput(
  { scalars, groups }: VectorLayout,
  output: tf.Tensor2D,
): { readonly scalars: tf.Tensor2D | undefined; readonly logits: readonly tf.Tensor3D[] } {
  const rows = output.shape[0];
  const sizes = [scalars.length, ...groups.map(({ columns, width }) => columns * width)].filter(Boolean);
  const parts = sizes.length === 1 ? [output] : tf.split(output, sizes, 1);
  const [first, rest] = scalars.length > 0 ? [parts[0] as tf.Tensor2D, parts.slice(1)] : [undefined, parts];
  return {
    scalars: first,
    logits: groups.map(({ columns, width }, index) =>
      tf.reshape<tf.Rank.R3>(rest[index]!, [rows, columns, width]),
    ),
  };
}

/** The parts of `splitOutput` as one tensor again. */
export function joinOutput(scalars: tf.Tensor2D | undefined, groups: readonly tf.Tensor3D[]): tf.Tensor2D {
  const flat = groups.map((group) =>
    tf.reshape<tf.Rank.R2>(group, [group.shape[0], group.shape[1] * group.shape[2]]),
  );
  const parts = scalars ? [scalars, ...flat] : flat;
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
}

/** What is added to a network's outputs: 0, and for padding so little that its probability is none. Length: units. */
export function paddingOf({ scalars, spans, groups, units }: VectorLayout): Float32Array {
  const padding = new Float32Array(units);
  for (const { offset, columns, width } of groups) {
    padding.fill(PADDING_LOGIT, scalars.length + offset, scalars.length + offset + columns * width);
  }
  for (const { offset, width } of spans) {
    padding.fill(0, scalars.length + offset, scalars.length + offset + width);
  }
  return padding;
}

/**
 * Draws codes by their probabilities and takes over the scalars, of `rows` network outputs [≥ rows, units] whose groups
 * are probabilities. `noise` gives each scalar's deviation from the output; left out, there is none.
 */
export function drawRows(
  layout: VectorLayout,
  output: ArrayLike<number>,
  rows: number,
  random: Random,
  noise?: (scalar: number) => number,
): EncodedRows {
  const { scalars: places, spans, units } = layout;
  const codes = new Uint16Array(rows * spans.length);
  const scalars = new Float32Array(rows * places.length);
  for (let row = 0; row < rows; row++) {
    const from = row * units;
    spans.forEach(({ offset, width }, span) => {
      let left = random.uniform();
      let code = 0;
      // Probabilities are in single precision: what they lack of 1 is the last code's.
      for (; code < width - 1; code++) {
        left -= output[from + places.length + offset + code]!;
        if (left < 0) break;
      }
      codes[row * spans.length + span] = code;
    });
    places.forEach(({ bound, span, counts }, scalar) => {
      if (!counts[span < 0 ? 0 : codes[row * spans.length + span]!]) return;
      const value = output[from + scalar]! + (noise ? noise(scalar) : 0);
      scalars[row * places.length + scalar] = Math.max(-bound, Math.min(bound, value));
    });
  }
  return { rows, codes, scalars };
}

/**
 * Scalars [rows, scalars], those set to 0 that the codes' probabilities (of each group) say don't count, and the more so the
 * surer: as they are 0 in real rows' vectors, which else were told by them.
 */
export function countingScalars(
  layout: VectorLayout,
  scalars: tf.Tensor2D,
  probabilities: readonly tf.Tensor3D[],
): tf.Tensor2D {
  const places = layout.scalars;
  if (places.every(({ counts }) => !counts.includes(0))) return scalars;
  const codeUnits = layout.units - places.length;
  const weights = new Float32Array(codeUnits * places.length);
  const always = new Float32Array(places.length);
  places.forEach(({ span, counts }, scalar) => {
    if (span < 0) always[scalar] = 1;
    else
      counts.forEach((count, code) => {
        weights[(layout.spans[span]!.offset + code) * places.length + scalar] = count;
      });
  });
  const codes = joinOutput(undefined, probabilities);
  const shares = tf.add(
    tf.matMul(codes, tf.tensor2d(weights, [codeUnits, places.length])),
    tf.tensor1d(always),
  );
  return tf.mul<tf.Tensor2D>(scalars, shares);
}
