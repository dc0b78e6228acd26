import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../gpu-worker/compute/random.js';
import { esciDataset } from '../../gpu-worker/recommenders/search/datasets/esci.js';
import type { SearchDataset } from '../../gpu-worker/recommenders/search/datasets/search-dataset.js';
import { readTextTable } from '../../gpu-worker/recommenders/search/datasets/text-table.js';
import { wandsDataset } from '../../gpu-worker/recommenders/search/datasets/wands.js';
import { knownItems, QUERY_KINDS } from '../../gpu-worker/recommenders/search/evaluation/known-items.js';
import type { JudgedQuery, Product } from '../../gpu-worker/recommenders/search/search-ranker.js';
import { columnOf, isNumeric, type Table } from '../../gpu-worker/tables/table.js';

/** Rankers are fitted to `training`, then search all `products` for `test`. */
export interface Fold {
  readonly training: { readonly products: readonly Product[]; readonly queries: readonly JudgedQuery[] };
  readonly test: readonly TestQuery[];
}

export interface TestQuery extends JudgedQuery {
  /** Figures are shown kind by kind. */
  readonly kind: string;
  /** Queries of one group are alike: the bootstrap draws them together. */
  readonly group: number;
}

export interface Experiment {
  readonly products: readonly Product[];
  readonly folds: readonly Fold[];
  readonly kinds: readonly string[];
  /** What is ranked for a query: all products, or those that were judged for it. */
  readonly among: 'catalogue' | 'judged';
}

export const FORMATS = ['known-items', 'esci', 'wands'] as const;
export type Format = (typeof FORMATS)[number];

export interface ExperimentOptions {
  readonly format: Format;
  readonly item: string;
  readonly text: string;
  /** Columns that must be above 0 in a row that counts. */
  readonly positive: readonly string[];
  readonly folds: number;
  readonly locale: string;
  /** Of ESCI and WANDS, queries to learn from and to test, at most so many of each. */
  readonly queries: number;
}

/** Reads what the experiment is about: a table of sales, or the folder of a published data set. */
export async function readExperiment(path: string, options: ExperimentOptions): Promise<Experiment> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-search-'));
  const read = (file: string): Promise<Table> => readTextTable(file, folder, new AbortController().signal);
  try {
    switch (options.format) {
      case 'known-items':
        return knownItemExperiment(await read(path), options);
      case 'esci': {
        const [examples, products] = [
          await read(join(path, 'shopping_queries_dataset_examples.parquet')),
          await read(join(path, 'shopping_queries_dataset_products.parquet')),
        ];
        return judgedExperiment(
          esciDataset(examples, products, { locale: options.locale, small: true }),
          options,
        );
      }
      case 'wands': {
        const [products, queries, labels] = [
          await read(join(path, 'product.csv')),
          await read(join(path, 'query.csv')),
          await read(join(path, 'label.csv')),
        ];
        const split = { trainingShare: 0.5, random: Random.seeded(0).derive('wands') };
        return judgedExperiment(wandsDataset({ products, queries, labels }, split), options);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Each product is held out of one fold's training and looked for there, among all products. Products with the same words are
 * held out together.
 */
function knownItemExperiment(table: Table, { item, text, positive, folds }: ExperimentOptions): Experiment {
  const counting = positive.map((name) => {
    const column = columnOf(table, name);
    if (!isNumeric(column)) throw new RangeError(`the column "${name}" isn't one of numbers`);
    return column.values;
  });
  const counts = (row: number): boolean => counting.every((values) => values[row]! > 0);
  const { products, queries, groups } = knownItems(
    table,
    { item, text },
    counts,
    Random.seeded(0).derive('queries'),
  );
  const order = Random.seeded(0)
    .derive('folds')
    .permutation(Math.max(...groups) + 1);
  const foldOf = new Map([...order].map((group, at) => [group, at % folds]));
  const isIn = (fold: number, product: number): boolean => foldOf.get(groups[product]!) === fold;
  return {
    products,
    kinds: QUERY_KINDS,
    among: 'catalogue',
    folds: Array.from({ length: folds }, (_, fold) => ({
      training: {
        products: products.filter((_product, place) => !isIn(fold, place)),
        // Other spellings are what people wrote; the rest of the queries a ranker must make up itself.
        queries: queries.filter(({ kind, target }) => kind === 'spelling' && !isIn(fold, target)),
      },
      test: queries
        .filter(({ target }) => isIn(fold, target))
        .map((query) => ({ ...query, group: groups[query.target]! })),
    })),
  };
}

/** All products are known, and queries are held out. */
function judgedExperiment(dataset: SearchDataset, { format, queries: most }: ExperimentOptions): Experiment {
  const training = dataset.training.slice(0, most);
  const test = dataset.test.slice(0, most);
  const judged = new Set(
    [...training, ...test].flatMap(({ judgements }) => judgements.map(({ product }) => product)),
  );
  const whole = training.length === dataset.training.length && test.length === dataset.test.length;
  const products = whole ? dataset.products : dataset.products.filter(({ id }) => judged.has(id));
  return {
    products,
    kinds: ['query'],
    among: format === 'esci' ? 'judged' : 'catalogue',
    folds: [
      {
        training: { products, queries: training },
        test: test.map((query, group) => ({ ...query, kind: 'query', group })),
      },
    ],
  };
}
