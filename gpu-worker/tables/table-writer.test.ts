import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { readParquet } from './parquet-reader.js';
import { createTableWriter } from './table-writer.js';
import type { Column, Table } from './table.js';

const DAY = 86_400_000;

function numeric(schema: Omit<ColumnSchema, 'nullable' | 'unique'>, values: number[]): Column {
  return { schema: { nullable: true, unique: false, ...schema }, values: Float64Array.from(values) };
}

function categorical(schema: Omit<ColumnSchema, 'nullable' | 'unique'>, cells: (string | null)[]): Column {
  const categories = [...new Set(cells.filter((cell) => cell !== null))];
  const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : categories.indexOf(cell)));
  return { schema: { nullable: true, unique: false, ...schema }, codes, categories };
}

function table(...columns: Column[]): Table {
  const first = columns[0]!;
  return { rows: 'values' in first ? first.values.length : first.codes.length, columns };
}

const sample = table(
  numeric({ name: 'whole', kind: 'INTEGER' }, [1, -7, NaN, 9007199254740991]),
  numeric({ name: 'price, net', kind: 'REAL', decimals: 2 }, [0.1 + 0.2, -0.001, NaN, 1e22]),
  numeric({ name: 'tiny', kind: 'REAL' }, [1e-7, 123456.1, NaN, 0]),
  numeric({ name: 'fine', kind: 'REAL', decimals: 15 }, [123456.1, 2.73e-5, NaN, 1]),
  numeric({ name: 'bought', kind: 'BOOLEAN', booleanLabels: ['FALSE', 'TRUE'] }, [0, 1, NaN, 1]),
  numeric({ name: 'day', kind: 'DATETIME', precision: 'date' }, [0, -DAY, NaN, 20_000 * DAY]),
  numeric({ name: 'at', kind: 'DATETIME', precision: 'second' }, [1000, -1000, NaN, DAY]),
  numeric({ name: 'exactly', kind: 'DATETIME', precision: 'millisecond' }, [1, 999, NaN, DAY]),
  categorical({ name: 'month', kind: 'CATEGORY' }, ['Nov', 'May', null, 'Nov']),
  categorical({ name: 'note', kind: 'TEXT' }, ['say "hi"', 'two\nlines', null, ' spaced ']),
);

