import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, rename, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isGoneWithin, sendSignal } from './process-table.js';

/** What is run, and how one sees and ends it. */
export interface ServerProgram {
  /** For people: 'PostgreSQL'. */
  name: string;
  program: string;
  arguments: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** Another user to run as; root alone may ask for one. */
  user: { uid: number; gid: number } | undefined;
  /** Gets what the server prints. */
  logPath: string;
  /** Resolves when the server answers, rejects as long as it doesn't. */
  probe(): Promise<void>;
  /** In rising order of force; the last one can't fail. */
  stopSignals: readonly NodeJS.Signals[];
}

const READY_MILLISECONDS = 60_000;
const PROBE_AGAIN_MILLISECONDS = 25;
const STOP_MILLISECONDS = 20_000;
const MAX_LOG_BYTES = 10 * 1024 ** 2;
const MAX_RESTART_MILLISECONDS = 10_000;

/** A server that ended before it answered. */
export class ServerEnded extends Error {}

/**
 * A server that runs as long as this process wants it to: started again when it dies by itself, ended with this process
 * unless that is killed.
 */
export class ServerProcess {
  readonly #program: ServerProgram;
  readonly #log: Logger;
  #child: ChildProcess | undefined;
  #stopping = false;
  #deaths = 0;
  readonly #endWithProcess = () => {
    if (this.#child?.pid) sendSignal(this.#child.pid, this.#program.stopSignals[0] ?? 'SIGTERM');
  };

  private constructor(program: ServerProgram, log: Logger) {
    this.#program = program;
    this.#log = log;
  }

  /** @throws ServerEnded with the last lines of the server's log when it doesn't come up. */
  static async start(program: ServerProgram, log: Logger): Promise<ServerProcess> {
    const server = new ServerProcess(program, log);
    process.once('exit', server.#endWithProcess);
    try {
      await server.#run();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Resolves once the server has ended, with everything that it accepted on disk. */
  async stop(): Promise<void> {
    this.#stopping = true;
    process.removeListener('exit', this.#endWithProcess);
    const child = this.#child;
    if (!child?.pid || hasEnded(child)) return;
    const ended = once(child, 'exit');
    for (const signal of this.#program.stopSignals) {
      sendSignal(child.pid, signal);
      const timer = new AbortController();
      const waited = await Promise.race([
        ended.then(() => true),
        pause(STOP_MILLISECONDS, false, { signal: timer.signal }).catch(() => true),
      ]);
      timer.abort();
      if (waited) return;
      this.#log.warn({ signal }, `${this.#program.name} did not end in time`);
    }
  }

  async #run(): Promise<void> {
    const { name, program, environment, user, logPath } = this.#program;
    await trimLog(logPath);
    const log = await open(logPath, 'a');
    const logStart = (await log.stat()).size;
    const child = spawn(program, this.#program.arguments, {
      // Not the caller's folder, which another user might not be able to enter.
      cwd: '/',
      env: environment,
      stdio: ['ignore', log.fd, log.fd],
      // A process group of its own: Ctrl-C is for us, who end the servers in order.
      detached: true,
      ...user,
    });
    this.#child = child;
    child.unref();
    await once(child, 'spawn').finally(() => log.close());
    let isReady = false;
    child.once('exit', (code, signal) => {
      if (isReady) this.#restart(signal ?? `code ${code}`);
    });
    const end = Date.now() + READY_MILLISECONDS;
    for (;;) {
      try {
        await this.#program.probe();
        if (!hasEnded(child)) break;
      } catch (error) {
        if (!hasEnded(child) && Date.now() < end) {
          await pause(PROBE_AGAIN_MILLISECONDS);
          continue;
        }
        if (!hasEnded(child)) throw error;
      }
      throw new ServerEnded(
        `${name} did not start. Its log, ${logPath}, says:\n${await logSince(logPath, logStart)}`,
      );
    }
    isReady = true;
    this.#deaths = 0;
  }

  #restart(reason: string): void {
    if (this.#stopping) return;
    const wait = Math.min(MAX_RESTART_MILLISECONDS, 50 * 2 ** this.#deaths++);
    this.#log.error({ reason, waitMilliseconds: wait }, `${this.#program.name} died; starting it again`);
    const again = async () => {
      await pause(wait);
      if (this.#stopping) return;
      await this.#run();
      if (this.#stopping) await this.stop();
    };
    again().catch((error: unknown) => {
      this.#log.error({ err: error }, `${this.#program.name} did not come back`);
      this.#restart('no start');
    });
  }
}

/** Ends a server that an earlier platform left behind. */
export async function stopOrphan(
  pid: number,
  server: Pick<ServerProgram, 'name' | 'stopSignals'>,
  log: Logger,
): Promise<void> {
  log.warn({ pid }, `${server.name} of an earlier platform, which was killed, still runs; ending it`);
  for (const signal of server.stopSignals) {
    if (!sendSignal(pid, signal) || (await isGoneWithin(pid, STOP_MILLISECONDS))) return;
  }
  throw new Error(`${server.name} of an earlier platform (process ${pid}) can't be ended; end it by hand.`);
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function trimLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (info) => info.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(path, `${path}.1`);
}

async function logSince(path: string, start: number): Promise<string> {
  const log = await open(path, 'r');
  try {
    const { size } = await log.stat();
    const length = Math.min(size - start, 4096);
    const { buffer } = await log.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trim();
  } finally {
    await log.close();
  }
}
