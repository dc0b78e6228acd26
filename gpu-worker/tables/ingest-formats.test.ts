import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ColumnKind } from '../../schema/messages/column.js';
import { DatasetProfile } from '../../schema/messages/profile.js';
import { ingestFile, type Ingested, type IngestOptions } from './ingest.js';
import { readParquet } from './parquet-reader.js';
import { columnOf, isNumeric, type Table } from './table.js';
import { createTableWriter } from './table-writer.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ingest [1] it's-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function ingest(content: string | Uint8Array, options: Partial<IngestOptions> = {}): Promise<Ingested> {
  const path = join(folder, 'upload [a-z]*?');
  await writeFile(path, content);
  return ingestFile({
    path,
    fileName: 'orders.csv',
    workFolder: folder,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...options,
  });
}

/** Cells of a column: numbers, strings, or null where missing. */
function cells(table: Table, name: string): (number | string | null)[] {
  const column = columnOf(table, name);
  return isNumeric(column)
    ? Array.from(column.values, (value) => (Number.isNaN(value) ? null : value))
    : Array.from(column.codes, (code) => column.categories[code] ?? null);
}

async function tableOf(result: Ingested): Promise<Record<string, (number | string | null)[]>> {
  const table = await readParquet(result.parquetPath, result.columns);
  return Object.fromEntries(result.columns.map(({ name }) => [name, cells(table, name)]));
}

/** The kind that one column of these cells gets. */
async function kindOf(values: readonly string[]): Promise<ColumnKind> {
  const result = await ingest(`row,value\n${values.map((value, row) => `${row},"${value}"\n`).join('')}`);
  return result.columns[1]!.kind;
}

const small = { id: [1, 2, 3], name: ['x, y', 'say "hi"', 'two\nlines'], price: [1.5, null, 2] };

