import * as tf from '@tensorflow/tfjs-core';
import { zeros } from '../gradients/gradient.js';
import { dense } from './dense.js';

export type GruParameters = {
  /** [in, 3·hidden]; columns of the reset gate, the update gate, the candidate. */
  readonly input: tf.Tensor;
  /** [hidden, 3·hidden]. */
  readonly recurrent: tf.Tensor;
  /** [3·hidden]. */
  readonly inputBias: tf.Tensor;
  readonly recurrentBias: tf.Tensor;
};

export type LstmParameters = {
  /** [in, 4·hidden]; columns of the input gate, the forget gate, the candidate, the output gate. */
  readonly input: tf.Tensor;
  /** [hidden, 4·hidden]. */
  readonly recurrent: tf.Tensor;
  /** [4·hidden]. The forget gate's is best started at 1 (Jozefowicz et al., 2015, section 2.3). */
  readonly bias: tf.Tensor;
};

/** Both [batch, hidden]. */
export type LstmState = {
  readonly hidden: tf.Tensor;
  readonly cell: tf.Tensor;
};

/**
 * A step of a gated recurrent unit: x [batch, in] and the last state [batch, hidden] to the next state (Cho et al., 2014,
 * section 2.3). The reset gate acts on the candidate's product rather than on its input, so that the recurrent weights
 * take one product.
 */
export function gruCell(x: tf.Tensor, hidden: tf.Tensor, parameters: GruParameters): tf.Tensor {
  return gruStep(projected(x, parameters.input, parameters.inputBias), hidden, parameters);
}

/** A step of a long short-term memory (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000). */
export function lstmCell(x: tf.Tensor, state: LstmState, parameters: LstmParameters): LstmState {
  return lstmStep(projected(x, parameters.input, parameters.bias), state, parameters);
}

/**
 * A GRU over sequences [batch, steps, in]: all states [batch, steps, hidden], and the last one [batch, hidden]. Starts
 * from zeros where no state is given. The number of steps is part of the program: each is written out.
 */
export function gru(
  x: tf.Tensor,
  parameters: GruParameters,
  initial: tf.Tensor = zeros([x.shape[0], parameters.recurrent.shape[0]]),
): { readonly outputs: tf.Tensor; readonly last: tf.Tensor } {
  const outputs: tf.Tensor[] = [];
  let hidden = initial;
  for (const step of tf.unstack(projected(x, parameters.input, parameters.inputBias), 1)) {
    hidden = gruStep(step, hidden, parameters);
    outputs.push(hidden);
  }
  return { outputs: tf.stack(outputs, 1), last: hidden };
}

/** An LSTM over sequences, as `gru`. */
export function lstm(
  x: tf.Tensor,
  parameters: LstmParameters,
  initial: LstmState = {
    hidden: zeros([x.shape[0], parameters.recurrent.shape[0]]),
    cell: zeros([x.shape[0], parameters.recurrent.shape[0]]),
  },
): { readonly outputs: tf.Tensor; readonly last: LstmState } {
  const outputs: tf.Tensor[] = [];
  let state = initial;
  for (const step of tf.unstack(projected(x, parameters.input, parameters.bias), 1)) {
    state = lstmStep(step, state, parameters);
    outputs.push(state.hidden);
  }
  return { outputs: tf.stack(outputs, 1), last: state };
}

/** The part of all gates that doesn't depend on the state: one product for all steps. */
function projected(x: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return dense(x, { weights, bias });
}

function gruStep(
  fromInput: tf.Tensor,
  hidden: tf.Tensor,
  { recurrent, recurrentBias }: GruParameters,
): tf.Tensor {
  const width = hidden.shape[1]!;
  const fromState = tf.add(tf.matMul(hidden, recurrent), recurrentBias);
  const [inputGates, inputCandidate] = tf.split(fromInput, [2 * width, width], 1) as [tf.Tensor, tf.Tensor];
  const [stateGates, stateCandidate] = tf.split(fromState, [2 * width, width], 1) as [tf.Tensor, tf.Tensor];
  const gates = tf.sigmoid(tf.add(inputGates, stateGates));
  const [reset, update] = tf.split(gates, 2, 1) as [tf.Tensor, tf.Tensor];
  const candidate = tf.tanh(tf.add(inputCandidate, tf.mul(reset, stateCandidate)));
  return tf.add(candidate, tf.mul(update, tf.sub(hidden, candidate)));
}

function lstmStep(
  fromInput: tf.Tensor,
  { hidden, cell }: LstmState,
  { recurrent }: LstmParameters,
): LstmState {
  const gates = tf.add(fromInput, tf.matMul(hidden, recurrent));
  const [input, forget, candidate, output] = tf.split(gates, 4, 1) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const next = tf.add(tf.mul(tf.sigmoid(forget), cell), tf.mul(tf.sigmoid(input), tf.tanh(candidate)));
  return { hidden: tf.mul(tf.sigmoid(output), tf.tanh(next)), cell: next };
}
