import type { ColumnSchema } from '../messages/column.js';
import { ColumnMistake, searchRoles } from './columns.js';

type Kind = ColumnSchema['kind'];
const columns = (described: Readonly<Record<string, Kind>>): ColumnSchema[] =>
  Object.entries(described).map(([name, kind]) => ({ name, kind, nullable: true, unique: false }));

const ESCI_PRODUCTS = columns({
  product_id: 'ID',
  product_title: 'TEXT',
  product_description: 'TEXT',
  product_bullet_point: 'TEXT',
  product_brand: 'CATEGORY',
  product_color: 'CATEGORY',
  product_locale: 'CATEGORY',
});
const ESCI_EXAMPLES = columns({
  example_id: 'INTEGER',
  query: 'TEXT',
  query_id: 'INTEGER',
  product_id: 'TEXT',
  product_locale: 'CATEGORY',
  esci_label: 'CATEGORY',
  small_version: 'BOOLEAN',
  large_version: 'INTEGER',
  split: 'CATEGORY',
});
const WANDS_PRODUCTS = columns({
  product_id: 'INTEGER',
  product_name: 'TEXT',
  product_class: 'CATEGORY',
  'category hierarchy': 'CATEGORY',
  product_description: 'TEXT',
  product_features: 'TEXT',
  rating_count: 'REAL',
  average_rating: 'REAL',
  review_count: 'REAL',
});
const WANDS_LABELS = columns({
  id: 'INTEGER',
  query_id: 'INTEGER',
  product_id: 'INTEGER',
  label: 'CATEGORY',
});
const WANDS_QUERIES = columns({ query_id: 'INTEGER', query: 'TEXT', query_class: 'CATEGORY' });

const mistakeOf = (ask: () => unknown): ColumnMistake => {
  try {
    ask();
  } catch (error) {
    if (error instanceof ColumnMistake) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

test('the columns of ESCI are known by their names', () => {
  expect(searchRoles({ catalogue: ESCI_PRODUCTS, searches: ESCI_EXAMPLES }, { locale: 'us' })).toEqual({
    catalogue: {
      id: 'product_id',
      title: ['product_title'],
      brand: ['product_brand'],
      category: [],
      description: ['product_description', 'product_bullet_point', 'product_color'],
      locale: 'product_locale',
    },
    searches: {
      query: 'query',
      product: 'product_id',
      relevance: 'esci_label',
      split: 'split',
      locale: 'product_locale',
    },
  });
});

test('the columns of WANDS are known by their names, with the texts of queries in a table of their own', () => {
  const tables = { catalogue: WANDS_PRODUCTS, searches: WANDS_LABELS, queries: WANDS_QUERIES };
  expect(searchRoles(tables, {})).toEqual({
    catalogue: {
      id: 'product_id',
      title: ['product_name'],
      brand: [],
      category: ['product_class', 'category hierarchy'],
      description: ['product_description', 'product_features'],
    },
    searches: { queryId: 'query_id', product: 'product_id', relevance: 'label' },
    queries: { query: 'query', queryId: 'query_id' },
  });
});

test('a table of sales has products, whose description is what they are called', () => {
  const sales = columns({
    InvoiceNo: 'CATEGORY',
    StockCode: 'CATEGORY',
    Description: 'TEXT',
    UnitPrice: 'REAL',
  });
  expect(searchRoles({ catalogue: sales }, {}).catalogue).toMatchObject({
    id: 'StockCode',
    title: [],
    description: ['Description'],
  });
  const named = { catalogueColumns: { title: ['Description'] } };
  expect(searchRoles({ catalogue: sales }, named).catalogue).toMatchObject({
    title: ['Description'],
    description: [],
  });
});

test('what is named is taken, however it is called', () => {
  const catalogue = columns({ product_id: 'ID', wort: 'TEXT', product_title: 'TEXT' });
  const named = { catalogueColumns: { id: 'wort', title: ['product_id'] } };
  expect(searchRoles({ catalogue }, named).catalogue).toMatchObject({ id: 'wort', title: ['product_id'] });
});

test('a catalogue without a column of texts, or of ids, is told to name one', () => {
  const bare = mistakeOf(() => searchRoles({ catalogue: columns({ sku: 'ID', price: 'REAL' }) }, {}));
  expect(bare.path).toEqual(['catalogueColumns', 'title']);
  expect(bare.message).toContain('its columns are "sku", "price"');
  const nameless = mistakeOf(() => searchRoles({ catalogue: columns({ title: 'TEXT' }) }, {}));
  expect(nameless.path).toEqual(['catalogueColumns', 'id']);
});

test('searches with ids of queries alone are told to give the texts', () => {
  const mistake = mistakeOf(() => searchRoles({ catalogue: WANDS_PRODUCTS, searches: WANDS_LABELS }, {}));
  expect(mistake.path).toEqual(['searchesColumns', 'query']);
  expect(mistake.message).toContain('give the table of their texts');
});

test('a column that is not there, of a wrong kind or named twice is refused by its name', () => {
  const of = (catalogueColumns: object) =>
    mistakeOf(() => searchRoles({ catalogue: ESCI_PRODUCTS }, { catalogueColumns })).message;
  expect(of({ title: ['name'] })).toContain('the column "name", which the table hasn\'t got');
  expect(of({ title: ['product_brand'], brand: ['product_brand'] })).toContain(
    '`title` and `brand` both name the column "product_brand"',
  );
  const dated = columns({ product_id: 'ID', added: 'DATETIME' });
  const wrong = mistakeOf(() =>
    searchRoles({ catalogue: dated }, { catalogueColumns: { title: ['added'] } }),
  );
  expect(wrong.message).toContain('of kind DATETIME');
});

test('a locale needs a column of locales', () => {
  const mistake = mistakeOf(() => searchRoles({ catalogue: WANDS_PRODUCTS }, { locale: 'us' }));
  expect(mistake.path).toEqual(['locale']);
});
