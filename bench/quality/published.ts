import type { ScoreName } from '../../schema/messages/scores.js';

/** Figures of others on a table, in the units of our scores. */
export interface Published {
  readonly method: string;
  readonly scores: Readonly<Partial<Record<ScoreName, number>>>;
  readonly fitSeconds?: number;
  readonly rowsASecond?: number;
}

type Row = readonly [
  method: string,
  shape: number,
  trend: number,
  logistic: number,
  boosted: number,
  utility: number | undefined,
  alpha: number,
  beta: number,
  closer?: number,
];

const row = ([method, shape, trend, logistic, boosted, utility, alpha, beta, closer]: Row): Published => ({
  method,
  scores: {
    shapeError: shape / 100,
    trendError: trend / 100,
    logisticDetection: logistic,
    boostedDetection: boosted,
    ...(utility !== undefined && { utility }),
    alphaPrecision: alpha / 100,
    betaRecall: beta / 100,
    ...(closer !== undefined && { closerToTrain: closer }),
  },
});

/**
 * Online Shoppers by one protocol, five models a method, utility beside 0.926 for real rows: arXiv 2603.23016, figures of
 * april-tools/tabpc (Apache-2.0); times there are of a GPU, and left out.
 */
export const PUBLISHED: readonly Published[] = (
  [
    ['CTGAN (enlarged)', 25.94, 24.46, 0.526, 0.0, 0.85, 77.9, 23.8, 0.493],
    ['TVAE (enlarged)', 24.92, 20.72, 0.273, 0.0, 0.903, 48.0, 19.1, 0.478],
    ['GReaT', 14.22, 11.08, 0.44, 0.292, 0.907, 78.4, 45.5, 0.493],
    ['STaSy', 13.49, 12.55, 0.386, 0.228, 0.91, 90.1, 35.2, 0.487],
    ['TabSyn', 1.48, 2.29, 0.979, 0.655, 0.914, 99.0, 47.9, 0.507],
    ['TabDiff', 1.49, 1.91, 0.976, 0.736, 0.917, 98.5, 51.1, 0.512],
    ['TabPC', 0.9, 1.78, 0.997, 0.894, 0.897, 99.2, 50.0, 0.513],
  ] as const satisfies readonly Row[]
).map(row);

/** Measured with SDV's defaults (300 epochs, batches of 500) on 2 processor cores; utility beside 0.918 for real rows. */
export const PEERS: readonly Published[] = [
  { ...row(['SDV TVAE', 21.0, 22.6, 0.237, 0.0, 0.863, 53, 16]), fitSeconds: 65, rowsASecond: 105_700 },
  { ...row(['SDV CTGAN', 18.8, 20.1, 0.701, 0.0, 0.831, 82, 28]), fitSeconds: 441, rowsASecond: 45_900 },
  row(['SDV CTGAN, clipped and rounded', 14.0, 11.9, 0.684, 0.02, undefined, 82, 28]),
  {
    ...row(['SDV Gaussian copula', 21.7, 10.7, 0.134, 0.0, 0.88, 85, 11]),
    fitSeconds: 2.8,
    rowsASecond: 27_900,
  },
];

/** What nothing honest is much better than. */
export const FLOORS: readonly Published[] = [
  row(['a perfect sampler (estimated)', 0.78, 1.43, 1.0, 1.0, undefined, 99, 50]),
  row(['one real half beside the other', 1.1, 2.03, 0.999, 1.0, undefined, 99.2, 49.7]),
  row(['bootstrap of the rows learnt from: cheating', 0.72, 1.12, 0.998, 1.0, undefined, 99.5, 85.0]),
  row(['independent columns', 0.0, 5.92, 1.0, 0.023, undefined, 97.7, 22.9]),
];
