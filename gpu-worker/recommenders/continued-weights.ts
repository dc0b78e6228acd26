import { stored, type Stored } from '../compute/tensors.js';
import { UserFailure } from '../failure.js';

/**
 * A matrix whose rows belong to names, such as items: rows of names that another has are that one's, and all others stay as in
 * `fresh`. Both have rows of one width.
 */
export function rowsByName(
  fresh: Stored,
  names: readonly string[],
  { matrix, names: known }: { readonly matrix: Stored; readonly names: readonly string[] },
): Stored {
  const [rows, width] = fresh.shape as [number, number];
  if (rows !== names.length || matrix.shape[0] !== known.length || matrix.shape[1] !== width)
    throw new RangeError(`rows [${fresh.shape.join()}] can't be those of [${matrix.shape.join()}]`);
  const places = new Map(known.map((name, place) => [name, place]));
  const values = Float32Array.from(fresh.values);
  names.forEach((name, row) => {
    const place = places.get(name);
    if (place !== undefined)
      values.set(matrix.values.subarray(place * width, (place + 1) * width), row * width);
  });
  return stored([rows, width], values);
}

/** Throws UserFailure INVALID_CONFIG that names the options in which a fit differs from the model that it is to go on from. */
export function requireSameSizes(
  recommender: string,
  wanted: Readonly<Record<string, number>>,
  had: Readonly<Record<string, number>>,
): void {
  const differing = Object.keys(wanted).filter((name) => wanted[name] !== had[name]);
  if (differing.length === 0) return;
  throw new UserFailure(
    'INVALID_CONFIG',
    `The model to go on from is a ${recommender} with ${differing.map((name) => `${name} ${had[name]}`).join(' and ')}, not ` +
      `${differing.map((name) => wanted[name]).join(' and ')}. Leave ${differing.length === 1 ? 'the option' : 'the options'} out, or train a new model.`,
    { field: differing[0] },
  );
}
