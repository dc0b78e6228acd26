import { literal } from '../duckdb.js';
import { checkColumnNames } from './column-names.js';
import { findDelimiter, type Delimiter } from './csv-dialect.js';
import { createCsvScanner, recordFields } from './csv-scanner.js';
import { excerpt, fileFailure } from './file-failure.js';
import type { IngestLimits } from './limits.js';
import type { SourceTable } from './source-table.js';
import { textChunks, type TextSource } from './text-chunks.js';

/**
 * Checks every byte of a CSV or TSV file: encoding, quoting, the header, and that every record has as many fields.
 * Throws a UserFailure that names the physical line.
 */
export async function checkCsv(
  source: TextSource,
  limits: IngestLimits,
): Promise<SourceTable & { delimiter: Delimiter }> {
  const { path, file } = source;
  const delimiter = await findDelimiter(path);
  let header: string[] | undefined;
  let headerBytes = Buffer.alloc(0);
  let rows = 0;
  /** Rows up to the last line that isn't blank: in a table of one column, a blank line inside is a missing value. */
  let rowsToLast = 0;
  const scanner = createCsvScanner({
    file,
    delimiter: delimiter.charCodeAt(0),
    maxLineBytes: limits.maxLineBytes,
    record(fields, line, bytes) {
      if (!header) {
        header = readHeader(headerBytes, line, bytes);
        return;
      }
      if (bytes === 0 && header.length > 1) return;
      if (fields !== header.length) throw raggedRecord(header, fields, line, delimiter, file);
      rows += 1;
      if (bytes > 0) rowsToLast = rows;
      if (rows > limits.maxRows) {
        throw fileFailure(
          'LIMIT_EXCEEDED',
          { file, line },
          `the table has more than ${limits.maxRows.toLocaleString('en')} rows, the most that is accepted. Upload a part of it.`,
        );
      }
    },
  });

  function readHeader(bytes: Buffer, line: number, length: number): string[] {
    if (length === 0) {
      throw fileFailure(
        'INVALID_FILE',
        { file, line },
        'the line is blank. The first line must be the header.',
      );
    }
    const names = recordFields(bytes.subarray(0, length).toString('utf8'), delimiter);
    // A header line that is quoted as a whole is one odd name; the next record tells it apart.
    if (names.length > 1 || !names[0]!.includes(delimiter)) checkColumnNames(names, limits, file, line);
    const numbers = names.map(Number);
    const counted = numbers.every((number, index) => number === numbers[0]! + index);
    if (names.length > 1 && numbers.every(Number.isFinite) && !counted) {
      throw fileFailure(
        'INVALID_FILE',
        { file, line },
        `the first line, "${excerpt(names.join(delimiter))}", holds numbers only; it looks like a row. Put a header line above it.`,
      );
    }
    return names;
  }

  for await (const chunk of textChunks(source)) {
    // The scanner keeps no text; the header is the only record of which the text is needed.
    if (!header) headerBytes = Buffer.concat([headerBytes, chunk]);
    scanner.push(chunk);
  }
  scanner.end();
  const names = header;
  if (!names)
    throw fileFailure('INVALID_FILE', { file }, 'the file is empty. Upload a header line and rows.');
  checkColumnNames(names, limits, file, 1);
  if (rowsToLast === 0) {
    throw fileFailure(
      'INVALID_FILE',
      { file, line: 1 },
      'the file has a header and no rows. Upload it with its rows.',
    );
  }

  const options = [
    'auto_detect = false',
    'header = false',
    'skip = 1',
    `delim = ${literal(delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    'null_padding = false',
    // Strict mode refuses mixed line ends, which the check above has found to be harmless.
    `strict_mode = ${!scanner.mixedLineEnds}`,
    // Only one reader can know whether it is inside quotes.
    `parallel = ${!scanner.quotedLineEnds && !scanner.mixedLineEnds}`,
    `max_line_size = ${limits.maxLineBytes + 1024}`,
    // Sixteen times the longest line by default, for each of several buffers.
    `buffer_size = ${4 * (limits.maxLineBytes + 1024)}`,
    `columns = {${names.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ')}}`,
  ];
  return {
    delimiter,
    columns: names.map((name) => ({ name, strings: false })),
    rows: rowsToLast,
    sql: `(SELECT * FROM read_csv(${literal(path)}, ${options.join(', ')}) LIMIT ${rowsToLast})`,
    lineOf: (row) => lineOfRow(source, delimiter, limits, names.length, row),
  };
}

function raggedRecord(header: string[], fields: number, line: number, delimiter: string, file: string) {
  const names: Record<string, string> = { ',': 'comma', '\t': 'tab', ';': 'semicolon', '|': 'bar' };
  if (header.length === 1 && header[0]!.split(delimiter).length === fields) {
    return fileFailure(
      'INVALID_FILE',
      { file, line: 1 },
      `the whole header line is quoted as one field, while line ${line} has ${fields}. Remove the quotes around the header line.`,
    );
  }
  return fileFailure(
    'INVALID_FILE',
    { file, line },
    `the row has ${fields} ${fields === 1 ? 'field' : 'fields'}, the header ${header.length}. ` +
      `Add or remove fields; quote a text that contains a ${names[delimiter]}.`,
  );
}

/** Follows the file again, which only a failure to be reported asks for. */
async function lineOfRow(
  source: TextSource,
  delimiter: Delimiter,
  limits: IngestLimits,
  columns: number,
  row: number,
): Promise<number | undefined> {
  let records = -1;
  let found: number | undefined;
  const scanner = createCsvScanner({
    file: source.file,
    delimiter: delimiter.charCodeAt(0),
    maxLineBytes: limits.maxLineBytes,
    record(_fields, line, bytes) {
      if (bytes === 0 && columns > 1) return;
      if (records === row) found ??= line;
      records += 1;
    },
  });
  for await (const chunk of textChunks({ ...source, progress: undefined })) {
    scanner.push(chunk);
    if (found !== undefined) return found;
  }
  scanner.end();
  return found;
}
