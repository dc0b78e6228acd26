import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, OWN_FOLDER } from '../src/platform/embedded/find-nats-server.mjs';
import { command } from './command.mjs';

/**
 * Sees to it that a nats-server can be started, unless NATS_URL names one that runs.
 *
 * @param {string} root
 * @param {(line: string) => void} log
 */
export async function installNatsServer(root, log) {
  if (process.env.NATS_URL || findNatsServer(root)) return;
  const reasons = [];
  for (const [name, way] of await waysToInstall(root)) {
    log(`Installing nats-server: ${name} …`);
    try {
      await way();
    } catch (error) {
      reasons.push(`${name}: ${error.message}`);
      continue;
    }
    const path = findNatsServer(root);
    if (path) return log(`Installed ${path}.`);
    reasons.push(`${name}: it ended well, but there is no nats-server on PATH or in the usual folders`);
  }
  throw new Error(
    [
      'nats-server is missing. Install it (Debian, Ubuntu: "sudo apt-get install nats-server"; macOS: "brew install nats-server";',
      'else the program of github.com/nats-io/nats-server, on your PATH), or set NATS_URL to a server that runs with JetStream.',
      ...reasons,
    ].join('\n'),
  );
}

/** @param {string} root @returns {Promise<[string, () => Promise<void>][]>} what can be tried here, best first */
async function waysToInstall(root) {
  /** @type {[string, () => Promise<void>][]} */
  const ways = [];
  if (await succeeds('apt-get', ['--version'])) {
    if (process.getuid?.() === 0) ways.push(['Debian package', () => aptInstall([])]);
    else if (await succeeds('sudo', ['-n', 'true']))
      ways.push(['Debian package', () => aptInstall(['sudo', '-n'])]);
    ways.push([`Debian package, unpacked to ${OWN_FOLDER}/`, () => aptUnpack(root)]);
  }
  if (await succeeds('brew', ['--version'])) {
    ways.push(['Homebrew', () => command('brew', ['install', 'nats-server']).then(() => undefined)]);
  }
  return ways;
}

/** @param {string[]} prefix what makes the command run as root */
async function aptInstall(prefix) {
  const apt = (/** @type {string[]} */ ...args) => {
    const [program, ...rest] = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-qq',
      // Another apt-get, of a machine that has just been started for example, is waited for.
      '-o',
      'DPkg::Lock::Timeout=180',
      ...args,
    ];
    return command(program, rest);
  };
  const install = () => apt('install', '-y', '--no-install-recommends', 'nats-server');
  try {
    await install();
  } catch {
    await apt('update');
    await install();
  }
}

/** For those who may not install packages: needs the lists of packages that the machine has, and no rights. */
async function aptUnpack(root) {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-nats-'));
  try {
    await command('apt-get', ['-qq', 'download', 'nats-server'], { cwd: folder });
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    await command('dpkg', ['-x', archive ?? '', 'unpacked'], { cwd: folder });
    const target = join(root, OWN_FOLDER);
    await mkdir(target, { recursive: true });
    await copyFile(join(folder, 'unpacked', 'usr', 'sbin', 'nats-server'), join(target, 'nats-server.new'));
    await chmod(join(target, 'nats-server.new'), 0o755);
    await rename(join(target, 'nats-server.new'), join(target, 'nats-server'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} program @param {string[]} args */
const succeeds = (program, args) =>
  command(program, args).then(
    () => true,
    () => false,
  );
