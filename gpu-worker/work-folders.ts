import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * `worker.<host>.<pid>`: names its owner, so that what a killed worker left can be told from what a living one uses,
 * also on a disk that several hosts share.
 */
const NAME = /^worker\.(.+)\.(\d+)$/;

/** Makes this process's own folder, empty, and removes the folders of workers of this host that are gone. */
export async function openWorkFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) {
    const [, host, pid] = NAME.exec(name) ?? [];
    if (host === hostname() && !isOtherProcess(Number(pid))) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
  const own = join(root, `worker.${hostname()}.${process.pid}`);
  await mkdir(own);
  return own;
}

export async function removeFolder(folder: string): Promise<void> {
  // A killed child may be in the middle of making a file: try again while something appears.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** In a container each worker has the same pid as the one before it: what bears our own was left by such a one. */
function isOtherProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
