import type { Random } from '../random.js';
import { sizeOf } from '../tensors.js';

/**
 * First values of weights [..., in, out], row-major. The names are those of the distribution; before symmetric
 * activations (tanh, attention, outputs) take Glorot's, before ReLU and its kin He's.
 */

/** Uniform over ±√(6 / (in + out)) (Glorot and Bengio, 2010, equation 16). */
export function glorotUniform(random: Random, shape: readonly number[]): Float32Array {
  const [inputs, outputs] = fans(shape);
  return uniform(random, shape, Math.sqrt(6 / (inputs + outputs)));
}

/** Normal with a variance of 2 / (in + out) (Glorot and Bengio, 2010, equation 12). */
export function glorotNormal(random: Random, shape: readonly number[]): Float32Array {
  const [inputs, outputs] = fans(shape);
  return normal(random, shape, Math.sqrt(2 / (inputs + outputs)));
}

/** Uniform over ±√(6 / in) (He et al., 2015, section 2.2). */
export function heUniform(random: Random, shape: readonly number[]): Float32Array {
  return uniform(random, shape, Math.sqrt(6 / fans(shape)[0]));
}

/** Normal with a variance of 2 / in (He et al., 2015, equation 10). */
export function heNormal(random: Random, shape: readonly number[]): Float32Array {
  return normal(random, shape, Math.sqrt(2 / fans(shape)[0]));
}

/** Normal with mean 0: for embeddings, usually with a deviation of 0.02. */
export function normal(random: Random, shape: readonly number[], deviation: number): Float32Array {
  return filled(shape, () => deviation * random.normal());
}

/** Uniform over ±limit. */
export function uniform(random: Random, shape: readonly number[], limit: number): Float32Array {
  return filled(shape, () => limit * (2 * random.uniform() - 1));
}

/** Noise over [0, 1), for dropout and for drawing codes. */
export function unitUniform(random: Random, shape: readonly number[]): Float32Array {
  return filled(shape, () => random.uniform());
}

/** A loop, since `Float32Array.from` takes four times as long, and the noise of a step is hundreds of thousands of numbers. */
function filled(shape: readonly number[], next: () => number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let at = 0; at < values.length; at++) values[at] = next();
  return values;
}

function fans(shape: readonly number[]): [inputs: number, outputs: number] {
  if (shape.length < 2) throw new RangeError(`[${shape.join()}] isn't a shape of weights`);
  return [shape.at(-2)!, shape.at(-1)!];
}