describe('ingest reads', () => {
  const csv = 'id,name,price\n1,"x, y",1.5\n2,"say ""hi""",\n3,"two\nlines",2\n';

  test.each([
    ['CSV', csv, { type: 'csv', delimiter: ',', gzip: false }],
    ['CSV with a byte-order mark', `\ufeff${csv}`, { type: 'csv', delimiter: ',' }],
    [
      'CSV with CR LF line ends',
      'id,name,price\r\n1,"x, y",1.5\r\n2,"say ""hi""",\r\n3,"two\nlines",2\r\n',
      {},
    ],
    ['CSV with CR line ends', 'id,name,price\r1,"x, y",1.5\r2,"say ""hi""",\r3,"two\nlines",2\r', {}],
    ['CSV with mixed line ends', 'id,name,price\r\n1,"x, y",1.5\n2,"say ""hi""",\r\n3,"two\nlines",2\n', {}],
    ['CSV with blank lines', 'id,name,price\n1,"x, y",1.5\n\n2,"say ""hi""",\n\n3,"two\nlines",2\n\n\n', {}],
    ['CSV without a line end at its end', csv.trimEnd(), {}],
    [
      'CSV with spaces around fields',
      'id , name, price\n1, "x, y" , 1.5\n2,"say ""hi""", \n3,"two\nlines",2\n',
      {},
    ],
    ['gzip of CSV', gzipSync(csv), { type: 'csv', delimiter: ',', gzip: true }],
    [
      'two gzip members in a row',
      Buffer.concat([gzipSync(csv.slice(0, 30)), gzipSync(csv.slice(30))]),
      { gzip: true },
    ],
    [
      'TSV',
      'id\tname\tprice\n1\tx, y\t1.5\n2\t"say ""hi"""\t\n3\t"two\nlines"\t2\n',
      { type: 'tsv', delimiter: '\t' },
    ],
    [
      'semicolons',
      'id;name;price\n1;x, y;1.5\n2;"say ""hi""";\n3;"two\nlines";2\n',
      { type: 'csv', delimiter: ';' },
    ],
    [
      'bars',
      'id|name|price\n1|x, y|1.5\n2|"say ""hi"""|\n3|"two\nlines"|2\n',
      { type: 'csv', delimiter: '|' },
    ],
    ['UTF-16 with a byte-order mark', Buffer.from(`\ufeff${csv}`, 'utf16le'), { encoding: 'utf-16le' }],
    ['UTF-16 the other way round', Buffer.from(`\ufeff${csv}`, 'utf16le').swap16(), { encoding: 'utf-16be' }],
    [
      'JSON lines, with keys left out, null and blank lines',
      '{"id":1,"name":"x, y","price":1.5}\n\n{"name":"say \\"hi\\"","id":2}\r\n{"id":3,"name":"two\\nlines","price":2,"more":null}',
      { type: 'jsonl' },
    ],
    [
      'gzip of JSON lines',
      gzipSync(
        '{"id":1,"name":"x, y","price":1.5}\n{"id":2,"name":"say \\"hi\\"","price":null}\n{"id":3,"name":"two\\nlines","price":2}',
      ),
      { type: 'jsonl', gzip: true },
    ],
  ])('%s', async (_what, content, format) => {
    const result = await ingest(content);
    expect(await tableOf(result)).toMatchObject(small);
    expect(result.rows).toBe(3);
    expect(result.format).toMatchObject(format);
    expect(result.columns.slice(0, 3).map((column) => column.kind)).toEqual(['INTEGER', 'CATEGORY', 'REAL']);
  });

  test.each([false, true])('Parquet that it wrote itself, with the same values (gzip: %p)', async (gzip) => {
    const first = await ingest(
      'n,r,b,d,t,c\n1,1.25,TRUE,2026-01-31,2026-01-31 08:26:00.250,x\n2,,FALSE,2026-02-01,2026-02-01 00:00:00,\n',
    );
    const bytes = await readFile(first.parquetPath);
    const second = await ingest(gzip ? gzipSync(bytes) : bytes);
    expect(second.format).toMatchObject({ type: 'parquet', gzip });
    expect(second.columns.map((column) => column.kind)).toEqual([
      'INTEGER',
      'REAL',
      'BOOLEAN',
      'DATETIME',
      'DATETIME',
      'CATEGORY',
    ]);
    expect(await tableOf(second)).toEqual(await tableOf(first));
  });

  test('a quote inside an unquoted field as an ordinary character', async () => {
    const result = await ingest('id,screen\n1,19" wide\n2,21"\n');
    expect(await tableOf(result)).toMatchObject({ screen: ['19" wide', '21"'] });
  });

  test('one row', async () => {
    const result = await ingest('a,b\n1,x\n');
    expect(result.rows).toBe(1);
    expect(result.columns.map((column) => column.unique)).toEqual([false, false]);
  });

  test('one column, where a blank line is a missing value but not at the end', async () => {
    const result = await ingest('only\nx\n\ny\n""\nz\n\n\n');
    expect(await tableOf(result)).toEqual({ only: ['x', null, 'y', null, 'z'] });
  });

  test('digits of JSON strings as text, of JSON numbers as numbers', async () => {
    const result = await ingest(
      '{"code":"17","n":17,"big":2103807459595387724}\n{"code":"18","n":1e2,"big":2103807459595387725}\n',
    );
    expect(result.columns.map((column) => column.kind)).toEqual(['CATEGORY', 'REAL', 'CATEGORY']);
    expect(await tableOf(result)).toEqual({
      code: ['17', '18'],
      n: [17, 100],
      big: ['2103807459595387724', '2103807459595387725'],
    });
  });

  test('names that are hard to quote', async () => {
    const names = ["it's", 'say ""x""', 'a,b', '*', 'c0', 'select', 'ünï'];
    const result = await ingest(`${names.map((name) => `"${name}"`).join(',')}\n1,2,3,4,5,6,7\n`);
    expect(await tableOf(result)).toEqual({
      "it's": [1],
      'say "x"': [2],
      'a,b': [3],
      '*': [4],
      c0: [5],
      select: [6],
      ünï: [7],
    });
    const json = await ingest(`{"it's":1,"say \\"x\\"":2,"{b: 1}":3}\n`);
    expect(await tableOf(json)).toEqual({ "it's": [1], 'say "x"': [2], '{b: 1}': [3] });
  });

  test('quoted line ends across the blocks that it is read in', async () => {
    let text = 'id,note\n';
    for (let row = 0; row < 60_000; row += 1)
      text += `${row},"line one ${row}\nline, two\r\n""end"" ${'é'.repeat(row % 40)}"\n`;
    const result = await ingest(text);
    expect(result.rows).toBe(60_000);
    const { note } = await tableOf(result);
    expect(note![59_999]).toBe(`line one 59999\nline, two\r\n"end" ${'é'.repeat(39)}`);
    expect(result.columns[1]!.kind).toBe('TEXT');
  });

  test('1,500 columns, with a profile that stays small', async () => {
    const columns = 1500;
    const line = (cell: (index: number) => string) =>
      `${Array.from({ length: columns }, (_, index) => cell(index)).join(',')}\n`;
    let text = line((index) => `column ${index}`);
    for (let row = 0; row < 40; row += 1) {
      text += line((index) =>
        index % 3 === 0
          ? `${(row * index) / 7}`
          : index % 3 === 1
            ? `${row * index}`
            : `label ${row % 9} of ${index}`,
      );
    }
    const result = await ingest(text);
    expect(result.columns).toHaveLength(columns);
    expect(result.columns.slice(3, 6).map((column) => column.kind)).toEqual(['REAL', 'INTEGER', 'CATEGORY']);
    expect(JSON.stringify(DatasetProfile.parse(result.profile)).length).toBeLessThan(800_000);
  }, 120_000);

  test('the same file into the same bytes', async () => {
    let text = 'id,amount,shop\n';
    for (let row = 0; row < 150_000; row += 1)
      text += `${row},${(Math.sin(row) * 50).toFixed(2)},shop ${(row * 31) % 89}\n`;
    const hashes = new Set<string>();
    for (const workFolder of [join(folder, 'a'), join(folder, 'b')]) {
      await mkdir(workFolder);
      const { parquetPath } = await ingest(text, { workFolder });
      hashes.add(
        createHash('sha256')
          .update(await readFile(parquetPath))
          .digest('hex'),
      );
    }
    expect(hashes.size).toBe(1);
  });
});

