import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserFailure } from './failure.js';
import type { EngineInfo } from './worker.js';

const PATH = fileURLToPath(import.meta.url);
const LIMIT_MILLISECONDS = 120_000;

type Answer = { engine: EngineInfo } | { unavailable: string };

/**
 * Which engine runs here. Found by starting it in a process of its own that ends at once, so that the worker itself
 * never holds a GPU or a tensor library. Throws UserFailure ENGINE_UNAVAILABLE when none starts, or the forced one.
 */
export function probeEngine(forced: string | undefined, threads: number): Promise<EngineInfo> {
  return new Promise((resolve, reject) => {
    const child = fork(PATH, ['probe', forced ?? '', String(threads)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: LIMIT_MILLISECONDS,
      killSignal: 'SIGKILL',
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2_000)));
    child.once('message', (message) => {
      const answer = message as Answer;
      if ('engine' in answer) resolve(answer.engine);
      else reject(new UserFailure('ENGINE_UNAVAILABLE', answer.unavailable));
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      reject(new Error(`the engine's probe ended with ${signal ?? `code ${code}`}: ${stderr}`)),
    );
  });
}

if (process.argv[1] === PATH && process.argv[2] === 'probe') {
  const { startEngine } = await import('./compute/engine.js');
  let answer: Answer;
  try {
    const [forced, threads] = process.argv.slice(3);
    const { name, device, version } = await startEngine({ forced, threads: Number(threads) });
    answer = { engine: { name, device, version } };
  } catch (error) {
    if (!(error instanceof UserFailure)) throw error;
    answer = { unavailable: error.message };
  }
  process.send?.(answer, () => process.exit(0));
}
