import { readFile, writeFile } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { PROJECT_ROOT } from '../platform/project-root.js';
import { buildApiSchema } from './schema.js';

/** The API as text, always in the same order. */
export function schemaText(): string {
  return `${printSchema(lexicographicSortSchema(buildApiSchema(new Map())))}\n`;
}

/** Writes `schema/schema.graphql`; with `--check` it only compares, and exits with 1 when the file is stale. */
async function main(): Promise<void> {
  const path = join(PROJECT_ROOT, 'schema', 'schema.graphql');
  const text = schemaText();
  if (!process.argv.includes('--check')) return writeFile(path, text);
  const committed = await readFile(path, 'utf8').catch(() => '');
  if (committed === text) return;
  process.stderr.write('schema/schema.graphql is stale. Run `npm run schema` and commit what it writes.\n');
  process.exitCode = 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
