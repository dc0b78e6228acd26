import { fileFailure } from './file-failure.js';

export interface CsvScannerOptions {
  readonly file: string;
  /** Byte between fields. */
  readonly delimiter: number;
  readonly maxLineBytes: number;
  /** Called for each record with its physical line; a blank line has no bytes. */
  record(fields: number, line: number, bytes: number): void;
}

export interface CsvScanner {
  push(chunk: Uint8Array): void;
  /** Takes the last record when no line end follows it. */
  end(): void;
  /** A field holds a line end between quotes. */
  readonly quotedLineEnds: boolean;
  /** Lines end in more than one of the three ways. */
  readonly mixedLineEnds: boolean;
}

const QUOTE = 34;
const LF = 10;
const CR = 13;
const SPACE = 32;

/** Where in a record the scanner is. */
const FIELD_START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
/** After a quote inside a quoted field: its end, or the first half of a doubled quote. */
const QUOTE_SEEN = 3;

/**
 * Follows RFC 4180 over UTF-8 bytes and tells each record's fields and physical line, in constant memory. Two things
 * are taken as everybody means them: a quote inside an unquoted field is an ordinary character, and spaces around a
 * quoted field are ignored. Throws INVALID_FILE where a quote is never closed or text follows a closing quote, and
 * LIMIT_EXCEEDED for a record of more than `maxLineBytes`.
 *
 * DuckDB's own errors count records as lines, which is wrong after a quoted line end: hence this check before it reads.
 */
export function createCsvScanner({ file, delimiter, maxLineBytes, record }: CsvScannerOptions): CsvScanner {
  let state = FIELD_START;
  let line = 1;
  let recordLine = 1;
  let quoteLine = 1;
  let fields = 1;
  let recordBytes = 0;
  let afterCr = false;
  let quotedLineEnds = false;
  const lineEnds = new Set<'\n' | '\r' | '\r\n'>();

  function endRecord(): void {
    record(fields, recordLine, recordBytes);
    state = FIELD_START;
    fields = 1;
    recordBytes = 0;
    recordLine = line;
  }

  function tooLong() {
    return state === QUOTED
      ? unclosedQuote()
      : fileFailure(
          'LIMIT_EXCEEDED',
          { file, line: recordLine },
          `the record is longer than ${maxLineBytes.toLocaleString('en')} bytes. Check that its line end is there.`,
        );
  }

  function unclosedQuote() {
    return fileFailure(
      'INVALID_FILE',
      { file, line: quoteLine },
      'a quote (") opens on this line and is never closed. Close it, or double it if it belongs to the text.',
    );
  }

  function push(chunk: Uint8Array): void {
    const { length } = chunk;
    let at = 0;
    while (at < length) {
      const byte = chunk[at]!;
      if (afterCr) {
        afterCr = false;
        if (byte === LF) {
          if (state === QUOTED) recordBytes += 1;
          else lineEnds.add('\r\n');
          at += 1;
          continue;
        }
        if (state !== QUOTED) lineEnds.add('\r');
      }
      if (state === QUOTED) {
        const start = at;
        while (at < length) {
          const inner = chunk[at]!;
          if (inner === QUOTE || inner === LF || inner === CR) break;
          at += 1;
        }
        recordBytes += at - start;
        if (at < length) {
          const inner = chunk[at]!;
          recordBytes += 1;
          at += 1;
          if (inner === QUOTE) state = QUOTE_SEEN;
          else {
            quotedLineEnds = true;
            line += 1;
            afterCr = inner === CR;
          }
        }
        if (recordBytes > maxLineBytes) throw tooLong();
        continue;
      }
      if (byte === LF || byte === CR) {
        line += 1;
        if (byte === CR) afterCr = true;
        else lineEnds.add('\n');
        endRecord();
        at += 1;
        continue;
      }
      if (byte === delimiter) {
        fields += 1;
        recordBytes += 1;
        state = FIELD_START;
        at += 1;
        continue;
      }
      switch (state) {
        case FIELD_START:
          if (byte === QUOTE) {
            state = QUOTED;
            quoteLine = line;
          } else if (byte !== SPACE) state = UNQUOTED;
          recordBytes += 1;
          at += 1;
          break;
        case UNQUOTED: {
          const start = at;
          while (at < length) {
            const inner = chunk[at]!;
            if (inner === delimiter || inner === LF || inner === CR) break;
            at += 1;
          }
          recordBytes += at - start;
          if (recordBytes > maxLineBytes) throw tooLong();
          break;
        }
        default:
          if (byte === QUOTE) state = QUOTED;
          else if (byte !== SPACE) {
            throw fileFailure(
              'INVALID_FILE',
              { file, line: quoteLine },
              `the quoted text that opens on this line is followed by "${String.fromCharCode(byte)}"` +
                `${line === quoteLine ? '' : ` on line ${line}`} instead of a delimiter. ` +
                'Double each quote inside quoted text, or close the quote where it belongs.',
            );
          }
          recordBytes += 1;
          at += 1;
      }
    }
  }

  return {
    push,
    end() {
      if (state === QUOTED) throw unclosedQuote();
      if (afterCr) lineEnds.add('\r');
      if (recordBytes > 0) endRecord();
    },
    get quotedLineEnds() {
      return quotedLineEnds;
    },
    get mixedLineEnds() {
      return lineEnds.size > 1;
    },
  };
}

/** The fields of one whole record, unquoted and without spaces around them. */
export function recordFields(record: string, delimiter: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    while (record[at] === ' ' && delimiter !== ' ') at += 1;
    let text = '';
    if (record[at] === '"') {
      at += 1;
      for (;;) {
        const quote = record.indexOf('"', at);
        if (quote < 0) {
          text += record.slice(at);
          at = record.length;
          break;
        }
        text += record.slice(at, quote);
        at = quote + 1;
        if (record[at] !== '"') break;
        text += '"';
        at += 1;
      }
      const next = record.indexOf(delimiter, at);
      at = next < 0 ? record.length : next;
    } else {
      const next = record.indexOf(delimiter, at);
      const end = next < 0 ? record.length : next;
      text = record.slice(at, end);
      at = end;
    }
    fields.push(text.trim());
    if (at >= record.length) return fields;
    at += delimiter.length;
  }
}
