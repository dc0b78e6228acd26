import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of the bench or of the platform, with an IPC channel. */
export interface Child {
  readonly pid: number;
  /** The next message of that type. Rejects when the process ends first. */
  next<T extends { type: string }>(type: T['type']): Promise<T>;
  send(message: object): void;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  environment?: Record<string, string>;
  execArgv?: string[];
}

/** @param path of the compiled file, from this folder */
export function startChild(path: string, options: ChildOptions = {}): Child {
  const child = fork(fileURLToPath(new URL(path, import.meta.url)), {
    env: { ...process.env, ...options.environment },
    execArgv: options.execArgv ?? [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    pid: child.pid!,
    next: (type) => nextMessage(child, path, type),
    send: (message) => child.send(message),
    stop: (signal = 'SIGTERM') => stop(child, signal),
  };
}

function nextMessage<T extends { type: string }>(
  child: ChildProcess,
  path: string,
  type: T['type'],
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    // Processes of the platform say `{ ready: true }`.
    const onMessage = (message: T & { ready?: boolean }) => {
      if (message.type === type || (type === 'ready' && message.ready)) settle(() => resolve(message));
    };
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(new Error(`${path} ended: ${signal ?? `code ${code}`}`)));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}
