import type { Layout } from './layout.js';
import type { Dependence } from './priming.js';
import { maskOf } from './network.js';

/** Bins of a column up to which it counts as narrow: yes or no, and a third for missing cells. */
const NARROW = 3;
/** Decay of the weights into a narrow column that others leave open, in units of the others'. */
const NARROW_DECAY = 5;
/** Shares of a column's entropy that its best predictor leaves open: up to the first it decays as others, from the second in full. */
const OPEN = { decided: 0.2, open: 0.5 };

/**
 * How many times the configured decay each weight of a matrix has, row-major, and 0 where the network's mask forbids one;
 * undefined for a bias, which has no decay.
 *
 * Weights into columns of few bins decay faster. Such a column tells little of a row, less than a nat, and all others' bins
 * together find chance enough among the rows to explain it, whereas relations of columns with many bins need all that
 * their weights can tell. So does a narrow column that another one decides (is it in stock, by how many there are): what
 * always holds would be blurred.
 */
export function decayOf(layout: Layout, tree: readonly Dependence[], name: string): Float32Array | undefined {
  const mask = maskOf(layout, name);
  if (!mask) return undefined;
  const decay = Float32Array.from(mask);
  if (name !== 'direct/weights' && name !== 'output/weights') return decay;
  const { widths, offsets, units } = layout;
  widths.forEach((width, column) => {
    if (width > NARROW) return;
    const times = narrowDecay(tree[column]!.open);
    for (let row = 0; row < decay.length; row += units) {
      for (let unit = offsets[column]!; unit < offsets[column]! + width; unit++) decay[row + unit]! *= times;
    }
  });
  return decay;
}

function narrowDecay(open: number): number {
  const share = (open - OPEN.decided) / (OPEN.open - OPEN.decided);
  return 1 + (NARROW_DECAY - 1) * Math.min(1, Math.max(0, share));
}
