import { z } from 'zod';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../compute/safetensors.js';
import {
  flatten,
  isStored,
  mapTree,
  stored,
  type Stored,
  type StoredOf,
  type Tree,
  type Values,
} from '../../compute/tensors.js';
import { Origin, requireSameOrigin } from './origin.js';

/** Where a fit stands. */
export const Progress = z.strictObject({
  epoch: z.int().min(0),
  /** Batches of the epoch that are done. */
  batch: z.int().min(0),
  /** The lowest held-out error so far, and the epoch after which it was found. */
  lowestError: z.number().nullable(),
  bestEpoch: z.int().min(-1),
});
export type Progress = z.infer<typeof Progress>;

/** Everything that a fit needs to go on as if it had never stopped; its random choices derive from the seed. */
export interface Checkpoint<State, Kept> {
  readonly state: StoredOf<State>;
  /** What is kept as the model if the fit ends. */
  readonly best: StoredOf<Kept>;
  readonly progress: Progress;
  readonly origin: Origin;
}

const formatOf = (generator: string): string => `synthcart ${generator} checkpoint 1`;

export function writeCheckpoint<State, Kept>(
  generator: string,
  { state, best, progress, origin }: Checkpoint<State, Kept>,
): Uint8Array {
  return writeSafetensors(tensorsOf({ state, best }), {
    format: formatOf(generator),
    progress: JSON.stringify(progress),
    origin: JSON.stringify(origin),
  });
}

/**
 * Reads a file of `writeCheckpoint` into trees of the given forms. Throws SafetensorsError, ZodError or RangeError for
 * anything else, and for the checkpoint of another fit than `wanted`.
 */
export function readCheckpoint<State, Kept>(
  generator: string,
  file: Uint8Array,
  forms: { readonly state: StoredOf<State>; readonly best: StoredOf<Kept> },
  wanted: Origin,
): Checkpoint<State, Kept> {
  const { tensors, metadata } = readSafetensors(file);
  if (metadata['format'] !== formatOf(generator)) {
    throw new RangeError(`a checkpoint of the format "${metadata['format']}" isn't "${formatOf(generator)}"`);
  }
  const origin = Origin.parse(JSON.parse(metadata['origin'] ?? 'null'));
  // Before the tensors, whose shapes would be another table's.
  requireSameOrigin(origin, wanted);
  const { state, best } = filled(forms, tensors) as typeof forms;
  return {
    state,
    best,
    progress: Progress.parse(JSON.parse(metadata['progress'] ?? 'null')),
    origin,
  };
}

/** A tree's tensors by path, as a safetensors file has them. */
export function tensorsOf(tree: Tree<Stored>): Map<string, StoredTensor> {
  return new Map(flatten(tree, isStored).map(([path, { shape, values }]) => [path, { shape, values }]));
}

/** A tree of that form with a file's tensors. Throws a RangeError for one that is missing or has another shape. */
export function filled(form: Tree<Stored>, tensors: ReadonlyMap<string, StoredTensor>): Tree<Stored> {
  return mapTree<Stored, Stored>(form, isStored, ({ shape }, path) => {
    const found = tensors.get(path);
    if (found?.shape.join() !== shape.join()) {
      throw new RangeError(`"${path}" is [${found?.shape.join() ?? 'missing'}], not [${shape.join()}]`);
    }
    return stored(shape, found.values as Values);
  });
}
