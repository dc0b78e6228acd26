import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Random } from '../../../compute/random.js';
import { categoricalColumn, numericColumn, tableOf } from '../../../evaluation/testing.js';
import { ndcg } from '../../metrics/ranking.js';
import { esciDataset } from './esci.js';
import { judgementList } from './judgement-list.js';
import { readTextTable } from './text-table.js';
import { wandsDataset } from './wands.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datasets-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('an ESCI data set', () => {
  const queries = ['usb c cable', 'usb c cable', 'usb c cable', 'usb c cable', 'ratón', 'lamp'];
  const examples = tableOf(
    numericColumn('example_id', [0, 1, 2, 3, 4, 5], 'INTEGER'),
    categoricalColumn('query', queries, 'TEXT'),
    numericColumn('query_id', [7, 7, 7, 7, 8, 9], 'INTEGER'),
    categoricalColumn('product_id', ['B01', 'B02', 'B03', 'B04', 'B01', 'B02'], 'ID'),
    categoricalColumn('product_locale', ['us', 'us', 'us', 'us', 'es', 'us']),
    categoricalColumn('esci_label', ['E', 'S', 'C', 'I', 'E', 'E']),
    numericColumn('small_version', [1, 1, 1, 1, 1, 0], 'INTEGER'),
    numericColumn('large_version', [1, 1, 1, 1, 1, 1], 'INTEGER'),
    categoricalColumn('split', ['test', 'test', 'test', 'test', 'train', 'train']),
  );
  const products = tableOf(
    categoricalColumn('product_id', ['B01', 'B02', 'B01'], 'ID'),
    categoricalColumn('product_title', ['Cable', null, 'Cable (es)'], 'TEXT'),
    categoricalColumn('product_description', ['<p>Very<br>long</p>', null, null], 'TEXT'),
    categoricalColumn('product_bullet_point', ['fast', null, null], 'TEXT'),
    categoricalColumn('product_brand', ['Anyker', null, null]),
    categoricalColumn('product_color', [null, 'Black', null]),
    categoricalColumn('product_locale', ['us', 'us', 'es']),
  );

  it('has the gains of its labels, the split of its queries, and the products of its locale', () => {
    const small = esciDataset(examples, products, { locale: 'us', small: true });
    const judgements = ['B01', 'B02', 'B03', 'B04'].map((product, index) => ({
      product,
      gain: [1, 0.1, 0.01, 0][index],
    }));
    expect(small.test).toEqual([{ query: 'usb c cable', judgements }]);
    expect(small.training).toEqual([]);
    expect(small.products.map(({ id, title, brand }) => [id, title, brand])).toEqual([
      ['B01', 'Cable', 'Anyker'],
      ['B02', '', ''],
    ]);
    expect(small.products[0]!.description).not.toContain('<');
    expect(small.products[1]!.description).toContain('Black');
    const large = esciDataset(examples, products, { locale: 'us', small: false });
    expect(large.training.map(({ query }) => query)).toEqual(['lamp']);
  });

  it('that lacks a column, a label or the locale says so', () => {
    const of =
      (table: typeof examples, locale = 'us') =>
      () =>
        esciDataset(table, products, { locale, small: true });
    const without = { ...examples, columns: examples.columns.slice(0, 5) };
    expect(of(without)).toThrow(
      'The examples file has no column "esci_label". It has: example_id, query, query_id,',
    );
    const labels = categoricalColumn('esci_label', ['E', 'S', 'X', 'I', 'E', 'E']);
    const odd = {
      ...examples,
      columns: examples.columns.map((column) => (column.schema.name === 'esci_label' ? labels : column)),
    };
    expect(of(odd)).toThrow('The examples file has the label "X" in row 3; it must be E, S, C or I.');
    expect(of(examples, 'jp')).toThrow('no example of the locale "jp". It has: us, es.');
  });
});

