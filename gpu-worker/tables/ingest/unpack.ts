import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { types } from 'node:util';
import { createGunzip } from 'node:zlib';
import { bytesText, fileFailure } from './file-failure.js';
import { RATIO_COUNTED_FROM_BYTES, type IngestLimits } from './limits.js';

export interface UnpackRequest {
  readonly path: string;
  /** The user's name of the file, for messages. */
  readonly file: string;
  /** Where an unpacked copy may be put. */
  readonly folder: string;
  readonly limits: IngestLimits;
  readonly signal: AbortSignal;
  progress(fraction: number): void;
}

export interface Unpacked {
  /** The file itself, or its copy without gzip and in UTF-8. */
  readonly path: string;
  readonly content: 'text' | 'parquet';
  readonly gzip: boolean;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
}

/**
 * Takes gzip off, and recodes UTF-16 that says so by a byte-order mark (spreadsheets export it as "Unicode text").
 * Other encodings can't be told apart for sure, so they are refused where the text is checked, not guessed.
 */
export async function unpack(request: UnpackRequest): Promise<Unpacked> {
  const { file, folder } = request;
  let path = request.path;
  let start = await head(path);
  if (start.length === 0) throw emptyFile(file);
  const gzip = start[0] === 0x1f && start[1] === 0x8b;
  if (gzip) {
    const target = join(folder, 'unpacked');
    await gunzip(request, target);
    path = target;
    start = await head(path);
    if (start.length === 0) throw emptyFile(file);
  }
  if (start.subarray(0, 4).toString('latin1') === 'PAR1') {
    return { path, content: 'parquet', gzip, encoding: 'utf-8' };
  }
  const encoding = byteOrderMark(start);
  if (encoding !== 'utf-8') {
    const target = join(folder, 'utf8');
    await recode(request, path, encoding, target);
    return { path: target, content: 'text', gzip, encoding };
  }
  refuseBinary(start, file);
  return { path, content: 'text', gzip, encoding };
}

async function head(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const buffer = Buffer.alloc(4096);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function emptyFile(file: string) {
  return fileFailure(
    'INVALID_FILE',
    { file },
    'the file is empty. Upload a file with a header line and rows.',
  );
}

async function gunzip(
  { path, file, limits, signal, progress }: UnpackRequest,
  target: string,
): Promise<void> {
  const packedSize = (await stat(path)).size;
  let packed = 0;
  let unpacked = 0;
  const source = createReadStream(path);
  source.on('data', (chunk) => {
    packed += chunk.length;
    progress(packed / packedSize);
  });
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      unpacked += chunk.length;
      if (unpacked > limits.maxUnpackedBytes) {
        done(
          fileFailure(
            'LIMIT_EXCEEDED',
            { file },
            `it unpacks to more than ${bytesText(limits.maxUnpackedBytes)}, the most that is accepted. Split it into several files.`,
          ),
        );
      } else if (unpacked > RATIO_COUNTED_FROM_BYTES && unpacked > packed * limits.maxUnpackRatio) {
        done(
          fileFailure(
            'LIMIT_EXCEEDED',
            { file },
            `it unpacks to more than ${limits.maxUnpackRatio} times its size, as a gzip bomb does. Upload it unpacked if it is real data.`,
          ),
        );
      } else {
        done(null, chunk);
      }
    },
  });
  try {
    await pipeline(source, createGunzip(), bound, createWriteStream(target), { signal });
  } catch (error) {
    signal.throwIfAborted();
    const code = types.isNativeError(error) && 'code' in error ? String(error.code) : '';
    if (code === 'Z_BUF_ERROR') {
      throw fileFailure(
        'INVALID_FILE',
        { file },
        `the gzip file ends too early, after ${bytesText(unpacked)} of content: it was cut off. Pack and upload it again.`,
      );
    }
    if (code.startsWith('Z_')) {
      throw fileFailure(
        'INVALID_FILE',
        { file },
        `the gzip file is damaged after ${bytesText(unpacked)} of content. Pack and upload it again.`,
      );
    }
    throw error;
  }
}

function byteOrderMark(start: Buffer): Unpacked['encoding'] {
  // FF FE 00 00 is UTF-32; read as UTF-16 it shows NUL characters, which the check refuses.
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

async function recode(
  { file, signal, progress }: UnpackRequest,
  source: string,
  encoding: 'utf-16le' | 'utf-16be',
  target: string,
): Promise<void> {
  const { size } = await stat(source);
  const decoder = new TextDecoder(encoding);
  let read = 0;
  let line = 1;
  function checked(text: string): string {
    // The decoder puts U+FFFD where a surrogate has no partner or the last byte is missing.
    const broken = text.indexOf('\ufffd');
    const upTo = broken < 0 ? text : text.slice(0, broken);
    line += upTo.split('\n').length - 1;
    if (broken >= 0) {
      throw fileFailure(
        'INVALID_ENCODING',
        { file, line },
        'the file says that it is UTF-16 but holds a broken character here. Save it as UTF-8.',
      );
    }
    return text;
  }
  const toUtf8 = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        read += chunk.length;
        progress(read / size);
        done(null, Buffer.from(checked(decoder.decode(chunk, { stream: true }))));
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done: TransformCallback) {
      try {
        done(null, Buffer.from(checked(decoder.decode())));
      } catch (error) {
        done(error as Error);
      }
    },
  });
  await pipeline(createReadStream(source), toUtf8, createWriteStream(target), { signal });
}

/** First bytes of formats that people upload by mistake. */
const BINARY_FORMATS: readonly (readonly [string, string])[] = [
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['GIF8', 'a GIF picture'],
  ['%PDF-', 'a PDF document'],
  ['PK\x03\x04', 'a ZIP archive or an Excel workbook'],
  ['\xd0\xcf\x11\xe0', 'an old Excel or Word document'],
  ['SQLite format 3\0', 'an SQLite database'],
  ['ARROW1', 'an Arrow (Feather) file'],
  ['ORC', 'an ORC file'],
  ['Obj\x01', 'an Avro file'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive'],
  ['BZh', 'a bzip2 archive'],
  ['\xfd7zXZ', 'an xz archive'],
  ['7z\xbc\xaf', 'a 7-Zip archive'],
  ['\x1f\x8b', 'gzip inside gzip'],
];

function refuseBinary(start: Buffer, file: string): void {
  const text = start.toString('latin1');
  const format = BINARY_FORMATS.find(([magic]) => text.startsWith(magic));
  const mend = 'Upload CSV, TSV, JSON lines or Parquet, or gzip of one of these.';
  // "ORC" and "BZh" may also begin a header line; a text file has no control characters.
  if (format && (format[0].length > 3 || controlShare(start) > 0)) {
    throw fileFailure('INVALID_FILE', { file }, `this is ${format[1]}, not a table. ${mend}`);
  }
  const zeros = [0, 0];
  start.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2]! += 1;
  });
  if (
    Math.max(zeros[0]!, zeros[1]!) > start.length * 0.3 &&
    Math.min(zeros[0]!, zeros[1]!) < start.length * 0.05
  ) {
    throw fileFailure(
      'INVALID_ENCODING',
      { file, line: 1 },
      'this looks like UTF-16 without a byte-order mark. Save it as UTF-8.',
    );
  }
  if (controlShare(start) > 0.1) {
    throw fileFailure(
      'INVALID_FILE',
      { file },
      `this is a binary file of no format that is read here. ${mend}`,
    );
  }
}

/** Share of bytes that no text has: control characters other than tab, line ends, form feed and escape. */
function controlShare(bytes: Buffer): number {
  let control = 0;
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) control += 1;
  return control / bytes.length;
}
