// Builds what runs: the Prisma client, then dist/ from the TypeScript sources, only what changed since the last time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const FOLDERS = ['schema', 'src', 'gpu-worker', 'client', 'prisma', 'bench', 'tests/platform'];

/** Brings the generated client and dist/ up to date. Throws when a source doesn't compile. */
export async function build() {
  await generatePrismaClient();
  await compile();
}

async function generatePrismaClient() {
  const schema = join(root, 'prisma/schema.prisma');
  const client = join(root, 'src/platform/prisma-client');
  const stamp = join(client, '.schema-sha256');
  const digest = createHash('sha256')
    .update(await readFile(schema))
    .digest('hex');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === digest) return;
  const done = spawnSync(
    process.execPath,
    [join(root, 'node_modules/prisma/build/index.js'), 'generate', '--schema', schema],
    {
      cwd: root,
      // Prisma fetches its native schema engine otherwise; generating needs none, so any program that exists will do.
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
      },
      encoding: 'utf8',
    },
  );
  if (done.status !== 0) throw new Error(`prisma generate failed:\n${done.stdout}\n${done.stderr}`);
  await writeFile(stamp, digest);
}

async function compile() {
  const { transformFile } = await import('@swc/core');
  const wanted = new Set();
  const failures = [];
  for (const folder of FOLDERS) {
    for (const source of await filesUnder(join(root, folder))) {
      const path = relative(root, source);
      const isTypeScript = path.endsWith('.ts');
      if (
        isTypeScript
          ? path.endsWith('.test.ts') || path.endsWith('.d.ts')
          : !/\.(json|html|css|svg)$/.test(path)
      )
        continue;
      const output = join(dist, isTypeScript ? path.replace(/\.ts$/, '.js') : path);
      wanted.add(output);
      if (isTypeScript) wanted.add(`${output}.map`);
      if (!(await isNewer(source, output))) continue;
      await mkdir(dirname(output), { recursive: true });
      if (!isTypeScript) {
        await writeFile(output, await readFile(source));
        continue;
      }
      try {
        const { code, map } = await transformFile(source, {
          configFile: join(root, '.swcrc'),
          cwd: root,
          sourceFileName: relative(dirname(output), source),
        });
        await writeFile(`${output}.map`, map ?? '');
        await writeFile(
          output,
          `${code}\n//# sourceMappingURL=${output.slice(output.lastIndexOf('/') + 1)}.map\n`,
        );
      } catch (error) {
        failures.push(`${path}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  if (failures.length) throw new Error(failures.join('\n\n'));
  for (const file of await filesUnder(dist)) if (!wanted.has(file)) await rm(file);
}

async function isNewer(source, output) {
  try {
    return (await stat(source)).mtimeMs > (await stat(output)).mtimeMs;
  } catch {
    return true;
  }
}

async function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
