import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { csvField, numberCellText } from './cell-text.js';
import { isNumeric, type Column, type Table } from './table.js';
import type { TableSink } from './table-writer.js';

/** Rows joined into one write: large enough to be quick, small enough to keep memory flat. */
const ROWS_PER_WRITE = 4096;

/**
 * Writes RFC 4180 with a header line and `\n` line ends, UTF-8 without byte-order mark; a missing cell is empty. The
 * file appears under `path` only on `close`.
 */
export function createCsvSink(path: string, columns: readonly ColumnSchema[]): TableSink {
  const partial = `${path}.partial`;
  const stream = createWriteStream(partial);
  // The error surfaces in `put` and `close`; without a listener it would end the process before that.
  let failure: Error | undefined;
  stream.on('error', (error) => (failure = error));
  // In a table of one column an empty line would read as no row at all.
  const missing = columns.length === 1 ? '""' : '';

  async function put(text: string): Promise<void> {
    if (failure) throw failure;
    if (!stream.write(text)) await once(stream, 'drain');
  }

  let header: string | undefined = `${columns.map((column) => csvField(column.name)).join(',')}\n`;

  return {
    async write(chunk: Table) {
      if (header) await put(header);
      header = undefined;
      const texts = chunk.columns.map((column) => cellTexts(column, missing));
      for (let start = 0; start < chunk.rows; start += ROWS_PER_WRITE) {
        const end = Math.min(start + ROWS_PER_WRITE, chunk.rows);
        let text = '';
        for (let row = start; row < end; row += 1) {
          for (let index = 0; index < texts.length; index += 1)
            text += (index ? ',' : '') + texts[index]!(row);
          text += '\n';
        }
        await put(text);
      }
    },
    async close() {
      if (header) await put(header);
      stream.end();
      await finished(stream);
      await rename(partial, path);
    },
    async abort() {
      if (!stream.closed) {
        stream.destroy();
        await finished(stream).catch(() => undefined);
      }
      await rm(partial, { force: true });
    },
  };
}

/** The field of each row of a column, quoted where needed; distinct categories are spelled once. */
function cellTexts(column: Column, missing: string): (row: number) => string {
  if (isNumeric(column)) {
    const { schema, values } = column;
    return (row) => csvField(numberCellText(values[row]!, schema)) || missing;
  }
  // An empty string that isn't missing is told apart by its quotes.
  const fields = column.categories.map((category) => csvField(category) || '""');
  return (row) => fields[column.codes[row]!] ?? missing;
}
