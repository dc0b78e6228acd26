import * as tf from '@tensorflow/tfjs-core';
import { Matrix, solve } from 'ml-matrix';
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
const DIRECT_PACE = 8;

/**
 * Direct weights out of a number's bins are written with this share of S, and the identity for the rest: what pairs of single bins
 * have in common is a larger part of what they tell than elsewhere.
 */
const DIRECT_SHARE = 0.2;

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

/**
 * Row-major [bins, bins], symmetric. Bumps less the mean over the rows of the table, of the trained and of the plain weights: no
 * step moves all bins at once, and all trained weights of a column being the same move none.
 */
function centredBumps(frequencies: Float32Array): Float64Array {
  const count = frequencies.length;
  const bumps = new Float64Array(count * count);
  const total = frequencies.reduce((sum, frequency) => sum + frequency, 0);
  const shares = frequencies.map((frequency) => frequency / total);
  for (let row = 0; row < count; row++) {
    for (let bin = 0; bin < count; bin++) {
      bumps[row * count + bin] = BUMP_WIDTHS.reduce(
        (sum, deviation) => sum + Math.exp(-0.5 * ((bin - row) / deviation) ** 2),
        0,
      );
    }
  }
  const means = shares.map((_, row) =>
    shares.reduce((sum, share, bin) => sum + share * bumps[row * count + bin]!, 0),
  );
  const mean = shares.reduce((sum, share, row) => sum + share * means[row]!, 0);
  let squares = 0;
  for (let row = 0; row < count; row++) {
    for (let bin = 0; bin < count; bin++) {
      const value = (bumps[row * count + bin]! += mean - means[row]! - means[bin]!);
      squares += value ** 2 * shares[row]!;
    }
  }
  const scale = squares > 0 ? BUMP_STRENGTH / Math.sqrt(squares) : 0;
  return bumps.map((value) => value * scale);
}

/** The plain network's parameters. New tensors only for the direct weights, and the first and the last layer's. */
export function smoothed(layout: Layout, kernels: Kernels, parameters: Parameters): tf.Tensor[] {
  const result = [...parameters];
  const direct = parameters[DIRECT_WEIGHTS] as tf.Tensor2D;
  result[DIRECT_WEIGHTS] = tf.add(
    tf.mul(smoothRows(layout, kernels, direct), DIRECT_PACE * DIRECT_SHARE),
    tf.mul(direct, DIRECT_PACE * (1 - DIRECT_SHARE)),
  );
  const last = parameters.length - 2;
  result[0] = smoothRows(layout, kernels, parameters[0] as tf.Tensor2D);
  result[last] = tf.transpose(smoothRows(layout, kernels, tf.transpose(parameters[last] as tf.Tensor2D)));
  return result;
}

/** What is trained in the place of these direct weights [units, units]: `smoothed` makes them of it. */
export function trainedDirectWeights(
  layout: Layout,
  kernels: readonly Stored[],
  direct: Float32Array,
): Float32Array {
  const { units, groups } = layout;
  const trained = direct.map((weight) => weight / DIRECT_PACE);
  groups.forEach(({ offset, columns, width }, group) => {
    const values = kernels[group]!.values;
    for (let place = 0; place < columns; place++) {
      const from = (offset + place * width) * units;
      const rows = trained.subarray(from, from + width * units);
      if (rows.every((weight) => weight === 0)) continue;
      const kernel = Matrix.from1DArray(width, width, [
        ...values.subarray(place * width * width, (place + 1) * width * width),
      ]);
      const share = Matrix.eye(width)
        .mul(1 - DIRECT_SHARE)
        .add(kernel.mul(DIRECT_SHARE));
      rows.set(solve(share, Matrix.from1DArray(width, units, [...rows])).to1DArray());
    }
  });
  return trained;
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
