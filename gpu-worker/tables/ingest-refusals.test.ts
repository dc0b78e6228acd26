import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FailureCode, FailureLocation } from '../../schema/messages/failure.js';
import { UserFailure } from '../failure.js';
import { ingestFile, type IngestOptions } from './ingest.js';
import { createTableWriter } from './table-writer.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingest-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function run(content: string | Uint8Array, fileName: string, options: Partial<IngestOptions> = {}) {
  const path = join(folder, 'upload');
  return writeFile(path, content).then(() =>
    ingestFile({
      path,
      fileName,
      workFolder: folder,
      signal: new AbortController().signal,
      progress: () => undefined,
      ...options,
    }),
  );
}

interface Expected {
  readonly code: FailureCode;
  readonly message: RegExp;
  readonly location?: FailureLocation;
}

async function expectRefusal(
  content: string | Uint8Array,
  fileName: string,
  { code, message, location }: Expected,
  options: Partial<IngestOptions> = {},
): Promise<void> {
  const failure = await run(content, fileName, options).then(
    () => {
      throw new Error('the file was accepted');
    },
    (error: unknown) => error,
  );
  if (!(failure instanceof UserFailure)) throw failure;
  expect(failure.message).toMatch(message);
  expect(failure.code).toBe(code);
  expect(failure.location).toEqual({ file: fileName, ...location });
  // Every message leads with the file, so that it reads well on its own.
  expect(failure.message.startsWith(fileName)).toBe(true);
  expect(await readdir(folder)).toEqual(['upload']);
}

const invalid = (message: RegExp, location?: FailureLocation): Expected => ({
  code: 'INVALID_FILE',
  message,
  location,
});
const tooMuch = (message: RegExp, location?: FailureLocation): Expected => ({
  code: 'LIMIT_EXCEEDED',
  message,
  location,
});

const manyRows = (rows: number) => Array.from({ length: rows }, (_, row) => `${row},value ${row}\n`).join('');

describe('a CSV file is refused', () => {
  test('when a row has too many fields, with its line', () =>
    expectRefusal(
      'a,b\n1,2\n1,2,3\n4,5\n',
      'orders.csv',
      invalid(/line 3: the row has 3 fields, the header 2/, { line: 3 }),
    ));

  test('when a row has too few fields, deep in the file', () =>
    expectRefusal(
      `a,b\n${manyRows(200_000)}lonely\n${manyRows(10)}`,
      'orders.csv',
      invalid(/line 200002: the row has 1 field, the header 2/, { line: 200_002 }),
    ));

  test('with the physical line also after quoted line ends', () =>
    expectRefusal(
      'a,b\r\n"x\r\ny\nz",2\r\n1,2,3\r\n',
      'orders.csv',
      invalid(/line 5: the row has 3 fields/, { line: 5 }),
    ));

  test('when a quote is never closed, with the line where it opened', () =>
    expectRefusal(
      `a,b\n1,2\n3,"open\n${manyRows(50)}`,
      'orders.csv',
      invalid(/line 3: a quote .* never closed/, { line: 3 }),
    ));

  test('when an unclosed quote runs over more than a record may hold', () =>
    expectRefusal(
      `a,b\n1,2\n3,"open\n${manyRows(2000)}`,
      'orders.csv',
      invalid(/line 3: a quote .* never closed/, { line: 3 }),
      { limits: { maxLineBytes: 10_000 } },
    ));

  test('when text follows a closing quote', () =>
    expectRefusal(
      'a,b\n1,2\n"19" screen",2\n',
      'orders.csv',
      invalid(/line 3: the quoted text .* followed by "s"/, { line: 3 }),
    ));

  test('when it is empty', () => expectRefusal('', 'orders.csv', invalid(/the file is empty/)));

  test('when it holds only a byte-order mark', () =>
    expectRefusal('\ufeff', 'orders.csv', invalid(/the file is empty/)));

  test.each(['a,b', 'a,b\n', 'a,b\r\n\r\n'])('when there is a header only (%j)', (content) =>
    expectRefusal(content, 'orders.csv', invalid(/header and no rows/, { line: 1 })),
  );

  test('when the first line is blank', () =>
    expectRefusal('\na,b\n1,2\n', 'orders.csv', invalid(/line 1: the line is blank/, { line: 1 })));

  test('when the header is missing and numbers stand in its place', () =>
    expectRefusal('17,2.5\n18,3.5\n', 'orders.csv', invalid(/holds numbers only/, { line: 1 })));

  test('when two columns have the same name', () =>
    expectRefusal(
      'id,price,price\n1,2,3\n',
      'orders.csv',
      invalid(/columns 2 and 3 have the same name/, { line: 1, column: 'price' }),
    ));

  test('when two names differ in case only', () =>
    expectRefusal(
      'Price,id,price\n1,2,3\n',
      'orders.csv',
      invalid(/columns 1 and 3 have the same name but for upper and lower case/, {
        line: 1,
        column: 'price',
      }),
    ));

  test.each(['id,,price\n1,2,3\n', 'id," ",price\n1,2,3\n'])('when a column has no name (%j)', (content) =>
    expectRefusal(content, 'orders.csv', invalid(/column 2 of 3 has no name/, { line: 1, column: '2' })),
  );

  test('when its whole header line is quoted as one field', () =>
    expectRefusal(
      '\ufeff"product_id,""category"",""weight"""\r\na1,toys,3\r\nb2,books,4\r\n',
      'products.csv',
      invalid(/line 1: the whole header line is quoted as one field, while line 2 has 3/, { line: 1 }),
    ));

  test('with 3,000 columns, saying how many are accepted', () => {
    const header = Array.from({ length: 3000 }, (_, index) => `c${index}`).join(',');
    const row = Array.from({ length: 3000 }, () => '1').join(',');
    return expectRefusal(
      `${header}\n${row}\n`,
      'wide.csv',
      tooMuch(/3,000 columns; at most 2,000/, { line: 1 }),
    );
  });

  test('with more rows than the limit', () =>
    expectRefusal(`a,b\n${manyRows(11)}`, 'orders.csv', tooMuch(/more than 10 rows/, { line: 12 }), {
      limits: { maxRows: 10 },
    }));

  test('with a record longer than the limit, with its line', () =>
    expectRefusal(
      `a,b\n1,2\n3,${'x'.repeat(9_000_000)}\n`,
      'orders.csv',
      tooMuch(/line 3: the record is longer than 8,388,608 bytes/, { line: 3 }),
    ));
});

