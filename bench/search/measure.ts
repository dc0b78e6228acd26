import type { Engine } from '../../gpu-worker/compute/program.js';
import { Random } from '../../gpu-worker/compute/random.js';
import {
  evaluateRanker,
  type QueryScores,
} from '../../gpu-worker/recommenders/search/evaluation/evaluate.js';
import type { FittedSearchRanker, Product } from '../../gpu-worker/recommenders/search/search-ranker.js';
import { searchRankerOf } from '../../gpu-worker/recommenders/search/search-rankers.js';
import { wordsOf } from '../../gpu-worker/recommenders/search/text/analysis.js';
import type { Contender } from './contender.js';
import type { Experiment } from './experiment.js';

/** One contender on all folds: scores of all test queries, fold after fold. */
export interface Measured {
  readonly title: string;
  readonly scores: QueryScores;
  /** Mean over folds and seeds. */
  readonly fitSeconds: number;
  readonly modelBytes: number;
  readonly latency: Latency;
}

/** Of one query, in milliseconds. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  /** Mean processor time of this process. */
  readonly processor: number;
}

export interface MeasureOptions {
  readonly engine: Engine;
  readonly seeds: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Products of the catalogue that latency is measured on. */
export const LATENCY_PRODUCTS = 10_000;
const LATENCY_QUERIES = 2000;
const WARM_UP_QUERIES = 200;
const METRICS = ['ndcg', 'reciprocalRank', 'recall', 'diversity'] as const;

/** Fits and tests a contender; a query's scores are the means over seeds. */
export async function measure(
  contender: Contender,
  experiment: Experiment,
  { engine, seeds, options }: MeasureOptions,
): Promise<Measured> {
  const ranker = searchRankerOf(contender.ranker);
  const learns = contender.ranker !== 'bm25';
  const config = ranker.config.parse({ ...(learns ? options : {}), ...contender.options });
  const collected: Record<(typeof METRICS)[number], number[]> = {
    ndcg: [],
    reciprocalRank: [],
    recall: [],
    diversity: [],
  };
  const runs = learns ? seeds : 1;
  let seconds = 0;
  let last: FittedSearchRanker | undefined;
  for (const { training, test } of experiment.folds) {
    const sums = Object.fromEntries(METRICS.map((metric) => [metric, new Float64Array(test.length)]));
    for (let seed = 1; seed <= runs; seed++) {
      const started = performance.now();
      const fitted = await ranker.fit(training, config, sessionOf(engine, seed));
      seconds += (performance.now() - started) / 1000;
      last = fitted.over(experiment.products);
      const scores = await evaluateRanker(last, experiment.products, test, () => Promise.resolve(), {
        among: experiment.among,
      });
      for (const metric of METRICS)
        for (const [index, score] of scores[metric].entries()) sums[metric]![index]! += score / runs;
    }
    for (const metric of METRICS) collected[metric].push(...sums[metric]!);
  }
  const { ndcg, reciprocalRank, recall, diversity } = collected;
  return {
    title: contender.title,
    scores: {
      ndcg: Float64Array.from(ndcg),
      reciprocalRank: Float64Array.from(reciprocalRank),
      recall: Float64Array.from(recall),
      diversity: Float64Array.from(diversity),
    },
    fitSeconds: seconds / (experiment.folds.length * runs),
    modelBytes: last!.save().length,
    latency: latencyOf(last!, experiment),
  };
}

function sessionOf(engine: Engine, seed: number) {
  return {
    engine,
    seed,
    signal: new AbortController().signal,
    metric: () => {},
    progress: () => {},
    checkpointDue: () => false,
    saveCheckpoint: () => Promise.resolve(),
    checkpoint: undefined,
  };
}

/** Of `rank(query, 10)` in this process, over 10,000 products. */
function latencyOf(ranker: FittedSearchRanker, { products, folds }: Experiment): Latency {
  const large = ranker.over(manyProducts(products));
  const queries = folds.flatMap(({ test }) => test.map(({ query }) => query));
  const order = Random.seeded(0).derive('latency').permutation(queries.length);
  const times: number[] = [];
  let before = process.cpuUsage();
  for (let at = 0; at < WARM_UP_QUERIES + LATENCY_QUERIES; at++) {
    if (at === WARM_UP_QUERIES) before = process.cpuUsage();
    const started = performance.now();
    large.rank(queries[order[at % queries.length]!]!, 10);
    if (at >= WARM_UP_QUERIES) times.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))]!;
  return { median: at(0.5), p99: at(0.99), processor: (user + system) / 1000 / LATENCY_QUERIES };
}

/** The catalogue cut or filled to 10,000: each further title is the first half of one and the second half of another. */
function manyProducts(products: readonly Product[]): Product[] {
  const random = Random.seeded(0).derive('many');
  const half = (first: boolean): string => {
    const words = wordsOf(products[random.integer(products.length)]!.title ?? '');
    const cut = Math.ceil(words.length / 2);
    return (first ? words.slice(0, cut) : words.slice(cut)).join(' ');
  };
  return Array.from({ length: LATENCY_PRODUCTS }, (_, place) =>
    place < products.length
      ? products[place]!
      : { id: `made ${place}`, title: `${half(true)} ${half(false)}` },
  );
}
