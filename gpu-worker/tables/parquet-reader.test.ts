import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { Random } from '../compute/random.js';
import { readParquet, readSomeRows } from './parquet-reader.js';
import { createTableWriter } from './table-writer.js';
import type { CategoricalColumn, NumericColumn, Table } from './table.js';

const ROWS = 9000;
const COLUMNS: ColumnSchema[] = [
  { name: 'order', kind: 'ID', nullable: false, unique: true },
  { name: 'position', kind: 'INTEGER', nullable: false, unique: false },
  { name: 'country', kind: 'CATEGORY', nullable: true, unique: false },
];
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parquet-reader-'));
  path = join(folder, 'orders.parquet');
  const positions = Float64Array.from({ length: ROWS }, (_, row) => row);
  const table: Table = {
    rows: ROWS,
    columns: [
      {
        schema: COLUMNS[0]!,
        codes: Int32Array.from(positions),
        // The highest number is in the middle.
        categories: [...positions].map((row) => `o-${row === 4321 ? 99_999 : row}`),
      },
      { schema: COLUMNS[1]!, values: positions },
      {
        schema: COLUMNS[2]!,
        codes: Int32Array.from(positions, (row) => (row % 10 === 9 ? -1 : row % 2)),
        categories: ['de', 'fr'],
      },
    ],
  };
  const writer = createTableWriter({ columns: COLUMNS, parquetPath: path });
  await writer.write(table);
  await writer.close();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const positionsOf = ({ columns }: Table): number[] => [...(columns[1] as NumericColumn).values];

test('some rows come from all over the file, in its order, whole, and the same of the same seed', async () => {
  const some = (seed: number) => readSomeRows(path, COLUMNS, { most: 100, random: Random.seeded(seed) });
  const { table, rowsInFile } = await some(1);
  expect(rowsInFile).toBe(ROWS);
  const positions = positionsOf(table);
  expect(positions.length).toBeGreaterThanOrEqual(100);
  expect(positions.length).toBeLessThanOrEqual(101);
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  for (let stretch = 0; stretch < 100; stretch++) {
    expect(positions.some((row) => row >= stretch * 90 && row < (stretch + 1) * 90)).toBe(true);
  }
  const country = table.columns[2] as CategoricalColumn;
  positions.forEach((row, at) => {
    const code = country.codes[at]!;
    expect(code < 0 ? null : country.categories[code]).toBe(row % 10 === 9 ? null : ['de', 'fr'][row % 2]);
  });
  expect(positionsOf((await some(1)).table)).toEqual(positions);
  expect(positionsOf((await some(2)).table)).not.toEqual(positions);
});

test('the row of the highest identifier is always among some rows', async () => {
  const { table } = await readSomeRows(path, COLUMNS, { most: 3, random: Random.seeded(1) });
  expect((table.columns[0] as CategoricalColumn).categories).toContain('o-99999');
});

test('a file with no more rows than asked for is read whole', async () => {
  const { table } = await readSomeRows(path, COLUMNS, { most: ROWS, random: Random.seeded(1) });
  expect(table).toEqual(await readParquet(path, COLUMNS));
});
