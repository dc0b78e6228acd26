import * as tf from '@tensorflow/tfjs-core';
import { logSoftmax, oneHot } from '../../compute/layers/softmax.js';
import type { Engine, Program, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { Spec, Stored, ValuesOf } from '../../compute/tensors.js';
import { drawingTables, sharesOf, type DrawingTables } from './drawing-tables.js';
import { columnsByRank, type Layout } from './layout.js';

/** Rows drawn at a time; fewer for wide tables, whose rows are long. */
const MOST_ROWS = 8192;
const MOST_UNITS = 8_000_000;
/** Columns of one program: what it takes to compile one grows faster than its columns. */
export const MOST_COLUMNS = 64;

/**
 * Draws rows column by column, in the order of ranks. Hidden units that see only columns already drawn never change
 * again, so each unit of each layer is computed once: all columns together cost one pass through the network instead
 * of one each.
 *
 * Within a column, the uniform numbers of the rows are stratified (Latin hypercube sampling: McKay, Beckman and
 * Conover, 1979): each row's draw still has the model's distribution, and the shares of the bins over all rows come
 * closer to it than with independent draws.
 */
export class BinSampler {
  private constructor(
    private readonly layout: Layout,
    /** Rows that one run draws. */
    readonly rowsAtATime: number,
    private readonly state: Variables<DrawingTables>,
    /** One for each stretch of columns. */
    private readonly programs: readonly {
      readonly columns: readonly number[];
      readonly program: SamplingProgram;
    }[],
  ) {}

  /** For drawing `rows` rows in all, which are shared out evenly over as few runs as possible. */
  static async compile(
    engine: Engine,
    layout: Layout,
    blocks: number,
    parameters: readonly Stored[],
    rows: number,
  ): Promise<BinSampler> {
    const most = Math.max(64, Math.min(MOST_ROWS, Math.floor(MOST_UNITS / layout.units)));
    const rowsAtATime = Math.ceil(rows / Math.ceil(rows / most));
    const state = engine.hold<DrawingTables>(drawingTables(layout, blocks, parameters));
    const byRank = columnsByRank(layout);
    const programs: { columns: number[]; program: SamplingProgram }[] = [];
    for (let from = 0; from < byRank.length; from += MOST_COLUMNS) {
      const columns = byRank.slice(from, from + MOST_COLUMNS);
      const inputs: SamplingInputs = {
        uniforms: { shape: [rowsAtATime, columns.length], dtype: 'float32' },
        drawn: drawnSpecs(layout, blocks, rowsAtATime, from),
      };
      const program = await engine.compile(`sampling columns ${from + 1} to ${from + columns.length}`, {
        state,
        inputs,
        step: (held, { uniforms, drawn }) => ({
          outputs: drawColumns(layout, held, from, uniforms as tf.Tensor2D, drawn as Drawn),
        }),
      });
      programs.push({ columns, program });
    }
    return new BinSampler(layout, rowsAtATime, state, programs);
  }

  /** Bins of at most `rowsAtATime` rows, row-major [rows, columns]. Rejects with the signal's reason when aborted. */
  async draw(rows: number, random: Random, signal: AbortSignal): Promise<Int32Array> {
    const width = this.layout.widths.length;
    const all = new Int32Array(rows * width);
    let drawn: ValuesOf<Drawn> = {};
    for (const { columns, program } of this.programs) {
      signal.throwIfAborted();
      const uniforms = this.#uniforms(rows, columns, random);
      const { bins, ...next } = await program.run({ uniforms, drawn });
      drawn = next;
      columns.forEach((column, at) => {
        for (let row = 0; row < rows; row++) all[row * width + column] = bins[row * columns.length + at]!;
      });
    }
    return all;
  }

  dispose(): void {
    for (const { program } of this.programs) program.dispose();
    this.state.dispose();
  }

  #uniforms(rows: number, columns: readonly number[], random: Random): Float32Array {
    const uniforms = new Float32Array(this.rowsAtATime * columns.length).fill(0.5);
    columns.forEach((column, at) => {
      const ofColumn = random.derive('column', column);
      const strata = ofColumn.permutation(rows);
      for (let row = 0; row < rows; row++) {
        const uniform = (strata[row]! + ofColumn.uniform()) / rows;
        uniforms[row * columns.length + at] = Math.min(uniform, LARGEST_UNIFORM);
      }
    });
    return uniforms;
  }
}

