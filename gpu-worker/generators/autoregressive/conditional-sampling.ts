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
  ): Promise<ConditionalSampler> {
    const most = Math.max(64, Math.min(MOST_ROWS, Math.floor(MOST_UNITS / layout.units)));
    const rowsAtATime = Math.min(most, Math.max(1, rows) * CANDIDATES);
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
    const evidence = new Float64Array(rows * candidates);
    const all = new Int32Array(rows * candidates * width);
    let drawn: ValuesOf<Drawn> = {};
    const noise = random.derive('noise');
    for (const { codes, program } of this.programs) {
      const count = codes.length;
      const cells = () => new Float32Array(this.rowsAtATime * count);
      const [uniforms, clamped, counted, there] = [cells().fill(0.5), cells().fill(0), cells(), cells()];
      for (let row = 0; row < rows * candidates; row++) {
        const source = Math.floor(row / candidates) * width;
        const isKept = kept !== undefined && row % candidates === 0;
        codes.forEach((code, at) => {
          const cell = row * count + at;
          uniforms[cell] = Math.min(noise.uniform(), LARGEST_UNIFORM);
          clamped[cell] = isKept ? kept[source + code]! : given[source + code]!;
          counted[cell] = given[source + code]! >= 0 ? 1 : 0;
          there[cell] = present[source + code]!;
        });
      }
      const clamps = { given: clamped, counted, present: there };
      const { bins, evidence: found, ...next } = await program.run({ uniforms, clamps, drawn });
      drawn = next;
      for (let row = 0; row < rows * candidates; row++) {
        evidence[row]! += found[row]!;
        codes.forEach((code, at) => (all[row * width + code] = bins[row * count + at]!));
      }
    }
    const choice = random.derive('choice');
    const taken = new Int32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const weights = evidence.subarray(row * candidates, (row + 1) * candidates);
      const at = row * candidates + (candidates === 1 ? 0 : byLogWeight(weights, choice));
      taken.set(all.subarray(at * width, (at + 1) * width), row * width);
    }
    return taken;
  }
}

type ClampedInputs = {
  readonly uniforms: Spec;
  readonly clamps: Record<'given' | 'counted' | 'present', Spec>;
  readonly drawn: Record<string, Spec | readonly Spec[]>;
};
type ClampedProgram = Program<
  ClampedInputs,
  Drawn & { readonly bins: tf.Tensor2D; readonly evidence: tf.Tensor1D }
>;

function byLogWeight(logs: Float64Array, random: Random): number {
  const most = logs.reduce((largest, log) => Math.max(largest, log), -Infinity);
  return random.categorical(logs.map((log) => Math.exp(log - most)));
}
