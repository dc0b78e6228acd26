import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Runs `work` while this process alone holds `path`, a file with its pid. Waits for another holder that lives; takes
 * over from one that died.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileLocked(path, work) {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) await new Promise((done) => setTimeout(done, 100));
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

/** @param {string} path */
async function take(path) {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const text = await readFile(path, 'utf8').catch(() => '');
  const holder = Number(text);
  if (text !== '' && !isAlive(holder)) {
    // Renaming lets just one of several waiters take the dead holder's file away. It may have been renewed between the
    // reading and the renaming: then it is given back.
    const aside = `${path}.${process.pid}`;
    const moved = await rename(path, aside).then(
      () => true,
      () => false,
    );
    if (moved && (await readFile(aside, 'utf8')) !== text) await rename(aside, path);
    else if (moved) await unlink(aside);
  }
  return false;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
