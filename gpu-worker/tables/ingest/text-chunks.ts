import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { excerpt, fileFailure } from './file-failure.js';

export interface TextSource {
  readonly path: string;
  /** The user's name of the file, for messages. */
  readonly file: string;
  readonly signal: AbortSignal;
  progress?(fraction: number): void;
}

/**
 * The file's bytes in order, each chunk whole UTF-8 characters, without a byte-order mark at the start. Throws
 * INVALID_ENCODING with the line for bytes that aren't UTF-8, INVALID_FILE with the line for NUL bytes.
 */
export async function* textChunks(source: TextSource): AsyncGenerator<Buffer> {
  const { path, signal, progress } = source;
  const { size } = await stat(path);
  let carry = Buffer.alloc(0);
  let offset = 0;
  let read = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    const bytes = piece as Buffer;
    read += bytes.length;
    const joined = carry.length > 0 ? Buffer.concat([carry, bytes]) : bytes;
    const whole = read < size ? wholeCharacters(joined) : joined.length;
    const chunk = joined.subarray(0, whole);
    carry = Buffer.from(joined.subarray(whole));
    if (!isUtf8(chunk)) throw await brokenEncoding(source, chunk, offset);
    const zero = chunk.indexOf(0);
    if (zero >= 0) {
      throw fileFailure(
        'INVALID_FILE',
        { file: source.file, line: await lineAt(path, offset + zero) },
        'the line holds a NUL byte (0x00), which no text file may. The file is damaged, or it is not text; export it again.',
      );
    }
    yield offset === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
      ? chunk.subarray(3)
      : chunk;
    offset += chunk.length;
    progress?.(read / size);
  }
}

/** Length of `bytes` without a character at its end of which bytes are still to come. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

async function brokenEncoding(source: TextSource, chunk: Buffer, chunkOffset: number) {
  let start = 0;
  let end = chunk.indexOf(10) + 1 || chunk.length;
  while (isUtf8(chunk.subarray(start, end)) && end < chunk.length) {
    start = end;
    end = chunk.indexOf(10, start) + 1 || chunk.length;
  }
  const bytes = chunk.subarray(start, end);
  const before = new TextDecoder('utf-8').decode(bytes).split('\ufffd')[0] ?? '';
  const at = Buffer.byteLength(before);
  const around = new TextDecoder('windows-1252').decode(bytes.subarray(Math.max(0, at - 12), at + 12));
  const hex = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0');
  return fileFailure(
    'INVALID_ENCODING',
    { file: source.file, line: await lineAt(source.path, chunkOffset + start + at) },
    `byte 0x${hex} is not UTF-8. It may be Windows-1252 or Latin-1, where the text would read ` +
      `"${excerpt(around.trim())}". Save the file as UTF-8.`,
  );
}

/** 1-based physical line of a byte; lines end with `\n`, `\r\n` or a lone `\r`. */
export async function lineAt(path: string, offset: number): Promise<number> {
  if (offset === 0) return 1;
  let line = 1;
  let previous = 0;
  for await (const piece of createReadStream(path, { end: offset - 1 })) {
    for (const byte of piece as Buffer) {
      if (previous === 13 && byte !== 10) line += 1;
      if (byte === 10) line += 1;
      previous = byte;
    }
  }
  return previous === 13 ? line + 1 : line;
}
