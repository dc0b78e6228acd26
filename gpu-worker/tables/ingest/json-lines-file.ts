import { literal } from '../duckdb.js';
import { checkColumnNames } from './column-names.js';
import { excerpt, fileFailure } from './file-failure.js';
import type { IngestLimits } from './limits.js';
import type { SourceTable } from './source-table.js';
import { textChunks, type TextSource } from './text-chunks.js';

const LF = 10;

/**
 * Checks every line of a JSON lines file: one flat object a line, blank lines apart. Columns are all keys in order of
 * first appearance; a key that a line leaves out is missing there. Throws a UserFailure that names line and key.
 */
export async function checkJsonLines(source: TextSource, limits: IngestLimits): Promise<SourceTable> {
  const { path, file } = source;
  /** Whether every value so far was a string. */
  const strings = new Map<string, boolean>();
  let rows = 0;
  for await (const { text, line } of lines(source, limits)) {
    const value = parsed(text, file, line);
    rows += 1;
    for (const [key, cell] of Object.entries(value)) {
      if (cell !== null && typeof cell === 'object') {
        throw fileFailure(
          'INVALID_FILE',
          { file, line, column: key },
          `the value is ${Array.isArray(cell) ? 'an array' : 'an object'}. Only flat values fit a table: ` +
            'write each part to a key of its own, or leave it out.',
        );
      }
      const before = strings.get(key);
      if (before === undefined) {
        strings.set(key, cell === null || typeof cell === 'string');
        if (strings.size > limits.maxColumns) checkColumnNames([...strings.keys()], limits, file, line);
      } else if (before && cell !== null && typeof cell !== 'string') strings.set(key, false);
    }
  }
  if (rows === 0)
    throw fileFailure('INVALID_FILE', { file }, 'the file has no rows. Upload one object a line.');
  const names = [...strings.keys()];
  if (names.length === 0) {
    throw fileFailure(
      'INVALID_FILE',
      { file, line: 1 },
      'the objects have no keys. Upload objects with values.',
    );
  }
  checkColumnNames(names, limits, file, undefined);
  const fields = names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
  const aliases = names.map((_, index) => `c${index}`).join(', ');
  return {
    columns: names.map((name) => ({ name, strings: strings.get(name)! })),
    rows,
    sql:
      `(SELECT * FROM read_json(${literal(path)}, format = 'newline_delimited', columns = {${fields}}, ` +
      `maximum_object_size = ${limits.maxLineBytes + 1024}) AS source(${aliases}))`,
    async lineOf(row) {
      let seen = -1;
      for await (const { line } of lines({ ...source, progress: undefined }, limits)) {
        seen += 1;
        if (seen === row) return line;
      }
      return undefined;
    },
  };
}

function parsed(text: string, file: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fileFailure(
      'INVALID_FILE',
      { file, line },
      text.trimStart().startsWith('[')
        ? 'this is a JSON array. Write JSON lines: one object a line, without brackets and commas around them.'
        : `"${excerpt(text)}" is not a whole JSON object. Write one object a line.`,
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw fileFailure(
      'INVALID_FILE',
      { file, line },
      `the line is ${Array.isArray(value) ? 'an array' : 'a single value'}, not an object. Write one object a line, such as {"price": 9.5}.`,
    );
  }
  return value as Record<string, unknown>;
}

/** Lines that aren't blank. */
async function* lines(
  source: TextSource,
  limits: IngestLimits,
): AsyncGenerator<{ text: string; line: number }> {
  const { maxLineBytes } = limits;
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  function bounded(bytes: Buffer): Buffer {
    if (bytes.length <= maxLineBytes) return bytes;
    throw fileFailure(
      'LIMIT_EXCEEDED',
      { file: source.file, line },
      `the line is longer than ${maxLineBytes.toLocaleString('en')} bytes. Write one object a line.`,
    );
  }
  for await (const chunk of textChunks(source)) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const bytes = chunk.subarray(start, end);
      const text = bounded(rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes).toString('utf8');
      rest = Buffer.alloc(0);
      if (text.trim() !== '') yield { text, line };
      line += 1;
      start = end + 1;
    }
    rest = bounded(Buffer.concat([rest, chunk.subarray(start)]));
  }
  const text = rest.toString('utf8');
  if (text.trim() !== '') yield { text, line };
}
