import { UserFailure } from '../../../failure.js';
import type { Table } from '../../../tables/table.js';
import type { Random } from '../../../compute/random.js';
import type { Product } from '../search-ranker.js';
import { textCells, withoutTags } from './cells.js';
import { WANDS_GAINS } from './gains.js';
import { QueryGathering, type SearchDataset } from './search-dataset.js';

/**
 * WANDS (Chen et al., "WANDS: dataset for product search relevance assessment", 2022): the tables of `product.csv`,
 * `query.csv` and `label.csv`, which are separated by tabs. It has no split; a share of the queries, drawn by `random`, is for
 * training. Throws UserFailure INVALID_FILE for a column that is missing, an unknown label, and a label of a query
 * that isn't there.
 */
export function wandsDataset(
  tables: { readonly products: Table; readonly queries: Table; readonly labels: Table },
  { trainingShare, random }: { readonly trainingShare: number; readonly random: Random },
): SearchDataset {
  const file = 'The label file';
  const texts = queryTexts(tables.queries);
  const queryId = textCells(tables.labels, file, 'query_id');
  const product = textCells(tables.labels, file, 'product_id');
  const label = textCells(tables.labels, file, 'label');
  const gathering = new QueryGathering();
  for (let row = 0; row < tables.labels.rows; row++) {
    const [key, id] = [queryId(row) ?? '', product(row)];
    const text = texts.get(key);
    const gain = WANDS_GAINS[label(row) ?? ''];
    if (text === undefined || gain === undefined || id === undefined) {
      const what =
        text === undefined
          ? `query_id "${key}", which the query file lacks`
          : gain === undefined
            ? `the label "${label(row) ?? ''}"; it must be ${Object.keys(WANDS_GAINS).join(', ')}`
            : 'no product_id';
      throw new UserFailure('INVALID_FILE', `${file} has in row ${row + 1} ${what}.`);
    }
    gathering.add(key, text, { product: id, gain });
  }
  const queries = gathering.queries();
  const order = random.permutation(queries.length);
  const cut = Math.round(queries.length * trainingShare);
  const chosen = (places: Uint32Array) => [...places].sort((a, b) => a - b).map((place) => queries[place]!);
  return {
    products: wandsProducts(tables.products),
    training: chosen(order.subarray(0, cut)),
    test: chosen(order.subarray(cut)),
  };
}

function queryTexts(queries: Table): Map<string, string> {
  const id = textCells(queries, 'The query file', 'query_id');
  const text = textCells(queries, 'The query file', 'query');
  return new Map(Array.from({ length: queries.rows }, (_, row) => [id(row) ?? '', text(row) ?? '']));
}

function wandsProducts(table: Table): Product[] {
  const file = 'The product file';
  const id = textCells(table, file, 'product_id');
  const title = textCells(table, file, 'product_name');
  const kind = textCells(table, file, 'product_class');
  // The file has a space where its description has an underscore.
  const hierarchy = textCells(table, file, 'category hierarchy', 'category_hierarchy');
  const more = ['product_description', 'product_features'].map((name) => textCells(table, file, name));
  return Array.from({ length: table.rows }, (_, row) => ({
    id: id(row) ?? '',
    title: title(row) ?? '',
    category: [kind(row), hierarchy(row)].filter((part) => part !== undefined).join(' / '),
    description: withoutTags(more.map((cell) => cell(row) ?? '').join(' ')),
  }));
}