describe('the kind of a column is', () => {
  const many = (value: (index: number) => string) => Array.from({ length: 40 }, (_, index) => value(index));

  test.each<[ColumnKind, string, string[]]>([
    ['INTEGER', 'whole numbers, also few codes', ['1', '2', '1', '-3', '+4']],
    ['INTEGER', '0 and 1', ['0', '1', '1']],
    ['REAL', 'numbers of which one has decimals', ['1', '2', '2.5', '1e-3']],
    ['BOOLEAN', 'true and false in any case', ['TRUE', 'FALSE', 'TRUE']],
    ['BOOLEAN', 'only one of true and false', ['false', 'false']],
    ['BOOLEAN', 'yes and no', ['Yes', 'No', 'No']],
    ['CATEGORY', 'only one of yes and no', ['yes', 'yes']],
    ['CATEGORY', 'postal codes with leading zeros', ['01067', '10115', '01067']],
    [
      'CATEGORY',
      'numbers of more digits than a double holds',
      ['2103807459595387724', '2103807459595387724'],
    ],
    ['DATETIME', 'ISO dates', ['2026-01-31', '2026-02-01']],
    [
      'DATETIME',
      'ISO times with zones',
      ['2026-01-31T08:26:00Z', '2026-01-31 08:26+02:00', '2019-10-01 00:00:00 UTC'],
    ],
    ['DATETIME', 'dates with the day first, when one is above 12', ['31/01/2026', '01/02/2026 10:30']],
    ['DATETIME', 'dates with the month first, when a day is above 12', ['1/31/2026', '2/1/2026 8:26']],
    ['CATEGORY', 'dates that may be either', ['01/02/2026', '03/04/2026']],
    ['CATEGORY', 'days that do not exist', ['2026-02-30', '2026-01-01']],
    ['CATEGORY', 'repeated words', ['May', 'Nov', 'May']],
    ['ID', 'short strings, nearly all distinct', many((index) => `SKU-${index * 7}`)],
    ['TEXT', 'sentences', many((index) => `this is the product number ${index}`)],
    ['CATEGORY', 'sentences that repeat', many((index) => `this is the product number ${index % 5}`)],
    ['CATEGORY', 'nothing at all', ['', '', 'NA']],
  ])('%s for %s', async (kind, _what, values) => {
    expect(await kindOf(values)).toBe(kind);
  });

  test('decided by all rows, not the first ones', async () => {
    const values = Array.from({ length: 5000 }, (_, index) => `${index % 100}`);
    expect(await kindOf([...values, '2.5'])).toBe('REAL');
    expect(await kindOf([...values, 'x'])).toBe('CATEGORY');
  });

  test('what the user says, when the values allow it', async () => {
    const result = await ingest('region,customer,flag,price\n1,17850.0,0,3\n2,13047.0,1,4\n,,,\n', {
      kinds: { region: 'CATEGORY', customer: 'INTEGER', flag: 'BOOLEAN', price: 'REAL' },
    });
    expect(result.columns.map((column) => column.kind)).toEqual(['CATEGORY', 'INTEGER', 'BOOLEAN', 'REAL']);
    expect(result.columns[2]!.booleanLabels).toEqual(['0', '1']);
    expect(await tableOf(result)).toEqual({
      region: ['1', '2', null],
      customer: [17850, 13047, null],
      flag: [0, 1, null],
      price: [3, 4, null],
    });
  });
});

