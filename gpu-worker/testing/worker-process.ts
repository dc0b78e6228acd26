import { execFile, fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = process.cwd();

/** Compiles what isn't compiled yet: a worker and its children are processes of plain Node. */
export async function compile(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root });
}

/** A worker as it runs in production, with its log kept. */
export class WorkerProcess {
  log = '';
  readonly #logged = new EventEmitter();

  private constructor(
    readonly process: ChildProcess,
    readonly workFolder: string,
  ) {}

  static async start(environment: {
    NATS_URL: string;
    POOL: string;
    WORK_FOLDER: string;
    [name: string]: string;
  }): Promise<WorkerProcess> {
    const child = fork(join(root, 'dist', 'gpu-worker', 'main.js'), [], {
      env: { PATH: process.env['PATH'], ENGINE: 'tfjs-cpu', LOG_LEVEL: 'debug', ...environment },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const worker = new WorkerProcess(child, environment.WORK_FOLDER);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        worker.log += text;
        worker.#logged.emit('line');
      });
    }
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error(`the worker stopped: ${worker.log}`))),
    ]);
    return worker;
  }

  /** Resolves once the log has that text: it comes through a pipe, after what it tells of. */
  async hasLogged(text: string): Promise<void> {
    while (!this.log.includes(text)) await once(this.#logged, 'line');
  }

  /** Folders of attempts that this worker has on its disk. */
  async attemptFolders(): Promise<string[]> {
    const folders = await readdir(this.workFolder);
    const own = folders.filter((name) => name.endsWith(`.${this.process.pid}`));
    return (
      await Promise.all(own.map((name) => readdir(join(this.workFolder, name)).catch(() => [])))
    ).flat();
  }

  /** Process ids of the children that work for it. */
  async children(): Promise<number[]> {
    const { pid } = this.process;
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await once(this.process, 'exit');
  }
}
