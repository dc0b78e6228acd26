import type * as tf from '@tensorflow/tfjs-core';
import { flatten, isTensor, mapTree, type Tensors } from '../tensors.js';

/** The tensors of several trees of the same form, put together leaf by leaf. Throws RangeError for a leaf that one lacks. */
export function zipTrees<T extends Tensors>(
  first: T,
  others: readonly Tensors[],
  combine: (leaf: tf.Tensor, ...others: tf.Tensor[]) => tf.Tensor,
): T {
  const leaves = others.map((tree) => new Map(flatten<tf.Tensor>(tree, isTensor)));
  return mapTree<tf.Tensor, tf.Tensor>(first, isTensor, (leaf, path) =>
    combine(
      leaf,
      ...leaves.map((found) => {
        const other = found.get(path);
        if (!other) throw new RangeError(`a tree lacks "${path}"`);
        return other;
      }),
    ),
  ) as T;
}

/** The tensors of a tree, in the order in which they stand. */
export function leavesOf(tree: Tensors): tf.Tensor[] {
  return flatten<tf.Tensor>(tree, isTensor).map(([, leaf]) => leaf);
}

/** A tree of the same form with other tensors, given in the order of `leavesOf`. */
export function withLeaves<T extends Tensors>(tree: T, leaves: readonly tf.Tensor[]): T {
  let next = 0;
  return mapTree<tf.Tensor, tf.Tensor>(tree, isTensor, () => leaves[next++]!) as T;
}
