import { UserFailure } from '../../../failure.js';
import type { Table } from '../../../tables/table.js';
import type { Product } from '../search-ranker.js';
import { textCells, withoutTags } from './cells.js';
import { ESCI_GAINS } from './gains.js';
import { QueryGathering, type SearchDataset } from './search-dataset.js';

export interface EsciChoice {
  /** Products and queries of which shop: us, es or jp. */
  readonly locale: string;
  /** The smaller set, of harder queries, that ranking is measured on; else the larger one. */
  readonly small: boolean;
}

/**
 * The Shopping Queries data set (Reddy et al., "Shopping queries dataset: a large-scale ESCI benchmark for improving product
 * search", 2022): the tables of `shopping_queries_dataset_examples` and `…_products`. The catalogue is all products of the
 * locale. Throws UserFailure INVALID_FILE for a column that is missing or a label that isn't E, S, C or I, and INVALID_CONFIG
 * for a locale without examples.
 */
export function esciDataset(examples: Table, products: Table, choice: EsciChoice): SearchDataset {
  const file = 'The examples file';
  const query = textCells(examples, file, 'query');
  const queryId = textCells(examples, file, 'query_id');
  const product = textCells(examples, file, 'product_id');
  const locale = textCells(examples, file, 'product_locale');
  const label = textCells(examples, file, 'esci_label');
  const version = textCells(examples, file, choice.small ? 'small_version' : 'large_version');
  const split = textCells(examples, file, 'split');
  const gathered = { train: new QueryGathering(), test: new QueryGathering() };
  const locales = new Set<string>();
  for (let row = 0; row < examples.rows; row++) {
    const [text, id] = [query(row), product(row)];
    locales.add(locale(row) ?? '');
    if (locale(row) !== choice.locale || version(row) !== '1' || text === undefined || id === undefined)
      continue;
    const gain = ESCI_GAINS[label(row) ?? ''];
    if (gain === undefined) {
      throw new UserFailure(
        'INVALID_FILE',
        `${file} has the label "${label(row) ?? ''}" in row ${row + 1}; it must be E, S, C or I.`,
        { column: 'esci_label' },
      );
    }
    gathered[split(row) === 'test' ? 'test' : 'train'].add(queryId(row)!, text, { product: id, gain });
  }
  if (!locales.has(choice.locale)) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `${file} has no example of the locale "${choice.locale}". It has: ${[...locales].join(', ')}.`,
    );
  }
  return {
    products: esciProducts(products, choice.locale),
    training: gathered.train.queries(),
    test: gathered.test.queries(),
  };
}

function esciProducts(table: Table, wanted: string): Product[] {
  const file = 'The products file';
  const id = textCells(table, file, 'product_id');
  const locale = textCells(table, file, 'product_locale');
  const title = textCells(table, file, 'product_title');
  const brand = textCells(table, file, 'product_brand');
  const more = ['product_color', 'product_bullet_point', 'product_description'].map((name) =>
    textCells(table, file, name),
  );
  const products: Product[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (locale(row) !== wanted || id(row) === undefined) continue;
    products.push({
      id: id(row)!,
      title: title(row) ?? '',
      brand: brand(row) ?? '',
      description: withoutTags(more.map((cell) => cell(row) ?? '').join(' ')),
    });
  }
  return products;
}
