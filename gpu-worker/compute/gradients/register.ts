import * as tf from '@tensorflow/tfjs-core';
import { ACTIVATIONS } from './activations.js';
import { ARITHMETIC } from './arithmetic.js';
import type { GradientTable } from './gradient.js';
import { INDEXING } from './indexing.js';
import { PRODUCTS } from './products.js';
import { REDUCTIONS } from './reductions.js';
import { SHAPES } from './shapes.js';

/**
 * Gradients of the operations that our models use, an entry an operation: what it saves on the way forward, and the
 * gradient of each input from the gradient of its output. tfjs keeps its own in modules that Node can't load from the
 * core package alone, and second gradients through a saved output are wrong with those.
 */
export const GRADIENTS: GradientTable = {
  ...SHAPES,
  ...ARITHMETIC,
  ...ACTIVATIONS,
  ...REDUCTIONS,
  ...PRODUCTS,
  ...INDEXING,
};

/** Registers the table for all engines, in place of gradients that a backend's package may have brought along. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(GRADIENTS)) {
    if (tf.getGradient(kernelName)) tf.unregisterGradient(kernelName);
    tf.registerGradient({ kernelName, ...gradient });
  }
}
