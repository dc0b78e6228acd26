import type { ColumnSchema } from '../../../schema/messages/column.js';
import { LinkedTables } from '../../../schema/messages/linked.js';
import { Random } from '../../compute/random.js';
import type { Column, Table } from '../../tables/table.js';

/** For tests: a shop of users, products and orders, whose ties are known. */
export interface Shop {
  readonly users: Table;
  readonly products: Table;
  readonly orders: Table;
}

export const SHOP: LinkedTables = LinkedTables.parse({
  tables: [{ name: 'orders' }, { name: 'users' }, { name: 'products' }],
  relations: [
    { childTable: 'orders', foreignKeyColumn: 'user', parentTable: 'users', parentKeyColumn: 'id' },
    { childTable: 'orders', foreignKeyColumn: 'sku', parentTable: 'products', parentKeyColumn: 'sku' },
  ],
});

const COUNTRIES = ['de', 'fr', 'it'];
const CATEGORIES = ['books', 'games', 'tools', 'toys'];

/**
 * Each premium user has about eight orders, others two to five by country; premium orders come by the app; a country prefers a category
 * of products, some products are far more popular; an order's amount is the product's price times its items. Every tenth order has no user.
 */
export function shop({ users: userRows = 300, products: productRows = 60, seed = 7 } = {}): Shop {
  const random = Random.seeded(seed);
  const country = Int32Array.from({ length: userRows }, () => random.categorical([5, 3, 2]));
  const premium = Float64Array.from({ length: userRows }, () => (random.uniform() < 0.3 ? 1 : 0));
  const age = Float64Array.from({ length: userRows }, () =>
    random.uniform() < 0.15 ? NaN : 18 + random.integer(50),
  );
  const category = Int32Array.from({ length: productRows }, (_, row) => row % CATEGORIES.length);
  const price = Float64Array.from(
    category,
    (code) => Math.round((5 + 20 * code + 10 * random.uniform()) * 100) / 100,
  );
  const popularity = Float64Array.from({ length: productRows }, (_, row) => 1 / (1 + Math.floor(row / 4)));
  const user: number[] = [];
  const sku: number[] = [];
  const items: number[] = [];
  const app: number[] = [];
  for (let row = 0; row < userRows; row++) {
    const usual = premium[row] === 1 ? 8 : 2 + country[row]!;
    const count = Math.max(0, usual + random.integer(3) - 1);
    for (let order = 0; order < count; order++) {
      const liked = Array.from(popularity, (weight, product) =>
        category[product] === country[row] ? 8 * weight : weight,
      );
      user.push(random.uniform() < 0.1 ? -1 : row);
      sku.push(random.categorical(liked));
      items.push(1 + random.categorical([6, 3, 1]));
      app.push(random.uniform() < (premium[row] === 1 ? 0.95 : 0.1) ? 1 : 0);
    }
  }
  const rows = user.length;
  return {
    users: {
      rows: userRows,
      columns: [
        ids(
          'id',
          Array.from({ length: userRows }, (_, row) => `u-${row + 1000}`),
        ),
        { schema: schema('country', 'CATEGORY'), codes: country, categories: COUNTRIES },
        { schema: schema('premium', 'BOOLEAN'), values: premium },
        { schema: schema('age', 'INTEGER', { nullable: true }), values: age },
      ],
    },
    products: {
      rows: productRows,
      columns: [
        {
          schema: schema('sku', 'INTEGER', { unique: true }),
          values: Float64Array.from(price, (_, row) => row + 100),
        },
        { schema: schema('category', 'CATEGORY'), codes: category, categories: CATEGORIES },
        { schema: schema('price', 'REAL', { decimals: 2 }), values: price },
      ],
    },
    orders: {
      rows,
      columns: [
        ids(
          'order',
          Array.from({ length: rows }, (_, row) => `o-${row + 1}`),
        ),
        {
          schema: schema('user', 'CATEGORY', { nullable: true }),
          codes: Int32Array.from(user),
          categories: Array.from({ length: userRows }, (_, row) => `u-${row + 1000}`),
        },
        { schema: schema('sku', 'INTEGER'), values: Float64Array.from(sku, (row) => row + 100) },
        { schema: schema('items', 'INTEGER'), values: Float64Array.from(items) },
        {
          schema: schema('amount', 'REAL', { decimals: 2 }),
          values: Float64Array.from(items, (count, row) => Math.round(count * price[sku[row]!]! * 100) / 100),
        },
        { schema: schema('app', 'BOOLEAN'), values: Float64Array.from(app) },
      ],
    },
  };
}

function schema(name: string, kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, kind, nullable: false, unique: false, ...more };
}

function ids(name: string, categories: readonly string[]): Column {
  return {
    schema: schema(name, 'ID', { unique: true }),
    codes: Int32Array.from(categories.keys()),
    categories,
  };
}
