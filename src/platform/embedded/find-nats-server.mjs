// Plain JavaScript, since the set-up script looks for the server before anything is compiled.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian installs to /usr/sbin, which ordinary users don't have on their PATH. */
const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Where set-up puts a server that it unpacks for this project alone. */
export const OWN_FOLDER = join('.synthcart', 'tools');

/**
 * @param {string} projectRoot
 * @returns {string | undefined} path of a nats-server that may be executed
 */
export function findNatsServer(projectRoot) {
  const name = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...onPath, ...USUAL_FOLDERS, join(projectRoot, OWN_FOLDER)]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
