import { areaUnderCurve } from '../logistic-regression.js';
import type { KdTree } from '../neighbours/kd-tree.js';
import { nearest } from '../neighbours/nearest.js';
import type { Points } from '../neighbours/points.js';

/**
 * AUC of an attacker who says that a record was trained on when a synthetic row lies near it (Chen et al., GAN-Leaks, 2020,
 * section 4, the attack on a published table alone): 0.5 is guessing, 1 is always right.
 */
export async function membershipAttack(
  { members, others, synthetic }: { members: Points; others: Points; synthetic: KdTree },
  pause: (fraction: number) => Promise<void>,
): Promise<number> {
  const all = members.rows + others.rows;
  const distances = async (records: Points, done: number) => {
    const step = (fraction: number) => pause((done + fraction * records.rows) / all);
    return (await nearest(synthetic, records, { count: 1, pause: step })).distances;
  };
  const nearness = new Float64Array(all);
  nearness.set((await distances(members, 0)).map((distance) => -distance));
  nearness.set(
    (await distances(others, members.rows)).map((distance) => -distance),
    members.rows,
  );
  return areaUnderCurve(nearness, new Uint8Array(all).fill(1, 0, members.rows));
}