/** Below 1 in single precision, after rounding and after a product with the sum of a column's probabilities too. */
export const LARGEST_UNIFORM = 1 - 2 ** -22;

/** What the columns drawn so far say to those after them; nothing before the first one. */
export type Drawn = {
  /** What they are told [rows, told]: see `DrawingTables`. */
  readonly told?: tf.Tensor2D;
  /** Each layer's activations that depend on no other column [rows, units so far]; none before there is one. */
  readonly layers?: readonly tf.Tensor2D[];
};
type SamplingInputs = { readonly uniforms: Spec; readonly drawn: Record<string, Spec | readonly Spec[]> };
type SamplingProgram = Program<SamplingInputs, Drawn & { readonly bins: tf.Tensor2D }>;

/** The shapes of what the first `columns` columns, in the order of ranks, say to those after them. */
export function drawnSpecs(
  layout: Layout,
  blocks: number,
  rows: number,
  columns: number,
): SamplingInputs['drawn'] {
  if (columns === 0) return {};
  const { unitsSoFar, rest } = sharesOf(layout)[columns - 1]!;
  const spec = (units: number): Spec => ({ shape: [rows, units], dtype: 'float32' });
  const layers = Array.from({ length: unitsSoFar > 0 ? blocks * 2 + 1 : 0 }, () => spec(unitsSoFar));
  return { told: spec(rest), layers };
}

/**
 * Bins, int32 [rows, columns], of the columns from rank `first` on, from uniform numbers of the same shape; and what
 * those after them need to know.
 */
export function drawColumns(
  layout: Layout,
  tables: DrawingTables,
  first: number,
  uniforms: tf.Tensor2D,
  before: Drawn,
  clamps?: Clamps,
): Drawn & { readonly bins: tf.Tensor2D; readonly evidence?: tf.Tensor1D } {
  const [rows, columns] = uniforms.shape;
  const bins: tf.Tensor1D[] = [];
  const evidence: tf.Tensor1D[] = [];
  let told = before.told ?? tables.start;
  let layers = before.layers ?? [];
  const shares = sharesOf(layout).slice(first, first + columns);
  for (const [at, { units, bins: width, rest }] of shares.entries()) {
    const { tells, output, hidden } = tables.columns[first + at]!;
    const parts = [units, width, rest].filter((size) => size > 0);
    const pieces = parts.length > 1 ? tf.split<tf.Tensor2D>(told, parts, 1) : [told];
    if (units > 0) layers = grow(layers, hidden ?? [], pieces.shift()!);
    const direct = pieces.shift()!;
    const known = layers.at(-1);
    const logits = known && output ? tf.add<tf.Tensor2D>(tf.matMul(known, output), direct) : direct;
    // Before the first column is drawn, all rows are told the same.
    const ofRows = logits.shape[0] === rows ? logits : tf.tile(logits, [rows, 1]);
    const uniform = tf.slice(uniforms, [0, at], [rows, 1]);
    const clamped = clamps && clampedChoice(ofRows, uniform, clamps, at);
    const chosen = clamped?.chosen ?? choose(ofRows, uniform);
    bins.push(chosen);
    if (clamped) evidence.push(clamped.evidence);
    if (tells) told = tf.add<tf.Tensor2D>(pieces.shift()!, tf.gather(tells, chosen));
  }
  const drawn = {
    bins: tf.stack(bins, 1) as tf.Tensor2D,
    ...(clamps && { evidence: tf.addN(evidence) }),
  };
  return first + columns < layout.widths.length ? { ...drawn, told, layers } : drawn;
}

/** What is known of rows before they are drawn; all float [rows, columns]. */
export type Clamps = {
  /** The bin that a cell has; −1 where it is to be drawn. */
  readonly given: tf.Tensor2D;
  /** 1 where a given bin is evidence, for which the row is weighed; 0 where it only stays as it is. */
  readonly counted: tf.Tensor2D;
  /** 1 where the last bin must not be drawn: the one for missing cells. */
  readonly present: tf.Tensor2D;
};