describe('a WANDS data set', () => {
  const file = async (name: string, lines: readonly string[]): Promise<string> => {
    await writeFile(join(folder, name), lines.join('\n'));
    return join(folder, name);
  };
  const read = async (name: string, lines: readonly string[]) =>
    readTextTable(await file(name, lines), folder, new AbortController().signal);
  const PRODUCT_LINES = [
    'product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\tproduct_features\trating_count\taverage_rating\treview_count',
    '0\tsolid wood platform bed\tBeds\tFurniture / Bedroom\tgood , deep sleep\tcolor : brown|material : pine\t15.0\t4.5\t15.0',
    '1\tslow cooker\t\t\t\t\t\t\t',
  ];
  const QUERY_LINES = [
    'query_id\tquery\tquery_class',
    '0\tsalon chair\tMassage Chairs',
    '3\tpine bed\tBeds',
    '9\tcooker\t',
  ];
  const LABEL_LINES = [
    'id\tquery_id\tproduct_id\tlabel',
    '0\t3\t0\tExact',
    '1\t3\t1\tIrrelevant',
    '2\t9\t1\tPartial',
    '3\t9\t0\tIrrelevant',
  ];

  it('is read from files separated by tabs, and split by query', async () => {
    const tables = {
      products: await read('product.csv', PRODUCT_LINES),
      queries: await read('query.csv', QUERY_LINES),
      labels: await read('label.csv', LABEL_LINES),
    };
    const { products, training, test } = wandsDataset(tables, {
      trainingShare: 0.5,
      random: Random.seeded(1),
    });
    expect(products[0]).toEqual({
      id: '0',
      title: 'solid wood platform bed',
      category: 'Beds / Furniture / Bedroom',
      description: 'good , deep sleep color : brown|material : pine',
    });
    expect(products[1]).toMatchObject({ id: '1', title: 'slow cooker', category: '' });
    expect([training.length, test.length]).toEqual([1, 1]);
    const both = [...training, ...test].sort((a, b) => (a.query < b.query ? 1 : -1));
    expect(both).toEqual([
      {
        query: 'pine bed',
        judgements: [
          { product: '0', gain: 1 },
          { product: '1', gain: 0 },
        ],
      },
      {
        query: 'cooker',
        judgements: [
          { product: '1', gain: 0.5 },
          { product: '0', gain: 0 },
        ],
      },
    ]);
  });

  it('with a label of a query that is not there says so', async () => {
    const tables = {
      products: await read('product.csv', PRODUCT_LINES),
      queries: await read('query.csv', QUERY_LINES.slice(0, 3)),
      labels: await read('label.csv', LABEL_LINES),
    };
    expect(() => wandsDataset(tables, { trainingShare: 0.5, random: Random.seeded(1) })).toThrow(
      'The label file has in row 3 query_id "9", which the query file lacks.',
    );
  });
});

describe('a judgement list', () => {
  const list = {
    name: 'made up',
    type: 'IMPORT_JUDGMENT',
    judgmentRatings: [
      {
        query: 'table saw',
        ratings: [
          { docId: 'B1', rating: '0.000' },
          { docId: 'B2', rating: '100.000' },
          { docId: 'B3', rating: '10.000' },
        ],
      },
    ],
  };

  it('has gains by its highest rating', () => {
    const [query] = judgementList(JSON.stringify(list));
    expect(query!.query).toBe('table saw');
    const gains = query!.judgements.map(({ gain }) => gain);
    expect(gains).toEqual([0, 1, 0.1]);
    expect(ndcg(gains, gains, 10)).toBeCloseTo((1 / Math.log2(3) + 0.1 / 2) / (1 + 0.1 / Math.log2(3)), 12);
  });

  it('that is malformed says where', () => {
    expect(() => judgementList('{')).toThrow("The judgement list isn't JSON");
    const rating = { docId: 'B1', rating: 'good' };
    const odd = { judgmentRatings: [{ query: 'a', ratings: [rating] }] };
    expect(() => judgementList(JSON.stringify(odd))).toThrow('wrong at judgmentRatings.0.ratings.0.rating');
    const bad = { judgmentRatings: [{ query: 'a', ratings: [{ docId: 'B1', rating: 0 }] }] };
    expect(() => judgementList(JSON.stringify(bad))).toThrow('rates nothing above 0');
  });
});
