import { z } from 'zod';
import { Relation } from './linked.js';

const share = z.number().min(0).max(1);

/** A score from 0 to 1, higher is better, beside that of one random half of the real parents, with their children, against the other. */
const Compared = z.object({ value: share, reference: share });

/** How well synthetic tables keep a relation between two tables. */
export const RelationScores = z.object({
  relation: Relation,
  /** Share of synthetic foreign keys that are given and have a parent. */
  integrity: share,
  /** Share of child rows without a parent. */
  parentless: z.object({ real: share, synthetic: share }),
  /** 1 − the two-sample Kolmogorov–Smirnov statistic of children per parent: SDMetrics' CardinalityShapeSimilarity. */
  cardinality: Compared,
  /** Mean trend over pairs of a parent's and a child's column, as in SDMetrics' intertable trends. Absent without such pairs. */
  trend: Compared.optional(),
  /** Mean trend over columns of the child between two children of one parent: whether siblings are alike as real ones are. */
  siblings: Compared.optional(),
  /** Each pair's trend, the worst first. */
  pairs: z.array(z.object({ parentColumn: z.string(), childColumn: z.string(), ...Compared.shape })),
});
export type RelationScores = z.infer<typeof RelationScores>;
