import type { Random } from '../../compute/random.js';
import type { KnownCodes } from '../discretisation/known-codes.js';
import type { Potentials, Tree } from './tree.js';

/** Draws rows of bins from a tree-shaped distribution, given as shares of bins and of pairs of bins. */
export class TreeSampler {
  /** Of each edge, P(bin of child | bin of parent), row-major [bins of parent, bins of child]. */
  readonly #conditionals: readonly Float64Array[];

  constructor(
    private readonly tree: Tree,
    private readonly shares: Potentials,
  ) {
    this.#conditionals = tree.edges.map(({ parent, child }, edge) => {
      const width = tree.widths[child]!;
      const [joint, ofParent] = [shares.pairs[edge]!, shares.columns[parent]!];
      return joint.map((share, cell) => {
        const total = ofParent[Math.floor(cell / width)]!;
        // A bin that no row has is never asked; the child's own shares keep it a distribution.
        return total > 0 ? share / total : shares.columns[child]![cell % width]!;
      });
    });
  }

  /** Row-major [rows, columns]. */
  draw(rows: number, random: Random): Int32Array {
    const { tree, shares } = this;
    const width = tree.widths.length;
    const bins = new Int32Array(rows * width);
    if (width === 0) return bins;
    const ofRoot = shares.columns[tree.root]!;
    for (let row = 0; row < rows; row++) {
      bins[row * width + tree.root] = random.categorical(ofRoot);
      tree.edges.forEach(({ parent, child }, edge) => {
        const given = bins[row * width + parent]!;
        const size = tree.widths[child]!;
        const conditional = this.#conditionals[edge]!.subarray(given * size, (given + 1) * size);
        bins[row * width + child] = random.categorical(conditional);
      });
    }
    return bins;
  }

  /** The same given what is known of the rows, from the exact conditional distribution; row-major [rows, columns]. */
  complete(known: KnownCodes, random: Random): Int32Array {
    const { tree } = this;
    const width = tree.widths.length;
    const bins = new Int32Array(known.rows * width);
    if (width === 0) return bins;
    for (let row = 0; row < known.rows; row++) {
      const fits = tree.widths.map((size, column) => {
        const code = known.codes[row * width + column]!;
        const present = known.present[row * width + column] === 1;
        return Float64Array.from({ length: size }, (_, bin) =>
          code >= 0 ? Number(bin === code) : Number(!(present && bin === size - 1)),
        );
      });
      this.#weigh(fits);
      const drawn = bins.subarray(row * width, (row + 1) * width);
      drawn[tree.root] = drawWeighted(this.shares.columns[tree.root]!, fits[tree.root]!, random);
      tree.edges.forEach(({ parent, child }, edge) => {
        const size = tree.widths[child]!;
        const given = drawn[parent]!;
        const conditional = this.#conditionals[edge]!.subarray(given * size, (given + 1) * size);
        drawn[child] = drawWeighted(conditional, fits[child]!, random);
      });
    }
    return bins;
  }

  /** Multiplies what fits each column by how likely all that is known below it is; each column's largest becomes 1. */
  #weigh(fits: readonly Float64Array[]): void {
    for (let edge = this.tree.edges.length - 1; edge >= 0; edge--) {
      const { parent, child } = this.tree.edges[edge]!;
      const [above, below, conditional] = [fits[parent]!, fits[child]!, this.#conditionals[edge]!];
      let largest = 0;
      for (let a = 0; a < above.length; a++) {
        let likely = 0;
        for (let b = 0; b < below.length; b++) likely += conditional[a * below.length + b]! * below[b]!;
        above[a]! *= likely;
        largest = Math.max(largest, above[a]!);
      }
      if (largest > 0) for (let a = 0; a < above.length; a++) above[a]! /= largest;
    }
  }
}

/** By shares times weights; by weights alone where the model holds what is known for impossible, else by shares. */
function drawWeighted(shares: Float64Array, weights: Float64Array, random: Random): number {
  const product = shares.map((share, bin) => share * weights[bin]!);
  const candidates = [product, weights, shares];
  return random.categorical(candidates.find((of) => of.some((weight) => weight > 0))!);
}
