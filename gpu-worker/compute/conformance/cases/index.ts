import { ACTIVATION_CASES } from './activations.js';
import { ARITHMETIC_CASES } from './arithmetic.js';
import type { Case } from './case.js';
import { COMPARISON_CASES } from './comparisons.js';
import { ELEMENTWISE_CASES } from './elementwise.js';
import { INDEXING_CASES } from './indexing.js';
import { LAYER_CASES } from './layers.js';
import { LOSS_CASES } from './losses.js';
import { OPTIMIZER_CASES } from './optimizers.js';
import { PRODUCT_CASES } from './products.js';
import { RANDOM_PROGRAM_CASES } from './random-programs.js';
import { REDUCTION_CASES } from './reductions.js';
import { SHAPE_CASES } from './shapes.js';

/** All that engines must compute alike, by family. */
export const FAMILIES: Readonly<Record<string, readonly Case[]>> = {
  arithmetic: ARITHMETIC_CASES,
  'functions of one number': ELEMENTWISE_CASES,
  activations: ACTIVATION_CASES,
  'comparisons and choices': COMPARISON_CASES,
  shapes: SHAPE_CASES,
  reductions: REDUCTION_CASES,
  'matrix products': PRODUCT_CASES,
  indexing: INDEXING_CASES,
  'random programs': RANDOM_PROGRAM_CASES,
  layers: LAYER_CASES,
  losses: LOSS_CASES,
  optimizers: OPTIMIZER_CASES,
};
