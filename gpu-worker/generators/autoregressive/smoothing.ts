import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../compute/program.js';
import { stored, type Stored, type Values } from '../../compute/tensors.js';
import type { Layout } from './layout.js';
import { DIRECT_WEIGHTS, type Parameters } from './network.js';

/**
 * Lets neighbouring bins of a number learn from each other. One-hot bins know no order, so that a network must learn
 * for each bin on its own what its neighbours have in common, which takes more rows than a table has.
 *
 * The weights of a numeric column's bins, both into and out of the network, are written as S·w, with w trained and S a
 * fixed matrix: the identity plus Gaussian bumps of a few widths, less their mean over the rows. So w moves whole
 * stretches of bins in one step, and single bins still, but not all bins at once, which would only be a bias in a
 * noisier form. That is a change of parameters: `smoothed` gives the weights of the plain network.
 */
export type Kernels = readonly tf.Tensor3D[];

/**
 * Direct weights are written as this times w. Optimizer steps and decay then move them so much faster: pairs of rare bins
 * need weights far from zero, and at the other weights' pace they would get there long after those have learnt single rows.
 */
export const DIRECT_PACE = 8;

/** Widths of the bumps, in bins: standard deviations of the Gaussians. */
const BUMP_WIDTHS = [1.5, 4, 12] as const;
/** Root mean square length of a row of the bumps, beside 1 for the identity; chosen on a real table. */
const BUMP_STRENGTH = 3;

/**
 * S as a matrix [columns, width, width] for each group of the layout; the identity for bins without order. `ordered`
 * tells how many of each column's bins, from the first, are in ascending order; 0 for categories. `frequencies` holds
 * each unit's share of the rows.
 */
export function kernelsOf(layout: Layout, ordered: readonly number[], frequencies: Float32Array): Stored[] {
  return layout.groups.map(({ offset, columns, width }) => {
    const values = new Float32Array(columns * width * width);
    for (let place = 0; place < columns; place++) {
      const start = offset + place * width;
      const count = ordered[layout.offsets.indexOf(start)]!;
      const bumps = centredBumps(frequencies.subarray(start, start + count));
      const at = place * width * width;
      for (let row = 0; row < width; row++) {
        for (let bin = 0; row < count && bin < count; bin++)
          values[at + row * width + bin] = bumps[row * count + bin]!;
        values[at + row * width + row]! += 1;
      }
    }
    return stored([columns, width, width], values);
  });
}

/** Row-major [bins, bins]; each column's mean over the rows of the table is 0. */
function centredBumps(frequencies: Float32Array): Float64Array {
  const count = frequencies.length;
  const bumps = new Float64Array(count * count);
  let squares = 0;
  for (let bin = 0; bin < count; bin++) {
    let mean = 0;
    let total = 0;
    for (let row = 0; row < count; row++) {
      const value = BUMP_WIDTHS.reduce(
        (sum, deviation) => sum + Math.exp(-0.5 * ((bin - row) / deviation) ** 2),
        0,
      );
      bumps[row * count + bin] = value;
      mean += value * frequencies[row]!;
      total += frequencies[row]!;
    }
    for (let row = 0; row < count; row++) {
      const value = (bumps[row * count + bin]! -= mean / total);
      squares += (value ** 2 * frequencies[row]!) / total;
    }
  }
  const scale = squares > 0 ? BUMP_STRENGTH / Math.sqrt(squares) : 0;
  return bumps.map((value) => value * scale);
}

/** The plain network's parameters. New tensors only for the first and the last layer's weights. */
export function smoothed(layout: Layout, kernels: Kernels, parameters: Parameters): tf.Tensor[] {
  const result = [...parameters];
  result[DIRECT_WEIGHTS] = tf.mul(parameters[DIRECT_WEIGHTS]!, DIRECT_PACE);
  const last = parameters.length - 2;
  result[0] = smoothRows(layout, kernels, parameters[0] as tf.Tensor2D);
  result[last] = tf.transpose(smoothRows(layout, kernels, tf.transpose(parameters[last] as tf.Tensor2D)));
  return result;
}

/** S·w for weights [units, hidden]. */
function smoothRows(layout: Layout, kernels: Kernels, weights: tf.Tensor2D): tf.Tensor2D {
  const hidden = weights.shape[1];
  const ofGroups = tf.split(
    weights,
    layout.groups.map(({ columns, width }) => columns * width),
    0,
  );
  const parts = layout.groups.map(({ columns, width }, index) => {
    const rows = tf.reshape(ofGroups[index]!, [columns, width, hidden]);
    return tf.reshape<tf.Rank.R2>(tf.matMul(kernels[index]!, rows), [columns * width, hidden]);
  });
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
}

/** `smoothed` outside of a fit. */
export async function plainParameters(
  engine: Engine,
  layout: Layout,
  kernels: readonly Stored[],
  parameters: readonly Stored[],
): Promise<Stored[]> {
  const state = engine.hold<{ kernels: Kernels; parameters: Parameters }>({ kernels, parameters });
  try {
    const program = await engine.compile('smoothing', {
      state,
      inputs: {},
      step: (held) => ({
        outputs: { plain: smoothed(layout, held.kernels, held.parameters) },
      }),
    });
    const { plain } = await program.run({});
    program.dispose();
    return parameters.map(({ shape }, index) => stored(shape, (plain as Values[])[index]!));
  } finally {
    state.dispose();
  }
}
