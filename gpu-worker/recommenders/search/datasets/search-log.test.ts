import { describe, expect, it } from '@jest/globals';
import { categoricalColumn, numericColumn, tableOf } from '../../../evaluation/testing.js';
import { searchLog, type SearchLogOptions } from './search-log.js';

const known = new Set(['a', 'b', 'c']);
const ROLES = { query: 'query', product: 'product', relevance: 'label' };

function logOf(rows: readonly (readonly [query: string | null, product: string, label: string | number])[]) {
  const labels = rows.map(([, , label]) => label);
  return tableOf(
    categoricalColumn(
      'query',
      rows.map(([query]) => query),
      'TEXT',
    ),
    categoricalColumn(
      'product',
      rows.map(([, product]) => product),
      'ID',
    ),
    labels.every((label) => typeof label === 'number')
      ? numericColumn('label', labels, 'INTEGER')
      : categoricalColumn('label', labels.map(String)),
  );
}

const read = (table: ReturnType<typeof logOf>, more: Partial<SearchLogOptions> = {}) =>
  searchLog(table, ROLES, { known, ...more });

describe('a log of searches', () => {
  it('has what labels of ESCI and of WANDS are worth', () => {
    const esci = read(
      logOf([
        ['mug', 'a', 'E'],
        ['mug', 'b', 'S'],
        ['mug', 'c', 'i'],
      ]),
    );
    expect(esci.queries[0]!.judgements.map(({ gain }) => gain)).toEqual([1, 0.1, 0]);
    const wands = read(
      logOf([
        ['mug', 'a', 'Partial'],
        ['mug', 'b', 'Exact'],
        ['mug', 'c', 'Irrelevant'],
      ]),
    );
    expect(wands.queries[0]!.judgements.map(({ gain }) => gain)).toEqual([0.5, 1, 0]);
  });

  it('has numbers by the highest of their query, as clicks are told', () => {
    const { queries } = read(
      logOf([
        ['mug', 'a', 40],
        ['mug', 'b', 10],
        ['pot', 'c', 2],
      ]),
    );
    expect(queries.map(({ judgements }) => judgements.map(({ gain }) => gain))).toEqual([[1, 0.25], [1]]);
  });

  it('takes each row for an answer where nothing says how good it is', () => {
    const table = logOf([
      ['mug', 'a', 7],
      ['mug', 'b', 0],
    ]);
    const { queries } = searchLog(table, { query: 'query', product: 'product' }, { known });
    expect(queries[0]!.judgements.map(({ gain }) => gain)).toEqual([1, 1]);
  });

  it('takes what the user says of labels before all else', () => {
    const gains = [
      { label: 'ok', gain: 0.3 },
      { label: 'E', gain: 0.9 },
    ];
    const { queries } = read(
      logOf([
        ['mug', 'a', 'OK'],
        ['mug', 'b', 'E'],
      ]),
      { gains },
    );
    expect(queries[0]!.judgements.map(({ gain }) => gain)).toEqual([0.3, 0.9]);
    const numbers = read(
      logOf([
        ['mug', 'a', 3],
        ['mug', 'b', 1],
      ]),
      {
        gains: [
          { label: '3', gain: 1 },
          { label: '1', gain: 0 },
        ],
      },
    );
    expect(numbers.queries[0]!.judgements.map(({ gain }) => gain)).toEqual([1, 0]);
  });

  it('joins queries of the same words, so that none is both learnt and tested', () => {
    const { queries } = read(
      logOf([
        ['Red MUG', 'a', 'S'],
        ['red  mug!', 'a', 'E'],
        ['red mug', 'b', 'E'],
      ]),
    );
    expect(queries).toHaveLength(1);
    expect(queries[0]!.judgements).toEqual([
      { product: 'a', gain: 1 },
      { product: 'b', gain: 1 },
    ]);
  });

  it('counts what it leaves out: strangers to the catalogue, queries without words, and those without an answer', () => {
    const { queries, notes } = read(
      logOf([
        ['mug', 'a', 'E'],
        ['mug', 'sold out', 'E'],
        ['?!', 'a', 'E'],
        [null, 'a', 'E'],
        ['pot', 'b', 'I'],
      ]),
    );
    expect(queries.map(({ query }) => query)).toEqual(['mug']);
    expect(notes).toEqual({
      incomplete: 1,
      wordless: 1,
      otherLocale: 0,
      strangeRows: 1,
      strangeProducts: 1,
      unanswered: 1,
    });
  });

  it('that names no product of the catalogue says so, with ids of both', () => {
    expect(() => read(logOf([['mug', 'x9', 'E']]))).toThrow(
      'products such as "x9", the catalogue such as "a"',
    );
  });

  it('with a label that nobody knows, or a number below 0, says where', () => {
    expect(() =>
      read(
        logOf([
          ['mug', 'a', 'E'],
          ['mug', 'b', 'meh'],
        ]),
      ),
    ).toThrow('row 2, column "label", the label "meh"');
    expect(() => read(logOf([['mug', 'a', -1]]))).toThrow('row 1, column "label", the number -1');
  });

  it('finds texts of queries in their own table, by ids', () => {
    const labels = tableOf(
      numericColumn('query_id', [3, 3, 9, 5], 'INTEGER'),
      categoricalColumn('product', ['a', 'b', 'c', 'a'], 'ID'),
    );
    const table = tableOf(
      numericColumn('query_id', [3, 9], 'INTEGER'),
      categoricalColumn('query', ['mug', 'pot'], 'TEXT'),
    );
    const texts = { table, roles: { queryId: 'query_id', query: 'query' } };
    const { queries, notes } = searchLog(
      labels,
      { queryId: 'query_id', product: 'product' },
      { known, texts },
    );
    expect(queries.map(({ query, judgements }) => [query, judgements.length])).toEqual([
      ['mug', 2],
      ['pot', 1],
    ]);
    expect(notes.incomplete).toBe(1);
  });
});
