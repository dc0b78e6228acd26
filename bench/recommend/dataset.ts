import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { rolesOf } from '../../gpu-worker/events/roles.js';
import { catalogueOf, type Catalogue } from '../../gpu-worker/recommenders/features/catalogue.js';
import {
  interactionsOfSequences,
  type Interactions,
} from '../../gpu-worker/recommenders/interactions/interactions.js';
import { interactionsOfLog } from '../../gpu-worker/recommenders/interactions/log-interactions.js';
import { ingestFile } from '../../gpu-worker/tables/ingest.js';
import { readParquet } from '../../gpu-worker/tables/parquet-reader.js';
import { rowsAt } from '../../gpu-worker/tables/rows.js';
import { columnOf, isNumeric, type Table } from '../../gpu-worker/tables/table.js';

/** Behaviour that recommenders are measured on. */
export interface Dataset {
  readonly name: string;
  readonly path: string;
  /** Column of an event log; rows where it isn't above 0, such as returns, are no interaction. */
  readonly positive?: string;
  /** Columns of an event log that say what its items are like. */
  readonly price?: string;
  readonly category?: string;
  readonly text?: string;
}

/**
 * `FILE[,name=TEXT][,positive=COLUMN][,price=COLUMN][,category=COLUMN][,text=COLUMN]`. A `.txt` or `.txt.gz` has a user's sequence a line: the user, then items in order of time,
 * with spaces between. Anything else is an event log, whose columns are found by their names.
 */
export function datasetOf(text: string): Dataset {
  const [path = '', ...rest] = text.split(',');
  const given = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
  const columns = ['positive', 'price', 'category', 'text'].flatMap((option) => {
    const column = given.get(option);
    return column === undefined ? [] : [[option, column] as const];
  });
  return {
    name: given.get('name') ?? basename(path).replace(/\..*/, ''),
    path,
    ...Object.fromEntries(columns),
  };
}

/** `folder` is for what reading needs meanwhile. */
export async function dataIn(
  dataset: Dataset,
  folder: string,
): Promise<{ readonly interactions: Interactions; readonly catalogue?: Catalogue }> {
  if (/\.txt(\.gz)?$/.test(dataset.path))
    return { interactions: interactionsOfSequences(await sequencesIn(dataset.path)) };
  await mkdir(folder, { recursive: true });
  const { parquetPath, columns } = await ingestFile({
    path: dataset.path,
    fileName: basename(dataset.path),
    workFolder: folder,
    kinds: {},
    signal: new AbortController().signal,
    progress: () => {},
  });
  const table = withPositive(await readParquet(parquetPath, columns), dataset.positive);
  const roles = rolesOf(columns, {});
  const { price, category, text } = dataset;
  const isDescribed = price !== undefined || category !== undefined || text !== undefined;
  return {
    interactions: interactionsOfLog(table, roles).interactions,
    ...(isDescribed && { catalogue: catalogueOf(table, { item: roles.item, price, category, text }) }),
  };
}

async function sequencesIn(path: string): Promise<[string, string[]][]> {
  const file = createReadStream(path);
  const lines = createInterface({ input: path.endsWith('.gz') ? file.pipe(createGunzip()) : file });
  const sequences: [string, string[]][] = [];
  for await (const line of lines) {
    const [user, ...items] = line.trim().split(/\s+/);
    if (user) sequences.push([user, items]);
  }
  return sequences;
}

function withPositive(table: Table, name: string | undefined): Table {
  if (name === undefined) return table;
  const column = columnOf(table, name);
  if (!isNumeric(column)) throw new Error(`the column "${name}" of the option positive isn't numeric`);
  return rowsAt(
    table,
    Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => column.values[row]! > 0),
  );
}
