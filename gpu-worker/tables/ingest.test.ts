import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetProfile } from '../../schema/messages/profile.js';
import { ColumnSchema } from '../../schema/messages/column.js';
import { ingestFile, type Ingested, type IngestOptions } from './ingest.js';
import { readParquet } from './parquet-reader.js';
import { createTableWriter } from './table-writer.js';

const SHOPPERS = join(import.meta.dirname, '../../examples/online-shoppers/online-shoppers.csv');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingest-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function ingest(
  content: string | Uint8Array,
  fileName = 'orders.csv',
  options: Partial<IngestOptions> = {},
): Promise<Ingested> {
  const path = join(folder, 'upload');
  await writeFile(path, content);
  return ingestFile({
    path,
    fileName,
    workFolder: folder,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...options,
  });
}

describe('ingest of Online Shoppers', () => {
  let result: Ingested;
  beforeEach(async () => {
    result = await ingest(await readFile(SHOPPERS), 'online-shoppers.csv');
  });

  test('finds 12,330 rows, 18 columns and their kinds', () => {
    expect(result.rows).toBe(12_330);
    expect(result.format).toEqual({
      type: 'csv',
      delimiter: ',',
      quote: '"',
      encoding: 'utf-8',
      gzip: false,
    });
    expect(Object.fromEntries(result.columns.map(({ name, kind }) => [name, kind]))).toEqual({
      Administrative: 'INTEGER',
      Administrative_Duration: 'REAL',
      Informational: 'INTEGER',
      Informational_Duration: 'REAL',
      ProductRelated: 'INTEGER',
      ProductRelated_Duration: 'REAL',
      BounceRates: 'REAL',
      ExitRates: 'REAL',
      PageValues: 'REAL',
      SpecialDay: 'REAL',
      Month: 'CATEGORY',
      OperatingSystems: 'INTEGER',
      Browser: 'INTEGER',
      Region: 'INTEGER',
      TrafficType: 'INTEGER',
      VisitorType: 'CATEGORY',
      Weekend: 'BOOLEAN',
      Revenue: 'BOOLEAN',
    });
    expect(result.columns.every((column) => ColumnSchema.safeParse(column).success)).toBe(true);
    expect(result.columns.some((column) => column.nullable || column.unique)).toBe(false);
    expect(result.columns[17]!.booleanLabels).toEqual(['FALSE', 'TRUE']);
  });

  test('profiles every column', () => {
    const { profile } = result;
    expect(DatasetProfile.parse(JSON.parse(JSON.stringify(profile)))).toEqual(profile);
    expect(profile.bytes).toBe(1_059_732);
    const month = profile.columns.find((column) => column.name === 'Month')!;
    expect(month).toMatchObject({ count: 12_330, missing: 0, distinct: 10 });
    expect(month.topValues.slice(0, 2)).toEqual([
      { value: 'May', count: 3364 },
      { value: 'Nov', count: 2998 },
    ]);
    const pages = profile.columns.find((column) => column.name === 'ProductRelated')!;
    expect(pages.numeric).toMatchObject({ min: 0, max: 705 });
    expect(pages.numeric!.mean).toBeCloseTo(31.7315, 4);
    for (const { histogram, count } of profile.columns) {
      if (histogram) expect(histogram.counts.reduce((sum, bin) => sum + bin, 0)).toBe(count);
    }
  });

  test('written back as CSV it has the same values, cell by cell', async () => {
    const csvPath = join(folder, 'back.csv');
    const writer = createTableWriter({ columns: result.columns, csvPath });
    await writer.write(await readParquet(result.parquetPath, result.columns));
    expect(await writer.close()).toEqual({ rows: 12_330 });
    const cells = async (path: string) =>
      (await readFile(path, 'utf8'))
        .trimEnd()
        .split(/\r?\n/)
        .map((line) => line.split(','));
    const [original, back] = [await cells(SHOPPERS), await cells(csvPath)];
    expect(back.length).toBe(original.length);
    const differing = original.flatMap((row, line) =>
      row.flatMap((cell, column) => {
        const other = back[line]![column]!;
        const same = cell === other || (/^[\d.E-]+$/.test(cell) && Number(cell) === Number(other));
        return same ? [] : [`line ${line + 1}, column ${column + 1}: ${cell} became ${other}`];
      }),
    );
    expect(differing).toEqual([]);
  });
});

test('leaves nothing but the table in the work folder', async () => {
  await ingest('a,b\n1,x\n2,y\n');
  expect((await readdir(folder)).sort()).toEqual(['dataset.parquet', 'upload']);
});