describe('ingest finds', () => {
  test('missing values in their usual spellings, and tells which it found', async () => {
    const result = await ingest('n,c,d\n1,red,2026-01-31\nNA,null,None\n,-,\ninf,NaN,2026-02-01\n-, ,-\n');
    expect(await tableOf(result)).toEqual({
      n: [1, null, null, null, null],
      // A dash may be a category of its own, unlike among numbers and dates.
      c: ['red', null, '-', null, null],
      d: [Date.UTC(2026, 0, 31), null, null, Date.UTC(2026, 1, 1), null],
    });
    expect(result.columns.every((column) => column.nullable)).toBe(true);
    expect(result.profile.columns[0]).toMatchObject({
      count: 1,
      missing: 4,
      missingSpellings: [
        { value: '-', count: 1 },
        { value: 'NA', count: 1 },
        { value: 'inf', count: 1 },
      ],
    });
  });

  test('an all-missing column, as a category without values', async () => {
    const result = await ingest('a,b\n1,\n2,NULL\n');
    expect(result.columns[1]).toEqual({ name: 'b', kind: 'CATEGORY', nullable: true, unique: false });
    expect(result.profile.columns[1]).toMatchObject({ count: 0, missing: 2, distinct: 0, topValues: [] });
    expect(await tableOf(result)).toMatchObject({ b: [null, null] });
  });

  test('keys: distinct in every row, and neither measures nor prose', async () => {
    let text = 'id,sku,price,kind\n';
    for (let row = 0; row < 50; row += 1) text += `${row},SKU-${row},${row}.5,k${row % 3}\n`;
    const result = await ingest(text);
    expect(result.columns.map((column) => column.unique)).toEqual([true, true, true, false]);
    expect(result.profile.keyCandidates).toEqual(['id', 'sku']);
  });

  test('decimals, and the precision of times', async () => {
    const result = await ingest(
      'r,e,d,s,m\n1.5,2.73E-05,2026-01-31,2026-01-31 08:26,2026-01-31 08:26:00.5\n2.125,1E3,2026-02-01,2026-02-01,2026-02-01\n',
    );
    expect(result.columns.map(({ decimals, precision }) => decimals ?? precision)).toEqual([
      3,
      7,
      'date',
      'second',
      'millisecond',
    ]);
  });

  test('whether every value has the same number of decimals', async () => {
    const result = await ingest(
      'price,mixed,exponent,gaps,whole\n12.50,1.5,1.5,1.25,3.0\n3.00,2.25,25E-1,-,4.0\n-0.25,3,3.5,,5.0\n',
    );
    expect(result.columns.map(({ decimals, fixedDecimals }) => [decimals, fixedDecimals])).toEqual([
      [2, true],
      [2, undefined],
      [1, undefined],
      [2, true],
      [1, true],
    ]);
    expect(result.profile.columns[0]!.topValues.map(({ value }) => value)).toContain('12.50');
  });

  test('figures of each kind that a person could count', async () => {
    const { profile } = await ingest(
      'n,t,c,b\n1,2026-01-01,x,true\n2,2026-01-03,yy,false\n2,2026-01-02,x,true\n7,2026-01-01,,true\n',
    );
    expect(profile.columns.map(({ distinct }) => distinct)).toEqual([3, 3, 2, 2]);
    const [n, t, c, b] = profile.columns;
    expect(n!.numeric).toMatchObject({ min: 1, max: 7, mean: 3 });
    expect(n!.numeric!.std).toBeCloseTo(Math.sqrt(22 / 3), 12);
    expect(n!.numeric!.quantiles.find(({ p }) => p === 0.5)).toEqual({ p: 0.5, value: 2 });
    expect(n!.histogram).toEqual({ edges: [1, 2, 3, 4, 5, 6, 7, 8], counts: [1, 2, 0, 0, 0, 0, 1] });
    expect(t!.dateTime).toMatchObject({ min: '2026-01-01', max: '2026-01-03' });
    expect(t!.topValues[0]).toEqual({ value: '2026-01-01', count: 2 });
    expect(c).toMatchObject({
      count: 3,
      missing: 1,
      lengths: { min: 1, max: 2 },
      topValues: [
        { value: 'x', count: 2 },
        { value: 'yy', count: 1 },
      ],
    });
    expect(b!.topValues).toEqual([
      { value: 'true', count: 3 },
      { value: 'false', count: 1 },
    ]);
  });

  test('figures that are JSON also for extreme numbers', async () => {
    const { profile } = await ingest('n,m\n1.7e308,1e-320\n-1.7e308,5\n1.7e308,1e200\n');
    expect(DatasetProfile.parse(JSON.parse(JSON.stringify(profile)))).toEqual(profile);
  });
});

test('what an ingested table is written as is ingested to the same table', async () => {
  const first = await ingest(
    'a,b,c,d\n1,x,2026-01-31T08:26:00,Yes\n,"q ""w""\n2",,No\n3,x,2026-02-01T00:00:00,Yes\n',
  );
  const csvPath = join(folder, 'again.csv');
  const writer = createTableWriter({ columns: first.columns, csvPath });
  await writer.write(await readParquet(first.parquetPath, first.columns));
  await writer.close();
  const before = await tableOf(first);
  const second = await ingest(await readFile(csvPath));
  expect(second.columns).toEqual(first.columns);
  expect(await tableOf(second)).toEqual(before);
});
