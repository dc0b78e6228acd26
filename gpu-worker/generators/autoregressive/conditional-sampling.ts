import type * as tf from '@tensorflow/tfjs-core';
import type { Engine, Program, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { KnownCodes } from '../discretisation/known-codes.js';
import type { Spec, Stored, ValuesOf } from '../../compute/tensors.js';
import { drawingTables, type DrawingTables } from './drawing-tables.js';
import { columnsByRank, type Layout } from './layout.js';
import {
  drawColumns,
  drawnSpecs,
  LARGEST_UNIFORM,
  MOST_COLUMNS,
  type Clamps,
  type Drawn,
} from './sampling.js';

/** Rows drawn at a time, candidates included; fewer for wide tables, whose rows are long. */
const MOST_ROWS = 8192;
const MOST_UNITS = 8_000_000;
/** Candidates for a row, of which one is taken. */
const CANDIDATES = 16;
/** Times that a part of what is unknown of a row is drawn anew, given the rest. */
const SWEEPS = 4;

/**
 * Draws the unknown codes of rows given the known ones, from the model's own distribution and without rejection.
 *
 * The network gives each code given those before it. Where all that is known comes first, clamping it is exact. Else the codes
 * before a known one must be drawn so that they fit it: candidates are drawn with the known codes clamped, weighed by the
 * probability that the network gives to those, and one is taken by weight (sampling importance resampling, Rubin, 1987). Then
 * a random part of what is unknown is drawn anew, given all else, several times, with the row as it is among the candidates
 * (iterated sampling importance resampling: Andrieu, Doucet and Holenstein, "Particle Markov chain Monte Carlo methods",
 * 2010), so that a row ends at the right distribution however few candidates there are.
 */
export class ConditionalSampler {
  readonly #byRank: readonly number[];

  private constructor(
    private readonly layout: Layout,
    /** The table's column of each code: the codes of one are drawn together. */
    private readonly columnOf: readonly number[],
    /** Rows that one run draws, candidates of one row side by side. */
    private readonly rowsAtATime: number,
    private readonly state: Variables<DrawingTables>,
    private readonly programs: readonly {
      readonly codes: readonly number[];
      readonly program: ClampedProgram;
    }[],
  ) {
    this.#byRank = columnsByRank(layout);
  }

  static async compile(
    engine: Engine,
    layout: Layout,
    columnOf: readonly number[],
    blocks: number,
    parameters: readonly Stored[],
    rows: number,
    candidates = CANDIDATES,
  ): Promise<ConditionalSampler> {
    const most = Math.max(64, Math.min(MOST_ROWS, Math.floor(MOST_UNITS / layout.units)));
    const rowsAtATime = Math.min(most, Math.max(1, rows) * candidates);
    const state = engine.hold<DrawingTables>(drawingTables(layout, blocks, parameters));
    const byRank = columnsByRank(layout);
    const programs: { codes: number[]; program: ClampedProgram }[] = [];
    for (let from = 0; from < byRank.length; from += MOST_COLUMNS) {
      const codes = byRank.slice(from, from + MOST_COLUMNS);
      const cells: Spec = { shape: [rowsAtATime, codes.length], dtype: 'float32' };
      const inputs: ClampedInputs = {
        uniforms: cells,
        clamps: { given: cells, counted: cells, present: cells },
        drawn: drawnSpecs(layout, blocks, rowsAtATime, from),
      };
      const program = await engine.compile(`completing codes ${from + 1} to ${from + codes.length}`, {
        state,
        inputs,
        step: (held, { uniforms, clamps, drawn }) => {
          const { evidence, ...rest } = drawColumns(
            layout,
            held,
            from,
            uniforms as tf.Tensor2D,
            drawn,
            clamps as Clamps,
          );
          return { outputs: { ...rest, evidence: evidence! } };
        },
      });
      programs.push({ codes, program });
    }
    return new ConditionalSampler(layout, columnOf, rowsAtATime, state, programs);
  }

  /** All codes of the rows, row-major [rows, codes]. Rejects with the signal's reason when aborted. */
  async complete(known: KnownCodes, random: Random, signal: AbortSignal): Promise<Int32Array> {
    const width = this.columnOf.length;
    const all = new Int32Array(known.rows * width);
    const [exact, weighed] = this.#apart(known);
    for (const [rows, candidates] of [
      [exact, 1],
      [weighed, CANDIDATES],
    ] as const) {
      const atATime = Math.floor(this.rowsAtATime / candidates);
      for (let start = 0; start < rows.length; start += atATime) {
        signal.throwIfAborted();
        const some = rows.subarray(start, start + atATime);
        const drawn = await this.#drawn(known, some, candidates, random.derive(candidates, start), signal);
        some.forEach((row, at) => all.set(drawn.subarray(at * width, (at + 1) * width), row * width));
      }
    }
    return all;
  }

  /**
   * Probabilities [rows, bins] of a column's bins given all other known codes of the row: the first `bins` of the code `code`, which
   * is the column's first. There is one candidate for each, weighed by the row's whole likelihood; the column's further codes are
   * drawn for it, as is what is unknown of the row. One more has the row's own value with its further codes: its bin can't be less
   * likely than that, though codes that were drawn for the bin may have missed the value. Each row sums to 1.
   */
  async shares(
    known: KnownCodes,
    { code, bins }: { readonly code: number; readonly bins: number },
    random: Random,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const width = this.columnOf.length;
    const own = this.columnOf.map((column) => column === this.columnOf[code]);
    const logs = new Float64Array(known.rows * (bins + 1));
    for (let start = 0; start < logs.length; start += this.rowsAtATime) {
      signal.throwIfAborted();
      const rows = Math.min(this.rowsAtATime, logs.length - start);
      const cells = blankCells(rows * width);
      for (let candidate = 0; candidate < rows; candidate++) {
        const row = Math.floor((start + candidate) / (bins + 1)) * width;
        const bin = (start + candidate) % (bins + 1);
        for (let at = 0; at < width; at++) {
          const cell = candidate * width + at;
          const given = bin < bins && own[at] ? (at === code ? bin : -1) : known.codes[row + at]!;
          cells.given[cell] = given;
          cells.counted[cell] = given >= 0 ? 1 : 0;
          cells.present[cell] = known.present[row + at]!;
        }
      }
      const { evidence } = await this.#run(rows, cells, random.derive('shares', start));
      logs.set(evidence, start);
    }
    const shares = new Float32Array(known.rows * bins);
    for (let row = 0; row < known.rows; row++) {
      const ofRow = logs.subarray(row * (bins + 1), (row + 1) * (bins + 1));
      const ownBin = known.codes[row * width + code]!;
      if (ownBin >= 0 && ownBin < bins) ofRow[ownBin] = Math.max(ofRow[ownBin]!, ofRow[bins]!);
      shares.set(probabilities(ofRow.subarray(0, bins)), row * bins);
    }
    return shares;
  }

  dispose(): void {
    for (const { program } of this.programs) program.dispose();
    this.state.dispose();
  }

  /** Rows whose known codes all come before the unknown ones, and the others. */
  #apart({ rows, codes }: KnownCodes): readonly [exact: Uint32Array, weighed: Uint32Array] {
    const width = this.columnOf.length;
    const [exact, weighed]: [number[], number[]] = [[], []];
    for (let row = 0; row < rows; row++) {
      const unknownFrom = this.#byRank.findIndex((code) => codes[row * width + code]! < 0);
      const later = this.#byRank.slice(unknownFrom < 0 ? width : unknownFrom);
      (later.some((code) => codes[row * width + code]! >= 0) ? weighed : exact).push(row);
    }
    return [Uint32Array.from(exact), Uint32Array.from(weighed)];
  }

  async #drawn(
    known: KnownCodes,
    rows: Uint32Array,
    candidates: number,
    random: Random,
    signal: AbortSignal,
  ): Promise<Int32Array> {
    const width = this.columnOf.length;
    const given = new Int32Array(rows.length * width);
    const present = new Uint8Array(rows.length * width);
    rows.forEach((row, at) => {
      given.set(known.codes.subarray(row * width, (row + 1) * width), at * width);
      present.set(known.present.subarray(row * width, (row + 1) * width), at * width);
    });
    let current = await this.#round(
      { given, kept: undefined, present },
      rows.length,
      candidates,
      random.derive('first'),
    );
    if (candidates === 1) return current;
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      signal.throwIfAborted();
      const ofSweep = random.derive('sweep', sweep);
      const fixed = this.#fixedPart(given, current, rows.length, ofSweep.derive('part'));
      current = await this.#round({ given: fixed, kept: current, present }, rows.length, candidates, ofSweep);
    }
    return current;
  }

  /** What is known, and of the unknown columns of each row about half, as they are. */
  #fixedPart(given: Int32Array, current: Int32Array, rows: number, random: Random): Int32Array {
    const width = this.columnOf.length;
    const fixed = Int32Array.from(given);
    for (let row = 0; row < rows; row++) {
      const unknown = new Set(this.columnOf.filter((_, code) => given[row * width + code]! < 0));
      if (unknown.size < 2) continue;
      const order = [...unknown];
      // At least one is drawn anew.
      const anew = new Set(
        random
          .permutation(order.length)
          .subarray(0, Math.ceil(order.length / 2))
          .map((at) => order[at]!),
      );
      this.columnOf.forEach((column, code) => {
        const at = row * width + code;
        if (given[at]! < 0 && !anew.has(column)) fixed[at] = current[at]!;
      });
    }
    return fixed;
  }

  /** Draws candidates of each row, the kept one among them, and takes one of each by weight. */
  async #round(
    { given, kept, present }: { given: Int32Array; kept: Int32Array | undefined; present: Uint8Array },
    rows: number,
    candidates: number,
    random: Random,
  ): Promise<Int32Array> {
    const width = this.columnOf.length;
    const cells = blankCells(rows * candidates * width);
    for (let row = 0; row < rows * candidates; row++) {
      const source = Math.floor(row / candidates) * width;
      const isKept = kept !== undefined && row % candidates === 0;
      for (let code = 0; code < width; code++) {
        const cell = row * width + code;
        cells.given[cell] = isKept ? kept[source + code]! : given[source + code]!;
        cells.counted[cell] = given[source + code]! >= 0 ? 1 : 0;
        cells.present[cell] = present[source + code]!;
      }
    }
    const { codes: all, evidence } = await this.#run(rows * candidates, cells, random.derive('noise'));
    const choice = random.derive('choice');
    const taken = new Int32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const weights = evidence.subarray(row * candidates, (row + 1) * candidates);
      const at = row * candidates + (candidates === 1 ? 0 : byLogWeight(weights, choice));
      taken.set(all.subarray(at * width, (at + 1) * width), row * width);
    }
    return taken;
  }

  /** Draws what isn't given of at most `rowsAtATime` rows. Answers all codes, and the logarithm of what counted. */
  async #run(
    rows: number,
    cells: Cells,
    noise: Random,
  ): Promise<{ readonly codes: Int32Array; readonly evidence: Float64Array }> {
    const width = this.columnOf.length;
    const all = new Int32Array(rows * width);
    const evidence = new Float64Array(rows);
    let drawn: ValuesOf<Drawn> = {};
    for (const { codes, program } of this.programs) {
      const count = codes.length;
      const blank = () => new Float32Array(this.rowsAtATime * count);
      const [uniforms, given, counted, present] = [blank().fill(0.5), blank(), blank(), blank()];
      for (let row = 0; row < rows; row++) {
        for (let at = 0; at < count; at++) {
          const cell = row * count + at;
          const source = row * width + codes[at]!;
          uniforms[cell] = Math.min(noise.uniform(), LARGEST_UNIFORM);
          given[cell] = cells.given[source]!;
          counted[cell] = cells.counted[source]!;
          present[cell] = cells.present[source]!;
        }
      }
      const clamps = { given, counted, present };
      const { bins, evidence: found, ...next } = await program.run({ uniforms, clamps, drawn });
      drawn = next;
      for (let row = 0; row < rows; row++) {
        evidence[row]! += found[row]!;
        for (let at = 0; at < count; at++) all[row * width + codes[at]!] = bins[row * count + at]!;
      }
    }
    return { codes: all, evidence };
  }
}

/** What is known of rows [rows, codes], as `Clamps` has it. */
interface Cells {
  readonly given: Int32Array;
  readonly counted: Uint8Array;
  readonly present: Uint8Array;
}

const blankCells = (length: number): Cells => ({
  given: new Int32Array(length),
  counted: new Uint8Array(length),
  present: new Uint8Array(length),
});

type ClampedInputs = {
  readonly uniforms: Spec;
  readonly clamps: Record<'given' | 'counted' | 'present', Spec>;
  readonly drawn: Record<string, Spec | readonly Spec[]>;
};
type ClampedProgram = Program<
  ClampedInputs,
  Drawn & { readonly bins: tf.Tensor2D; readonly evidence: tf.Tensor1D }
>;

const byLogWeight = (logs: Float64Array, random: Random): number => random.categorical(probabilities(logs));

/** In proportion to the exponentials of the logarithms, with the sum 1. */
function probabilities(logs: Float64Array): Float64Array {
  const most = logs.reduce((largest, log) => Math.max(largest, log), -Infinity);
  const weights = logs.map((log) => Math.exp(log - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