describe('a text file is refused', () => {
  test('when it is Latin-1, with the line and what it would read', () =>
    expectRefusal(Buffer.from('name,n\nplain,1\ncaf\xe9 cr\xe8me,2\n', 'latin1'), 'menu.csv', {
      code: 'INVALID_ENCODING',
      message: /line 3: byte 0xE9 is not UTF-8.*"café crème,2".*Save the file as UTF-8/,
      location: { line: 3 },
    }));

  test('when a UTF-8 character is cut off at its end', () =>
    expectRefusal(Buffer.from('name,n\nplain,1\ncaf\xc3', 'latin1'), 'menu.csv', {
      code: 'INVALID_ENCODING',
      message: /line 3: byte 0xC3/,
      location: { line: 3 },
    }));

  test('when broken bytes come after the first megabyte', () =>
    expectRefusal(Buffer.from(`a,b\n${manyRows(100_000)}1,\xe9\n`, 'latin1'), 'menu.csv', {
      code: 'INVALID_ENCODING',
      message: /line 100002: byte 0xE9/,
      location: { line: 100_002 },
    }));

  test('when it is UTF-16 without a byte-order mark', () =>
    expectRefusal(Buffer.from('name,n\nplain,1\n', 'utf16le'), 'menu.csv', {
      code: 'INVALID_ENCODING',
      message: /UTF-16 without a byte-order mark/,
      location: { line: 1 },
    }));

  test('when its UTF-16 is broken', () =>
    expectRefusal(Buffer.from('\ufeffname,n\nplain,1\nbad \ud800 one,2\n', 'utf16le'), 'menu.csv', {
      code: 'INVALID_ENCODING',
      message: /line 3: .*UTF-16.*broken character/,
      location: { line: 3 },
    }));

  test('when it holds a NUL byte, with the line', () =>
    expectRefusal('a,b\n1,2\n3,x\0y\n', 'orders.csv', invalid(/line 3: .*NUL byte/, { line: 3 })));
});

