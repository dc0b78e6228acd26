// Makes a fresh check-out ready to run: packages, nats-server, Prisma client, dist/. Uses Node's own modules alone, since
// it runs before any package is there. Quiet when there is nothing to do. Usage: node scripts/setup.mjs
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { installNatsServer } from './install-nats-server.mjs';
import { installPackages } from './install-packages.mjs';
import { whileLocked } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const NODE = [20, 19];

/**
 * May be called by several processes at a time: one works, the others wait for it.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @throws {Error} that says what to install, or what went wrong
 */
export async function ensureReady({ log = console.log } = {}) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new Error(`Synthcart needs Node.js ${NODE.join('.')} or newer; this is ${process.version}.`);
  }
  await whileLocked(join(root, '.synthcart', 'setup.lock'), async () => {
    await installPackages(root, log);
    await installNatsServer(root, log);
    await build({ log });
  });
}

// Through realpath: the folder may have been reached by a symbolic link.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  ensureReady().catch((error) => {
    console.error(`Set-up: ${error.message}`);
    process.exit(1);
  });
}
