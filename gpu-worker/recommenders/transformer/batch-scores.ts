import * as tf from '@tensorflow/tfjs-core';
import type { Engine, Program, Variables } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import type { Spec } from '../../compute/tensors.js';
import { hiddenStates, itemScores, type Packed, type Parameters, type Shape } from './network.js';
import { packed, placesOf, type Window } from './packing.js';

/** Packed rows computed at a time. */
const ROWS = 16;
/** Histories scored at a time. */
const HISTORIES = 128;

/** A float32 input. */
export const floats = (...shape: readonly number[]): Spec => ({ shape, dtype: 'float32' });

export const packedSpecs = (rows: number, places: number) => {
  const spec = { shape: [rows, places], dtype: 'int32' } as const satisfies Spec;
  return { item: spec, place: spec, history: spec };
};

/** Scores of many histories at once, by parameters that an engine holds. */
export class BatchScores {
  readonly #places: number;

  private constructor(
    private readonly shape: Shape,
    private readonly hidden: Program<ReturnType<typeof packedSpecs>, { readonly hidden: tf.Tensor }>,
    private readonly scored: Program<{ readonly hidden: Spec }, { readonly scores: tf.Tensor }>,
  ) {
    this.#places = placesOf(shape.length);
  }

  static async compile<State extends object>(
    engine: Engine,
    shape: Shape,
    state: Variables<State>,
    parametersIn: (state: State) => Parameters,
  ): Promise<BatchScores> {
    const places = placesOf(shape.length);
    const hidden = await engine.compile(`hidden states of ${ROWS} rows`, {
      state,
      inputs: packedSpecs(ROWS, places),
      step: (held: State, rows) => ({
        outputs: { hidden: hiddenStates(shape, parametersIn(held), rows as Packed) },
      }),
    });
    const scored = await engine.compile(`scores of ${HISTORIES} histories`, {
      state,
      inputs: { hidden: floats(HISTORIES, shape.width) },
      step: (held: State, inputs) => ({
        outputs: { scores: itemScores(parametersIn(held), inputs.hidden as tf.Tensor2D) },
      }),
    });
    return new BatchScores(shape, hidden, scored);
  }

  /** [histories, items], of histories of one item at least. */
  async of(histories: readonly Int32Array[]): Promise<Float32Array> {
    const { items, width } = this.shape;
    const states = await this.#lastStates(histories);
    const all = new Float32Array(histories.length * items);
    for (let from = 0; from < histories.length; from += HISTORIES) {
      const count = Math.min(HISTORIES, histories.length - from);
      const hidden = new Float32Array(HISTORIES * width);
      hidden.set(states.subarray(from * width, (from + count) * width));
      const { scores } = await this.scored.run({ hidden });
      all.set((scores as Float32Array).subarray(0, count * items), from * items);
    }
    return all;
  }

  dispose(): void {
    this.hidden.dispose();
    this.scored.dispose();
  }

  /** Hidden state behind each history's last item [histories, width]. */
  async #lastStates(histories: readonly Int32Array[]): Promise<Float32Array> {
    const { width, length } = this.shape;
    const items: number[] = [];
    const windows: Window[] = histories.map((history) => {
      const recent = history.subarray(Math.max(0, history.length - length));
      items.push(...recent);
      return { from: items.length - recent.length, size: recent.length };
    });
    // The item after the last is no target of anything.
    const rows = packed(windows, this.#places, (at) => items[at] ?? 0, Random.seeded(0));
    const cells = ROWS * this.#places;
    const states = new Float32Array(Math.ceil(rows.rows / ROWS) * cells * width);
    for (let from = 0; from < rows.rows; from += ROWS) {
      const part = (values: Int32Array, empty: number): Int32Array => {
        const taken = new Int32Array(cells).fill(empty);
        taken.set(values.subarray(from * this.#places, (from + ROWS) * this.#places));
        return taken;
      };
      const { hidden } = await this.hidden.run({
        item: part(rows.item, 0),
        place: part(rows.place, 0),
        history: part(rows.history, -1),
      });
      states.set(hidden, from * this.#places * width);
    }
    const last = new Float32Array(histories.length * width);
    histories.forEach((_, index) => {
      const at = rows.last[index]! * width;
      last.set(states.subarray(at, at + width), index * width);
    });
    return last;
  }
}