describe('a packed file is refused', () => {
  const packed = gzipSync(`a,b\n${manyRows(20_000)}`);

  test('when its gzip was cut off', () =>
    expectRefusal(
      packed.subarray(0, packed.length / 2),
      'orders.csv.gz',
      invalid(/gzip file ends too early, after .* of content/),
    ));

  test('when its gzip is damaged', () => {
    const damaged = Buffer.from(packed);
    damaged.fill(0xff, 2000, 2100);
    return expectRefusal(damaged, 'orders.csv.gz', invalid(/gzip file is damaged/));
  });

  test('when its checksum is wrong', () => {
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6]! ^= 0xff;
    return expectRefusal(damaged, 'orders.csv.gz', invalid(/gzip file is damaged/));
  });

  test('when nothing is in it', () =>
    expectRefusal(gzipSync(''), 'orders.csv.gz', invalid(/the file is empty/)));

  test('when it is a gzip bomb, long before all of it is unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024, 'a,b\n'), { level: 1 });
    return expectRefusal(bomb, 'orders.csv.gz', tooMuch(/more than 150 times its size, as a gzip bomb/), {
      limits: { maxUnpackRatio: 150 },
    });
  });

  test('when it unpacks to more than the limit', () =>
    expectRefusal(packed, 'orders.csv.gz', tooMuch(/unpacks to more than 100 KiB/), {
      limits: { maxUnpackedBytes: 100 * 1024 },
    }));
});

describe('a JSON lines file is refused', () => {
  test('when a line is no JSON, with its line', () =>
    expectRefusal(
      '{"a":1}\n\n{"a":2\n{"a":3}\n',
      'events.jsonl',
      invalid(/line 3: "{"a":2" is not a whole JSON object/, { line: 3 }),
    ));

  test('when a value is nested, with line and key', () =>
    expectRefusal(
      '{"id":1,"tags":null}\n{"id":2,"tags":["a"]}\n',
      'events.jsonl',
      invalid(/line 2, column "tags": the value is an array/, { line: 2, column: 'tags' }),
    ));

  test('when it is one JSON array', () =>
    expectRefusal('[{"a":1},{"a":2}]', 'events.json', invalid(/line 1: .*array/, { line: 1 })));

  test('when an object is spread over lines', () =>
    expectRefusal(
      '{\n  "a": 1\n}\n',
      'events.json',
      invalid(/line 1: "{" is not a whole JSON object/, { line: 1 }),
    ));

  test('when a line is longer than the limit', () =>
    expectRefusal(
      `{"a":1}\n{"a":"${'x'.repeat(5000)}"}\n`,
      'events.jsonl',
      tooMuch(/line 2: the line is longer than 1,000 bytes/, { line: 2 }),
      { limits: { maxLineBytes: 1000 } },
    ));

  test('when its keys exceed the columns that are accepted', () =>
    expectRefusal('{"a":1}\n{"b":1,"c":2}\n', 'events.jsonl', tooMuch(/3 columns; at most 2/, { line: 2 }), {
      limits: { maxColumns: 2 },
    }));
});

describe('a Parquet file is refused', () => {
  async function parquet(): Promise<Buffer> {
    const parquetPath = join(folder, 'made.parquet');
    const schema = { name: 'n', kind: 'REAL' as const, nullable: false, unique: false };
    const writer = createTableWriter({ columns: [schema], parquetPath });
    const values = Float64Array.from({ length: 5000 }, (_, row) => Math.sin(row));
    await writer.write({ rows: 5000, columns: [{ schema, values }] });
    await writer.close();
    const bytes = await readFile(parquetPath);
    await rm(parquetPath);
    return bytes;
  }

  test('when it was cut off', async () =>
    expectRefusal(
      (await parquet()).subarray(0, 9000),
      'orders.parquet',
      invalid(/no footer: it was cut off/),
    ));

  test('when its footer is damaged', async () => {
    const damaged = await parquet();
    damaged.fill(0xff, damaged.length - 60, damaged.length - 8);
    await expectRefusal(damaged, 'orders.parquet', invalid(/the Parquet file is damaged/));
  });

  test('when a page is damaged', async () => {
    const damaged = await parquet();
    damaged.fill(0xff, 4, 24);
    await expectRefusal(damaged, 'orders.parquet', invalid(/the Parquet file is damaged/));
  });
});

describe('a file of another kind is refused', () => {
  test('a PNG picture', () =>
    expectRefusal(
      Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), randomBytes(500)]),
      'chart.png',
      invalid(/this is a PNG picture, not a table. Upload CSV/),
    ));

  test('an Excel workbook', () =>
    expectRefusal(
      Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0', 'latin1'),
      'orders.xlsx',
      invalid(/ZIP archive or an Excel workbook/),
    ));

  test('gzip inside gzip', () =>
    expectRefusal(gzipSync(gzipSync('a,b\n1,2\n')), 'orders.csv.gz', invalid(/gzip inside gzip/)));

  test('bytes of no known format', () =>
    expectRefusal(Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * 37) % 251)), 'blob.bin', {
      code: 'INVALID_FILE',
      message: /binary file of no format/,
    }));
});

