// Generates the Prisma client and compiles TypeScript to dist/, each only as far as its source has changed.
// Usage: node scripts/build.mjs [--emit-schema]
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.mjs';
import { whileLocked } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const folders = ['src', 'schema', 'gpu-worker', 'client', 'prisma', 'bench', 'tests'];
const assets = new Set(['.json', '.html', '.css', '.svg', '.js', '.mjs']);

/**
 * @param {{ emitSchema?: boolean, log?: (line: string) => void }} [options]
 * @throws an Error that names every file that doesn't compile; those that do are in dist/ then.
 */
export async function build({ emitSchema = false, log = console.log } = {}) {
  await whileLocked(join(root, 'node_modules', '.synthcart-build-lock'), async () => {
    await generatePrismaClient(log);
    await compile(log);
  });
  const emitter = join(dist, 'src', 'server', 'emit-schema.js');
  if (emitSchema && existsSync(emitter))
    await command(process.execPath, [emitter], { cwd: root, show: true });
}

/** @param {(line: string) => void} log */
async function generatePrismaClient(log) {
  const schemaPath = join(root, 'prisma', 'schema.prisma');
  const output = join(root, 'src', 'platform', 'prisma-client');
  const stamp = join(output, '.generated-from');
  const packagePath = join(root, 'node_modules', 'prisma', 'package.json');
  const from = hash(await readFile(schemaPath), await readFile(packagePath));
  if ((await readFile(stamp, 'utf8').catch(() => '')) === from) return;
  await command(
    process.execPath,
    [
      join(root, 'node_modules', 'prisma', 'build', 'index.js'),
      'generate',
      '--schema',
      schemaPath,
      '--no-hints',
    ],
    {
      cwd: root,
      // Generating needs no schema engine, but the command fetches one unless it is told that there is one.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    },
  );
  await writeFile(stamp, from);
  log('Generated the Prisma client.');
}

/** @param {(line: string) => void} log */
async function compile(log) {
  const recordPath = join(dist, '.build.json');
  const settings = hash(
    await readFile(join(root, '.swcrc')),
    await readFile(join(root, 'node_modules', '@swc', 'core', 'package.json')),
    await readFile(fileURLToPath(import.meta.url)),
  );
  const record = JSON.parse(await readFile(recordPath, 'utf8').catch(() => '{}'));
  /** @type {Record<string, string>} what each source looked like when it was compiled */
  const known = record.settings === settings ? record.sources : {};

  const sources = (await Promise.all(folders.map(sourcesIn))).flat();
  const failures = [];
  let compiled = 0;
  /** @type {Record<string, string>} */
  const current = {};
  await Promise.all(
    sources.map(async (source) => {
      const { mtimeMs, size } = await stat(join(root, source));
      const state = `${mtimeMs} ${size}`;
      if (known[source] !== state || !existsSync(join(dist, outputOf(source)))) {
        try {
          await emit(source);
          compiled++;
        } catch (error) {
          failures.push(`${source}\n${error.message ?? error}`);
          return;
        }
      }
      current[source] = state;
    }),
  );
  const removed = await removeOrphans(new Set(sources.map(outputOf)));
  await mkdir(dist, { recursive: true });
  await writeAtomically(recordPath, JSON.stringify({ settings, sources: current }));
  if (compiled + removed > 0)
    log(`Compiled ${compiled} files to dist/${removed > 0 ? `, removed ${removed}` : ''}.`);
  if (failures.length > 0) throw new Error(`These files don't compile:\n${failures.join('\n')}`);
}

/** @param {string} source */
async function emit(source) {
  const input = join(root, source);
  const output = join(dist, outputOf(source));
  await mkdir(dirname(output), { recursive: true });
  if (extname(source) !== '.ts') return copyFile(input, output);
  const swc = (await import('@swc/core')).default;
  const { code, map } = await swc.transformFile(input, {
    cwd: root,
    sourceFileName: relative(dirname(output), input),
  });
  const mapName = `${output}.map`;
  await writeAtomically(mapName, map ?? '');
  await writeAtomically(
    output,
    `${code}\n//# sourceMappingURL=${mapName.slice(dirname(output).length + 1)}\n`,
  );
}

/** A process that starts while dist/ is being built sees a file whole, old or new. */
async function writeAtomically(path, text) {
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, text);
  await rename(aside, path);
}

/** @param {string} folder @returns {Promise<string[]>} paths from the root */
async function sourcesIn(folder) {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}

/** @param {string} name */
function isSource(name) {
  if (name.endsWith('.ts')) return !name.endsWith('.test.ts') && !name.endsWith('.d.ts');
  return assets.has(extname(name));
}

/** @param {string} source */
const outputOf = (source) => source.replace(/\.ts$/, '.js');

/** @param {Set<string>} wanted paths in dist/ */
async function removeOrphans(wanted) {
  const entries = await readdir(dist, { withFileTypes: true, recursive: true }).catch(() => []);
  const orphans = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dist, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => path !== '.build.json' && !wanted.has(path.replace(/\.js\.map$/, '.js')));
  await Promise.all(orphans.map((path) => rm(join(dist, path), { force: true })));
  return orphans.filter((path) => !path.endsWith('.map')).length;
}

/** @param {...(string | Buffer)} parts */
function hash(...parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('hex');
}

// Through realpath: the folder may have been reached by a symbolic link.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  build({ emitSchema: process.argv.includes('--emit-schema') }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
