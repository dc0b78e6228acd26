import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type ColumnType,
} from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';

/** OIDs of PostgreSQL's internal "char", which its catalogue uses and the adapter (7.10) doesn't know, and of its array. */
const CHAR = 18;
const CHAR_ARRAY = 1002;

const EVERYTHING = { externalTables: [], externalEnums: [] };

/**
 * What would have to be done to the database to make it what the schema says, as SQL; empty when nothing. By Prisma's
 * own schema engine, so it compares what Prisma knows of: tables, columns, types, defaults, keys, indexes, enums. For
 * tests: the engine is a development dependency, and its calls aren't documented.
 */
export async function schemaDifference(databaseUrl: string, schema: string): Promise<string> {
  const adapter = new PrismaPg({ connectionString: databaseUrl });
  await (prepared ??= Promise.all([startEngine(), teachInternalChar(adapter)]));
  const schemaEngine = await engine.SchemaEngine.new(
    { datamodels: undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
  const files = [{ path: 'schema.prisma', content: schema }];
  // The data source is where the adapter leads, whatever the schema says.
  const { stdout } = await schemaEngine.diff({
    from: { tag: 'schemaDatasource', files, configDir: '/' },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    shadowDatabaseUrl: null,
    filters: EVERYTHING,
  } as Parameters<typeof schemaEngine.diff>[0]);
  const script = stdout ?? '';
  return script.includes('This is an empty migration') ? '' : script.trim();
}

/** Node has it; the libraries that tsconfig.json names don't declare it. */
declare const WebAssembly: {
  instantiate(bytes: Buffer, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let prepared: Promise<unknown> | undefined;

/** The package's own entry imports its .wasm as a module, which Node does only behind a flag. */
async function startEngine(): Promise<void> {
  const path = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    .replace(/\.js$/, '.wasm');
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) },
  });
  const { instance } = await WebAssembly.instantiate(await readFile(path), {
    './schema_engine_bg.js': engine,
  });
  (engine as unknown as { __wbg_set_wasm(exports: object): void }).__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as (() => void) | undefined)?.();
}

interface Connection {
  performIO: (this: Connection, query: unknown) => Promise<{ fields?: { dataTypeID: number }[] }>;
  queryRaw: (this: Connection, query: unknown) => Promise<{ columnTypes: ColumnType[] }>;
}

/** Passes "char" through as the array that the adapter knows, and names it a character at the other side. */
async function teachInternalChar(adapter: PrismaPg): Promise<void> {
  const connection = await adapter.connect();
  let prototype = connection as unknown as Connection;
  while (!Object.hasOwn(prototype, 'performIO')) prototype = Object.getPrototypeOf(prototype) as Connection;
  const { performIO, queryRaw } = prototype;
  prototype.performIO = async function (this: Connection, query) {
    const result = await performIO.call(this, query);
    for (const field of result.fields ?? []) if (field.dataTypeID === CHAR) field.dataTypeID = CHAR_ARRAY;
    return result;
  };
  prototype.queryRaw = async function (this: Connection, query) {
    const result = await queryRaw.call(this, query);
    const { Character, CharacterArray } = ColumnTypeEnum;
    return {
      ...result,
      columnTypes: result.columnTypes.map((type) => (type === CharacterArray ? Character : type)),
    };
  };
  await connection.dispose();
}
