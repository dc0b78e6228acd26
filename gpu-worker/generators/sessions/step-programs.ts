import * as tf from '@tensorflow/tfjs-core';
import type { Engine, Program } from '../../compute/program.js';
import { stored, type StoredOf, type ValuesOf } from '../../compute/tensors.js';
import {
  headLogits,
  itemLogits,
  nextHidden,
  PLACE_FEATURES,
  type Cache,
  type Known,
  type Parameters,
  type Shape,
} from './network.js';

type HeldState = { readonly parameters: Parameters; readonly cache: Cache };

const knownSpecs = ({ window, fields, users }: Shape, slots: number) => {
  const codes = { shape: [slots, 1] as const, dtype: 'int32' } as const;
  return {
    item: codes,
    fields: fields.map(() => codes),
    users: users.map(() => codes),
    place: { shape: [slots, 1, PLACE_FEATURES] as const, dtype: 'float32' } as const,
    seen: { shape: [slots, window] as const, dtype: 'float32' } as const,
  };
};
const vector = (slots: number, width: number) =>
  ({ x: { shape: [slots, width] as const, dtype: 'float32' } as const }) as const;

/** The network one event at a time, for `slots` logs at once; each log's keys and values stay on the device. */
export interface StepPrograms {
  advance(known: ValuesOf<ReturnType<typeof knownSpecs>>): Promise<Float32Array>;
  /** Probabilities of a field's codes [slots, codes] from [slots, width]. */
  field(index: number, x: Float32Array): Promise<Float32Array>;
  /** Logits of the components [slots, COUNTED + 1]. */
  gates(x: Float32Array): Promise<Float32Array>;
  /** Probabilities of items [ITEM_ROWS, items] from [ITEM_ROWS, width]. */
  items(x: Float32Array): Promise<Float32Array>;
  dispose(): void;
}

/** Most events draw their item by counts: the softmax over all items is taken for so many of the others at a time. */
export const ITEM_ROWS = 16;

export async function compileSteps(
  engine: Engine,
  shape: Shape,
  parameters: StoredOf<Parameters>,
  slots: number,
): Promise<StepPrograms> {
  const { width, window } = shape;
  const empty = () => stored([slots, window, width], new Float32Array(slots * window * width));
  const state = engine.hold<HeldState>({
    parameters,
    cache: parameters.layers.map(() => ({ keys: empty(), values: empty() })),
  });
  const advance = await engine.compile(`one event of ${slots} logs`, {
    state,
    inputs: knownSpecs(shape, slots),
    step: (held: HeldState, inputs) => {
      const { seen, ...known } = inputs as unknown as Known & { readonly seen: tf.Tensor2D };
      const { hidden, cache } = nextHidden(shape, held.parameters, known, seen, held.cache);
      return { state: { parameters: held.parameters, cache }, outputs: { hidden } };
    },
  });
  const fields: Program<ReturnType<typeof vector>, { probabilities: tf.Tensor }>[] = [];
  for (const field of shape.fields.keys()) {
    fields.push(
      await engine.compile(`field ${field} of ${slots} events`, {
        state,
        inputs: vector(slots, width),
        step: (held: HeldState, { x }) => ({
          outputs: { probabilities: tf.softmax(headLogits(x, held.parameters.heads[field]!)) },
        }),
      }),
    );
  }
  const gates = await engine.compile(`gates of ${slots} events`, {
    state,
    inputs: vector(slots, width),
    step: (held: HeldState, { x }) => ({
      outputs: { logits: itemLogits(shape, held.parameters, x as tf.Tensor2D).gates },
    }),
  });
  const items = await engine.compile(`items of ${ITEM_ROWS} events`, {
    state,
    inputs: vector(ITEM_ROWS, width),
    step: (held: HeldState, { x }) => ({
      outputs: { probabilities: tf.softmax(itemLogits(shape, held.parameters, x as tf.Tensor2D).items) },
    }),
  });
  return {
    advance: async (known) => (await advance.run(known)).hidden as Float32Array,
    field: async (index, x) => (await fields[index]!.run({ x })).probabilities as Float32Array,
    gates: async (x) => (await gates.run({ x })).logits as Float32Array,
    items: async (x) => (await items.run({ x })).probabilities as Float32Array,
    dispose: () => {
      for (const program of [advance, gates, items, ...fields]) program.dispose();
      state.dispose();
    },
  };
}
