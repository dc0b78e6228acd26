import { DuckDBInstance, type DuckDBConnection, type Json } from '@duckdb/node-api';

export interface DuckDbOptions {
  /** Database file, or memory when left out. */
  readonly file?: string;
  /** One thread also makes the bytes of written files repeatable. */
  readonly threads: number;
  readonly memoryBytes: number;
  /** Folder that data beyond `memoryBytes` spills to; it is removed by whoever made it. */
  readonly spillFolder: string;
  /** The only files that statements may read. */
  readonly readable: readonly string[];
  /** The only folders in which statements may read and write. */
  readonly folders?: readonly string[];
}

export interface DuckDb {
  readonly connection: DuckDBConnection;
  /** All rows of a query, cells as DuckDB's JSON: 64-bit integers are strings, the rest as expected. */
  rows(sql: string): Promise<Json[][]>;
  close(): void;
}

export const MEBIBYTE = 1024 * 1024;

/**
 * Opens DuckDB shut off from the network (no extension is ever fetched) and from every file but those named. Statements
 * can't loosen that: the configuration is locked.
 */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(options.file ?? ':memory:', {
    threads: String(options.threads),
    memory_limit: `${Math.ceil(options.memoryBytes / MEBIBYTE)}MiB`,
    temp_directory: options.spillFolder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
  });
  let connection: DuckDBConnection;
  try {
    connection = await instance.connect();
    await connection.run(`SET allowed_paths = [${options.readable.map(literal).join(', ')}]`);
    const folders = (options.folders ?? []).map((folder) => literal(`${folder}/`));
    await connection.run(`SET allowed_directories = [${folders.join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
  } catch (error) {
    instance.closeSync();
    throw error;
  }
  return {
    connection,
    async rows(sql) {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowsJson();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** `text` as an SQL string. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `name` as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
