import { link, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOf } from './process-table.js';

/**
 * Makes this process the only one that runs a server in the folder, until the returned function is called or the process
 * ends, however it ends. Throws when another live process has the folder.
 */
export async function claim(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'owner');
  const self = `${process.pid} ${(await startOf(process.pid)) ?? ''}`;
  await mkdir(folder, { recursive: true }).catch(explain(folder));
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, self).catch(explain(folder));
  try {
    for (;;) {
      // A link appears with its content, so that nobody reads an owner that isn't written yet.
      const isOurs = await link(draft, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      if (isOurs) return () => rm(path, { force: true });
      const owner = await readFile(path, 'utf8').catch(() => undefined);
      if (owner === undefined) continue;
      const [pid, start] = owner.split(' ');
      if (start === (await startOf(Number(pid)))) {
        throw new Error(
          `Another Synthcart (process ${pid}) uses ${folder}: stop it first, or choose another folder.`,
        );
      }
      // Taken away by renaming, so that of two that see a dead owner one succeeds.
      const aside = `${draft}.dead`;
      await rename(path, aside).catch(() => undefined);
      if ((await readFile(aside, 'utf8').catch(() => owner)) !== owner) await rename(aside, path);
      else await rm(aside, { force: true });
    }
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

function explain(folder: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
    throw new Error(
      `${folder} can't be written to: it belongs to another user. Start Synthcart as that user, or choose another folder.`,
    );
  };
}