describe('a correction of a column kind is refused', () => {
  test('when a value is not of that kind, with its physical line', () =>
    expectRefusal(
      'note,price\n"two\nlines",1\nx,2.5\ny,cheap\n',
      'orders.csv',
      {
        code: 'INVALID_CONFIG',
        message: /line 5, column "price": "cheap" is not a number, so the column can not be REAL/,
        location: { line: 5, column: 'price', field: 'kinds.price' },
      },
      { kinds: { price: 'REAL' } },
    ));

  test('when the table has no such column', () =>
    expectRefusal(
      'a,b\n1,2\n',
      'orders.csv',
      { code: 'INVALID_CONFIG', message: /no such column/, location: { column: 'c', field: 'kinds.c' } },
      { kinds: { c: 'REAL' } },
    ));

  test('when dates can be read in two ways', () =>
    expectRefusal(
      'day\n01/02/2026\n03/04/2026\n',
      'orders.csv',
      {
        code: 'INVALID_CONFIG',
        message: /day first and as month first/,
        location: { column: 'day', field: 'kinds.day' },
      },
      { kinds: { day: 'DATETIME' } },
    ));
});

describe('an ingest that is stopped', () => {
  test.each(['check', 'load', 'profile'] as const)(
    'in step %s rejects with the reason and leaves nothing',
    async (at) => {
      const controller = new AbortController();
      const reason = new Error('cancelled by its user');
      await expect(
        run(`a,b\n${manyRows(50_000)}`, 'orders.csv', {
          signal: controller.signal,
          progress: (step) => step === at && controller.abort(reason),
        }),
      ).rejects.toBe(reason);
      expect(await readdir(folder)).toEqual(['upload']);
    },
  );
});

test('a table that outgrows the memory for it is reported as such and leaves nothing', async () => {
  const limits = { memoryBytes: 6 * 1024 * 1024, maxLineBytes: 65_536 };
  await expect(run(`a,b\n${manyRows(50_000)}`, 'orders.csv', { limits })).rejects.toMatchObject({
    name: 'UserFailure',
    code: 'OUT_OF_MEMORY',
  });
  expect(await readdir(folder)).toEqual(['upload']);
});

/** A file system of 8 MiB of which `work` may fill all. */
async function onSmallDisk(work: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(folder, 'disk');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  try {
    await work(disk);
  } finally {
    execFileSync('umount', [disk]);
  }
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

// Only the system's own administrator may make a small disk; elsewhere these are skipped.
(canMount() ? describe : describe.skip)('a full disk', () => {
  const rows = () => {
    let text = 'id,token\n';
    for (let row = 0; row < 200_000; row += 1)
      text += `${row},${(Math.imul(row, 2654435761) >>> 0).toString(36)}x${row}\n`;
    return text;
  };

  test.each([
    ['while the file is unpacked', gzipSync(rows()), 'orders.csv.gz'],
    ['while the table is loaded', Buffer.from(rows() + rows().slice(9)), 'orders.csv'],
  ])('%s is reported as such and leaves nothing', async (_when, content, fileName) => {
    await onSmallDisk(async (disk) => {
      await writeFile(join(disk, 'ballast'), Buffer.alloc(5 * 1024 * 1024));
      await expect(
        run(content, fileName, { workFolder: disk, limits: { memoryBytes: 64 * 1024 * 1024 } }),
      ).rejects.toMatchObject({
        code: 'DISK_FULL',
      });
      expect(await readdir(disk)).toEqual(['ballast']);
    });
  });

  test.each(['csvPath', 'parquetPath'] as const)(
    'fails a table writer (%s) and leaves nothing',
    async (target) => {
      await onSmallDisk(async (disk) => {
        const schema = { name: 'n', kind: 'REAL' as const, nullable: false, unique: false };
        const writer = createTableWriter({ columns: [schema], [target]: join(disk, 'table') });
        const values = Float64Array.from({ length: 100_000 }, (_, row) => Math.sin(row));
        const writing = async () => {
          for (let chunk = 0; chunk < 60; chunk += 1)
            await writer.write({ rows: values.length, columns: [{ schema, values }] });
          await writer.close();
        };
        await expect(writing()).rejects.toMatchObject({ code: 'DISK_FULL' });
        await writer.abort();
        expect(await readdir(disk)).toEqual([]);
      });
    },
  );
});
