/** What boosted trees predict, with the truth of every row. */
export type Objective =
  /** 0 or 1, by log-loss; the score is the log-odds of 1. */
  | { readonly loss: 'logistic'; readonly truth: Float64Array }
  /** A class 0 … classes − 1, by log-loss; each class has a score. */
  | { readonly loss: 'softmax'; readonly truth: Float64Array; readonly classes: number }
  /** A number, by squared error. */
  | { readonly loss: 'squared'; readonly truth: Float64Array };

/** Keeps a leaf's step finite where a class is certain. */
const LEAST_CURVATURE = 1e-16;

export function outputsOf(objective: Objective): number {
  return objective.loss === 'softmax' ? objective.classes : 1;
}

/** The constant scores that fit these rows best. */
export function startOf(objective: Objective, rows: Int32Array): number[] {
  if (objective.loss === 'softmax') {
    const counts = new Float64Array(objective.classes).fill(0.5);
    for (const row of rows) counts[objective.truth[row]!]!++;
    return Array.from(counts, (count) => Math.log(count / (rows.length + objective.classes / 2)));
  }
  let sum = 0;
  for (const row of rows) sum += objective.truth[row]!;
  if (objective.loss === 'squared') return [rows.length === 0 ? 0 : sum / rows.length];
  return [Math.log((sum + 0.5) / (rows.length - sum + 0.5))];
}

/** First and second derivatives of the loss by each output's score, into `gradients` and `curvatures`. */
export function gradientsOf(
  { loss, truth }: Objective,
  rows: Int32Array,
  scores: readonly Float64Array[],
  gradients: readonly Float64Array[],
  curvatures: readonly Float64Array[],
): void {
  const [score, gradient, curvature] = [scores[0]!, gradients[0]!, curvatures[0]!];
  switch (loss) {
    case 'logistic':
      for (let i = 0; i < rows.length; i++) {
        const share = 1 / (1 + Math.exp(-score[i]!));
        gradient[i] = share - truth[rows[i]!]!;
        curvature[i] = Math.max(share * (1 - share), LEAST_CURVATURE);
      }
      return;
    case 'squared':
      for (let i = 0; i < rows.length; i++) gradient[i] = score[i]! - truth[rows[i]!]!;
      curvature.fill(1);
      return;
    case 'softmax':
      for (let i = 0; i < rows.length; i++) {
        const total = logSumOfExponentials(scores, i);
        for (let output = 0; output < scores.length; output++) {
          const share = Math.exp(scores[output]![i]! - total);
          gradients[output]![i] = share - (truth[rows[i]!] === output ? 1 : 0);
          // Twice the diagonal bounds the whole matrix of second derivatives (Friedman, 2001, algorithm 6).
          curvatures[output]![i] = Math.max(2 * share * (1 - share), LEAST_CURVATURE);
        }
      }
      return;
  }
}

function logSumOfExponentials(scores: readonly Float64Array[], row: number): number {
  let highest = -Infinity;
  for (const output of scores) highest = Math.max(highest, output[row]!);
  let sum = 0;
  for (const output of scores) sum += Math.exp(output[row]! - highest);
  return highest + Math.log(sum);
}