describe('a table writer', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tables [1] it's-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function written(rows: Table, name: string): Promise<{ csv: string; parquet: Buffer }> {
    const csvPath = join(folder, `${name}.csv`);
    const parquetPath = join(folder, `${name}.parquet`);
    const writer = createTableWriter({
      columns: rows.columns.map((column) => column.schema),
      csvPath,
      parquetPath,
    });
    await writer.write(rows);
    expect(await writer.close()).toEqual({ rows: rows.rows });
    return { csv: await readFile(csvPath, 'utf8'), parquet: await readFile(parquetPath) };
  }

  test('spells every kind as the original file would', async () => {
    const { csv } = await written(sample, 'kinds');
    expect(csv).toBe(
      [
        'whole,"price, net",tiny,fine,bought,day,at,exactly,month,note',
        '1,0.3,0.0000001,123456.1,FALSE,1970-01-01,1970-01-01T00:00:01,1970-01-01T00:00:00.001,Nov,"say ""hi"""',
        '-7,0,123456.1,0.0000273,TRUE,1969-12-31,1969-12-31T23:59:59,1970-01-01T00:00:00.999,May,"two\nlines"',
        ',,,,,,,,,',
        '9007199254740991,10000000000000000000000,0,1,TRUE,2024-10-04,1970-01-02T00:00:00,1970-01-02T00:00:00.000,Nov," spaced "',
        '',
      ].join('\n'),
    );
  });

  test('keeps the zeros of a column whose values all have the same number of decimals', async () => {
    const price = { name: 'price', kind: 'REAL', decimals: 2, fixedDecimals: true } as const;
    const { csv } = await written(table(numeric(price, [12.5, 3, -0.001, NaN, 1e22])), 'prices');
    expect(csv).toBe('price\n12.50\n3.00\n0.00\n""\n10000000000000000000000\n');
  });

  test('gives back through Parquet what it was given, rounded as the CSV shows it', async () => {
    await written(sample, 'kinds');
    const schemas = sample.columns.map((column) => column.schema);
    const read = await readParquet(join(folder, 'kinds.parquet'), schemas);
    expect(read.rows).toBe(4);
    for (const [index, column] of sample.columns.entries()) {
      if (column.schema.name === 'price, net') {
        expect(read.columns[index]).toEqual({ ...column, values: Float64Array.from([0.3, 0, NaN, 1e22]) });
      } else {
        expect(read.columns[index]).toEqual(column);
      }
    }
  });

  test('leaves only the finished files', async () => {
    await written(sample, 'kinds');
    expect((await readdir(folder)).sort()).toEqual(['kinds.csv', 'kinds.parquet']);
  });

  test('writes the same bytes however the rows are cut in chunks', async () => {
    const rows = 130_000;
    const values = Float64Array.from({ length: rows }, (_, row) => Math.sin(row) * 1000);
    const codes = Int32Array.from({ length: rows }, (_, row) => (row * 7919) % 97);
    const categories = Array.from({ length: 97 }, (_, index) => `category ${index}`);
    const schemas: ColumnSchema[] = [
      { name: 'value', kind: 'REAL', decimals: 6, nullable: false, unique: false },
      { name: 'category', kind: 'CATEGORY', nullable: false, unique: false },
    ];
    const hashes = [];
    for (const chunkRows of [rows, 50_001]) {
      const parquetPath = join(folder, `${chunkRows}.parquet`);
      const csvPath = join(folder, `${chunkRows}.csv`);
      const writer = createTableWriter({ columns: schemas, parquetPath, csvPath });
      for (let start = 0; start < rows; start += chunkRows) {
        const end = Math.min(rows, start + chunkRows);
        await writer.write({
          rows: end - start,
          columns: [
            { schema: schemas[0]!, values: values.subarray(start, end) },
            { schema: schemas[1]!, codes: codes.subarray(start, end), categories },
          ],
        });
      }
      await writer.close();
      const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      hashes.push([digest(await readFile(parquetPath)), digest(await readFile(csvPath))]);
    }
    expect(hashes[0]).toEqual(hashes[1]);
  });

  test('tells a missing cell of a single column from a blank line', async () => {
    const { csv } = await written(table(categorical({ name: 'only', kind: 'CATEGORY' }, ['a', null])), 'one');
    expect(csv).toBe('only\na\n""\n');
  });

  test('writes a header, and a readable Parquet file, for no rows', async () => {
    const empty = table(numeric({ name: 'n', kind: 'INTEGER' }, []));
    const { csv } = await written(empty, 'empty');
    expect(csv).toBe('n\n');
    const read = await readParquet(
      join(folder, 'empty.parquet'),
      empty.columns.map((column) => column.schema),
    );
    expect(read.rows).toBe(0);
  });

  test('leaves nothing behind when aborted', async () => {
    const writer = createTableWriter({
      columns: sample.columns.map((column) => column.schema),
      csvPath: join(folder, 'a.csv'),
      parquetPath: join(folder, 'a.parquet'),
    });
    await writer.write(sample);
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses an infinite value instead of writing one that no reader takes', async () => {
    const infinite = table(numeric({ name: 'n', kind: 'REAL', decimals: 2 }, [Infinity]));
    const writer = createTableWriter({
      columns: [infinite.columns[0]!.schema],
      csvPath: join(folder, 'a.csv'),
    });
    await expect(writer.write(infinite)).rejects.toThrow('column "n" can\'t hold Infinity');
    await writer.abort();
  });

  test('refuses a chunk with other columns than the file', async () => {
    const writer = createTableWriter({
      columns: [sample.columns[0]!.schema],
      csvPath: join(folder, 'a.csv'),
    });
    await expect(writer.write(sample)).rejects.toThrow(RangeError);
    await writer.abort();
  });
});