/** The given bin or else one that is drawn, and the logarithm of the given one's probability where it counts [rows]. */
function clampedChoice(
  logits: tf.Tensor2D,
  uniform: tf.Tensor2D,
  clamps: Clamps,
  at: number,
): { readonly chosen: tf.Tensor1D; readonly evidence: tf.Tensor1D } {
  const [rows, width] = logits.shape;
  const columnOf = (of: tf.Tensor2D) => tf.slice(of, [0, at], [rows, 1]);
  const given = columnOf(clamps.given);
  const last = tf.tensor2d(
    Float32Array.from({ length: width }, (_, bin) => (bin === width - 1 ? FORBIDDEN : 0)),
    [1, width],
  );
  const allowed = tf.add<tf.Tensor2D>(logits, tf.mul(columnOf(clamps.present), last));
  const drawn = tf.reshape(tf.cast(choose(allowed, uniform), 'float32'), [rows, 1]);
  const isGiven = tf.cast(tf.greaterEqual(given, 0), 'float32');
  const bins = tf.add(tf.mul(isGiven, given), tf.mul(tf.sub(1, isGiven), drawn));
  const chosen = tf.cast<tf.Tensor1D>(tf.reshape(bins, [rows]), 'int32');
  const flat = (of: tf.Tensor2D) => tf.reshape(columnOf(of), [rows]);
  const counted = flat(clamps.counted);
  const likely = tf.mul(tf.sum(tf.mul(logSoftmax(logits), oneHot(chosen, width)), 1), counted);
  // Of a cell that is drawn, that it isn't missing is evidence, too.
  const lastOnes = tf.slice(tf.softmax(logits), [0, width - 1], [rows, 1]);
  const isThere = tf.log(tf.maximum(tf.sub(1, tf.reshape(lastOnes, [rows])), LEAST_LIKELY));
  const drawnPresent = tf.mul(flat(clamps.present), tf.sub(1, counted));
  return { chosen, evidence: tf.add<tf.Tensor1D>(likely, tf.mul(isThere, drawnPresent)) };
}

/** Probabilities below this count as this, so that their logarithm is finite. */
const LEAST_LIKELY = 1e-7;
/** Added to a logit whose bin must not be drawn. */
const FORBIDDEN = -1e9;

/** A bin for each row, int32 [rows], from logits [rows, width]: the inverse of the cumulative distribution. */
function choose(logits: tf.Tensor2D, uniform: tf.Tensor2D): tf.Tensor1D {
  const [rows, width] = logits.shape;
  const cumulative = tf.cumsum(tf.softmax(logits), 1);
  const total = tf.slice(cumulative, [0, width - 1], [rows, 1]);
  const passed = tf.lessEqual(cumulative, tf.mul(uniform, total));
  return tf.cast(tf.minimum(tf.sum(tf.cast(passed, 'float32'), 1), width - 1), 'int32') as tf.Tensor1D;
}

/** Appends units to the activations of every layer, from their sums [rows, units] in the first one. */
function grow(
  layers: readonly tf.Tensor2D[],
  hidden: NonNullable<DrawingTables['columns'][number]['hidden']>,
  sums: tf.Tensor2D,
): tf.Tensor2D[] {
  const result: tf.Tensor2D[] = [];
  const append = (units: tf.Tensor2D): tf.Tensor2D => {
    const before = layers[result.length];
    const active = tf.relu(units);
    const layer = before ? tf.concat([before, active], 1) : active;
    result.push(layer);
    return layer;
  };
  let stream = sums;
  let layer = append(stream);
  hidden.forEach(({ weights, bias }, index) => {
    const units = tf.add<tf.Tensor2D>(tf.matMul(layer, weights), bias);
    // The second layer of a block adds to what went into the first.
    if (index % 2 === 1) stream = tf.add(stream, units);
    layer = append(index % 2 === 1 ? stream : units);
  });
  return result;
}
