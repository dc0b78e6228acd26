import type { BinnedColumn } from '../boosting/binned-features.js';
import { fitBoostedTrees, type BoostedTrees } from '../boosting/boosted-trees.js';
import { judged, type Task } from './prediction-task.js';

/** How trees are boosted; what isn't here is as XGBoost does it by default. */
export interface Setting {
  readonly rounds: number;
  readonly depth: number;
  readonly leastWeight: number;
  readonly leastGain: number;
}

/** A model of few rounds is the beginning of one of many: they are one fit. */
const ROUNDS = [10, 50, 100];
const MOST_ROUNDS = 100;

/** The 36 settings among which published utility figures choose (TabSyn, Zhang et al., 2024, appendix). */
const FITS: readonly Omit<Setting, 'rounds'>[] = [5, 10, 20].flatMap((depth) =>
  [1, 10].flatMap((leastWeight) => [0, 1].map((leastGain) => ({ depth, leastWeight, leastGain }))),
);

/** How often `pause` is called for an output of the objective: in a search, and in the fit of one setting. */
export const PAUSES = { search: FITS.length * MOST_ROUNDS, most: MOST_ROUNDS };

interface Lesson {
  readonly columns: readonly BinnedColumn[];
  /** Of every row. */
  readonly truth: Float64Array;
  readonly task: Task;
  /** Rows that are learnt from. */
  readonly training: Int32Array;
  readonly pause: () => Promise<void>;
}

export interface Chosen {
  readonly setting: Setting;
  readonly model: BoostedTrees;
}

/** Fits every setting and keeps the one that predicts the validation rows best. */
export async function chooseSetting(lesson: Lesson, validation: Int32Array): Promise<Chosen> {
  const wanted = Float64Array.from(validation, (row) => lesson.truth[row]!);
  const { classes } = lesson.task;
  let chosen: Chosen | undefined;
  let best = -Infinity;
  for (const fit of FITS) {
    const model = await fitSetting(lesson, { ...fit, rounds: MOST_ROUNDS });
    for (const rounds of ROUNDS) {
      const value = judged(model.scores(lesson.columns, validation, rounds), wanted, lesson.task);
      const good = value === undefined ? -Infinity : classes ? value : -value;
      if (chosen && !(good > best)) continue;
      best = good;
      chosen = { model, setting: { ...fit, rounds } };
    }
  }
  return chosen!;
}

export function fitSetting(
  { columns, truth, task, training, pause }: Lesson,
  { rounds, ...limits }: Setting,
): Promise<BoostedTrees> {
  return fitBoostedTrees(columns, task.objective(truth), training, {
    rounds,
    rate: 0.3,
    limits: { ...limits, shrinkage: 1 },
    pause,
  });
}
