import * as tf from '@tensorflow/tfjs-core';

/** Probabilities below this count as this, so that a loss stays finite. */
const LEAST_PROBABILITY = 1e-30;

/**
 * Negative log likelihood, in nats, of int32 labels [n], each 0…choices−1, under softmax(x · choicesᵀ) over all rows of
 * a table [choices, width], for queries x [n, width]: [n]. The value of `crossEntropyOfLabels` of those logits.
 *
 * Where choices are the items of a catalogue, everything that is [n, choices] is most of a step's time. Here these are three
 * products and one softmax; that a label's own probability is taken off is a matter of rows of the table.
 */
export function catalogueLoss(x: tf.Tensor2D, choices: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const [rows] = x.shape;
  const [count] = choices.shape;
  const loss = tf.customGrad((...inputs) => {
    const [query, table, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const probabilities = tf.softmax(tf.matMul<tf.Tensor2D>(query, table, false, true));
    const places = tf.add(tf.mul(tf.range(0, rows, 1, 'int32'), count), labels);
    const own = tf.gather(tf.reshape(probabilities, [rows * count]), tf.cast(places, 'int32'));
    save([query, table, probabilities]);
    return {
      value: tf.neg(tf.log(tf.maximum(own, LEAST_PROBABILITY))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [q, t, p] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        const weights = tf.reshape(dy, [rows, 1]);
        const weighted = tf.mul<tf.Tensor2D>(q, weights);
        const ofLabels = tf.gather(t, labels);
        return [
          tf.mul(tf.sub(tf.matMul(p, t), ofLabels), weights),
          tf.sub(
            // The small side transposed rather than the large one.
            tf.transpose(tf.matMul(weighted, p, true, false)),
            tf.unsortedSegmentSum(weighted, labels, count),
          ),
        ];
      },
    };
  });
  return loss(x, choices) as tf.Tensor1D;
}
