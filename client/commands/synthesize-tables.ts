import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import Table from 'cli-table3';
import { z } from 'zod';
import { relationText, type Relation } from '../../schema/messages/linked.js';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { fetchArtifacts, finish } from '../synthesize.js';
import { UnreadableList } from './object-list.js';

const EXAMPLE =
  '{"tables": {"users": "users.csv", "orders": "orders.csv"}, "relations": ["orders.user -> users.id"]}';

/** A relation as text: child table, its column, parent table, its column. */
const RELATION =
  /^\s*(?<childTable>\w+)\.(?<foreignKeyColumn>.+?)\s*->\s*(?<parentTable>\w+)\.(?<parentKeyColumn>.+?)\s*$/s;

/** What the file of a command line says; the platform checks what it means. */
const TablesFile = z.strictObject({
  /** File by table; a path is taken from the folder of this file. */
  tables: z.record(
    z.string(),
    z.union([z.string(), z.strictObject({ file: z.string(), key: z.string().optional() })]),
  ),
  relations: z.array(z.string().regex(RELATION, 'it must be such as "orders.user -> users.id"')),
});

interface Described {
  readonly tables: readonly { name: string; path: string; key: string | undefined }[];
  /** As the API's `RelationInput`. */
  readonly relations: readonly object[];
}

export interface TablesRequest {
  projectId: string;
  /** JSON: tables and relations. */
  file: string;
  scale?: number;
  orphans?: string;
  /** The generator's own options. */
  options: Record<string, number | string | boolean>;
  seed?: number;
  /** Folder for the tables, their reports and model cards, and the model. */
  out: string;
}

export interface SynthesizedTables {
  runId: string;
  rows: number;
  relations: operations.RelationScores[];
  files: string[];
}

/** Uploads tables that refer to each other, synthesizes all of them, and fetches what the run made. */
export async function synthesizeTables(
  connection: Connection,
  { projectId, file, scale, orphans, options, seed, out }: TablesRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<SynthesizedTables> {
  const described = await readTables(file);
  const tables: { name: string; datasetVersionId: string; key?: string }[] = [];
  for (const { name, path, key } of described.tables) {
    const uploaded = await uploadDataset(connection, { projectId, path, name: basename(path) });
    await finish(connection, uploaded.runId, observe(`Ingest ${name}`));
    tables.push({ name, datasetVersionId: uploaded.datasetVersionId, ...(key !== undefined && { key }) });
  }
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId,
      seed,
      synthesizeTables: {
        ...{ tables, relations: described.relations, scale, orphans },
        options: Object.keys(options).length > 0 ? options : undefined,
      },
    },
  });
  const { run } = await finish(connection, started.run.id, observe('Synthesize'));
  const kinds = ['SYNTHETIC_CSV', 'SYNTHETIC_PARQUET', 'REPORT', 'MODEL_CARD'];
  return {
    runId: run.id,
    rows: run.rows ?? 0,
    relations: run.artifacts.nodes.flatMap(({ report }) => report?.relations ?? []),
    files: await fetchArtifacts(run, kinds, out),
  };
}

async function readTables(path: string): Promise<Described> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UnreadableList(
      `The tables in ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const parsed = TablesFile.safeParse(content);
  if (parsed.success) {
    const tables = Object.entries(parsed.data.tables).map(([name, table]) => {
      const { file, key } = typeof table === 'string' ? { file: table, key: undefined } : table;
      return { name, path: resolve(dirname(path), file), key };
    });
    const missing = tables.find((table) => !existsSync(table.path));
    if (missing) throw new UnreadableList(`There is no file ${missing.path}, which ${path} names.`);
    return { tables, relations: parsed.data.relations.map((text) => ({ ...RELATION.exec(text)!.groups })) };
  }
  const [issue] = parsed.error.issues;
  const at = issue && issue.path.length > 0 ? ` (at ${issue.path.join('.')}: ${issue.message})` : '';
  throw new UnreadableList(`${path} must hold tables and relations such as ${EXAMPLE}${at}.`);
}

/** How the relations are kept, for a terminal. */
export function relationTable(relations: readonly operations.RelationScores[]): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const beside = (score: { value: number; reference: number } | null): string =>
    score ? `${percent(score.value)} (${percent(score.reference)})` : '–';
  const table = new Table({
    head: ['relation', 'integrity', 'rows per parent', 'trends', 'siblings'],
    style: { head: [], border: [] },
  });
  for (const { relation, integrity, cardinality, trend, siblings } of relations) {
    const text = relationText(relation satisfies Relation);
    table.push([text, percent(integrity), beside(cardinality), beside(trend), beside(siblings)]);
  }
  return `${table.toString()}\n100 % is the same as in the real tables; in brackets, one half of the real parents against the other.`;
}
