import { growKdTree } from '../neighbours/kd-tree.js';
import { nearest } from '../neighbours/nearest.js';
import { takePoints, type Points } from '../neighbours/points.js';
import { randomNumbers, shuffledIndices } from '../random.js';

/** The training rows are cut to the holdout's size in so many ways at most: one cut alone leaves much to chance. */
const MOST_CUTS = 5;

/**
 * Share of the synthetic rows whose nearest training row is nearer than their nearest holdout row, of as many; a row equally
 * near to both counts half. 0.5 when the generator knows the training rows no better than any others. A long table's
 * holdout is compared with disjoint cuts of the training rows, and the share is their mean.
 */
export async function closerToTrain(
  { train, holdout, synthetic }: { train: Points; holdout: Points; synthetic: Points },
  seed: number,
  pause: (fraction: number) => Promise<void>,
): Promise<number> {
  const random = randomNumbers(seed);
  const size = Math.min(train.rows, holdout.rows);
  const cuts = Math.min(MOST_CUTS, Math.floor(train.rows / size));
  const trainOrder = shuffledIndices(train.rows, random);
  const held = takePoints(holdout, shuffledIndices(holdout.rows, random).subarray(0, size));
  const distancesTo = async (points: Points, done: number) => {
    const step = (fraction: number) => pause((done + fraction) / (cuts + 1));
    return (await nearest(growKdTree(points), synthetic, { count: 1, pause: step })).distances;
  };
  const toHoldout = await distancesTo(held, 0);
  let closer = 0;
  for (let cut = 0; cut < cuts; cut++) {
    const rows = trainOrder.subarray(cut * size, (cut + 1) * size);
    const toTrain = await distancesTo(takePoints(train, rows), cut + 1);
    toTrain.forEach((distance, row) => {
      closer += distance < toHoldout[row]! ? 1 : distance === toHoldout[row] ? 0.5 : 0;
    });
  }
  return closer / (cuts * synthetic.rows);
}
