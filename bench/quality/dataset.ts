import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ColumnKind } from '../../schema/messages/column.js';
import { Random } from '../../gpu-worker/compute/random.js';
import { ingestFile } from '../../gpu-worker/tables/ingest.js';
import { readParquet } from '../../gpu-worker/tables/parquet-reader.js';
import { rowsAt } from '../../gpu-worker/tables/rows.js';
import type { Table } from '../../gpu-worker/tables/table.js';

/** A table that generators are measured on. */
export interface Dataset {
  readonly name: string;
  readonly path: string;
  /** File of the rows that no generator sees; left out, a tenth of the table. */
  readonly testPath?: string;
  /** Column to predict, for the utility scores. */
  readonly target?: string;
  readonly kinds?: Readonly<Record<string, ColumnKind>>;
}

/** Codes that stand for things, as the published protocol takes them. */
const SHOPPERS_KINDS: Readonly<Record<string, ColumnKind>> = {
  OperatingSystems: 'CATEGORY',
  Browser: 'CATEGORY',
  Region: 'CATEGORY',
  TrafficType: 'CATEGORY',
};

/** The table that the repository ships. */
export const ONLINE_SHOPPERS: Dataset = {
  name: 'Online Shoppers',
  path: fileURLToPath(new URL('../../../examples/online-shoppers/online-shoppers.csv', import.meta.url)),
  target: 'Revenue',
  kinds: SHOPPERS_KINDS,
};

/** `FILE`, `FILE,target=COLUMN`, `TRAIN,test=FILE`, or all of them; the columns' kinds are found as an ingest finds them. */
export function datasetOf(text: string): Dataset {
  const [path = '', ...rest] = text.split(',');
  const given = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
  const [testPath, target] = [given.get('test'), given.get('target')];
  const shoppers = basename(path).includes('shoppers');
  return {
    name: given.get('name') ?? basename(path).replace(/\..*/, ''),
    path,
    ...(testPath !== undefined && { testPath }),
    ...((target ?? (shoppers ? 'Revenue' : undefined)) && { target: target ?? 'Revenue' }),
    ...(shoppers && { kinds: SHOPPERS_KINDS }),
  };
}

export interface Split {
  readonly train: Table;
  readonly test: Table;
}

/** Which rows are learnt from: nine tenths, the rest held out; or one half, the other one held out. */
export type Protocol = 'NINE_TENTHS' | 'HALVES';

/** Reads the dataset and splits it by a shuffle that is the same for all seeds. `folder` is for what that needs meanwhile. */
export async function splitDataset(dataset: Dataset, protocol: Protocol, folder: string): Promise<Split> {
  const all = await tableOf(dataset, dataset.path, folder);
  if (dataset.testPath !== undefined && protocol === 'NINE_TENTHS') {
    return { train: all, test: await tableOf(dataset, dataset.testPath, folder) };
  }
  const order = Random.seeded(0).derive(protocol).permutation(all.rows);
  const cut = Math.round(all.rows * (protocol === 'HALVES' ? 0.5 : 0.9));
  return { train: rowsAt(all, order.subarray(0, cut)), test: rowsAt(all, order.subarray(cut)) };
}

async function tableOf({ kinds = {} }: Dataset, path: string, folder: string): Promise<Table> {
  await mkdir(folder, { recursive: true });
  const { parquetPath, columns } = await ingestFile({
    path,
    fileName: basename(path),
    workFolder: folder,
    kinds,
    signal: new AbortController().signal,
    progress: () => {},
  });
  return readParquet(parquetPath, columns);
}
