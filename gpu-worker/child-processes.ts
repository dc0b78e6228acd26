import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerConfig } from './config.js';

const ENTRY = fileURLToPath(new URL('child.js', import.meta.url));
/** Of the memory limit; the rest is for tensors and files, which lie outside of JavaScript's heap. */
const HEAP_SHARE = 0.75;

/** Processes for runs. One is kept started ahead of need, since a start takes longer than a short run. */
export class ChildProcesses {
  readonly #config: WorkerConfig;
  #spare: ChildProcess | undefined;
  #closed = false;

  constructor(config: WorkerConfig) {
    this.#config = config;
    this.#prepare();
  }

  /** A process that has done nothing yet, and is the caller's from now on. */
  take(): ChildProcess {
    const child = this.#spare ?? this.#fork();
    child.removeAllListeners();
    this.#spare = undefined;
    this.#prepare();
    return child;
  }

  close(): void {
    this.#closed = true;
    this.#spare?.kill('SIGKILL');
  }

  #prepare(): void {
    if (this.#closed) return;
    const child = this.#fork();
    const forget = (): void => {
      if (this.#spare === child) this.#spare = undefined;
    };
    child.once('exit', forget).once('error', forget);
    this.#spare = child;
  }

  #fork(): ChildProcess {
    const { memoryLimitBytes, threads } = this.#config;
    return fork(ENTRY, [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [`--max-old-space-size=${Math.floor((memoryLimitBytes * HEAP_SHARE) / 1024 ** 2)}`],
      env: {
        ...process.env,
        OMP_NUM_THREADS: String(threads),
        OMP_WAIT_POLICY: 'passive',
        TF_NUM_INTRAOP_THREADS: String(threads),
      },
    });
  }
}
