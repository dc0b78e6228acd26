import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Unanswered } from '../../schema/messages/ranking-request.js';
import type { WorkerConfig } from '../config.js';
import type { FromServing, Question, ToServing } from './serving-messages.js';

const ENTRY = fileURLToPath(new URL('child.js', import.meta.url));

interface Waiting {
  readonly done: (reply: string) => void;
  readonly patience: NodeJS.Timeout;
}

/**
 * The one process of a worker that holds models and answers from them, so that neither loading nor ranking stands in
 * the way of lease renewals. Forked when it is first asked; when it dies, those who wait are told, and the next request
 * forks another.
 */
export class ServingProcess {
  readonly #config: Pick<WorkerConfig, 'modelCacheBytes' | 'memoryLimitBytes' | 'hangSeconds'>;
  readonly #log: Logger;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #lastId = 0;
  #closed = false;

  constructor(
    config: Pick<WorkerConfig, 'modelCacheBytes' | 'memoryLimitBytes' | 'hangSeconds'>,
    log: Logger,
  ) {
    this.#config = config;
    this.#log = log;
  }

  /** Request and reply are JSON. Resolves in any case: with FAILED when the process dies or hangs over it. */
  ask(question: Question, request: string): Promise<string> {
    if (this.#closed) return Promise.resolve(this.#failed('the worker stops'));
    this.#child ??= this.#fork();
    const child = this.#child;
    const id = ++this.#lastId;
    return new Promise((done) => {
      const patience = setTimeout(() => {
        this.#log.error({ request }, 'the process that serves hangs, and is killed');
        child.kill('SIGKILL');
      }, this.#config.hangSeconds * 1000);
      this.#waiting.set(id, { done, patience });
      const message: ToServing = { id, question, request };
      // A process that is about to be gone takes no message: its `exit` answers.
      child.send(message, () => undefined);
    });
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill('SIGKILL');
  }

  #fork(): ChildProcess {
    const { modelCacheBytes, memoryLimitBytes } = this.#config;
    const child = fork(ENTRY, [String(modelCacheBytes)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [`--max-old-space-size=${Math.floor(memoryLimitBytes / 1024 ** 2)}`],
    });
    child.on('message', ({ id, reply, incident }: FromServing) => {
      if (incident) this.#log.error({ incident }, 'an answer failed');
      this.#answer(id, reply);
    });
    const ended = (why: string): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const id of [...this.#waiting.keys()]) this.#answer(id, this.#failed(why));
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) =>
      ended(`the process that serves ended with ${signal ?? `code ${code}`}`),
    );
    return child;
  }

  #answer(id: number, reply: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.patience);
    waiting.done(reply);
  }

  #failed(why: string): string {
    const incidentId = randomUUID();
    this.#log.error({ incidentId, why }, 'a request got no answer');
    return JSON.stringify({ answer: 'FAILED', incidentId } satisfies Unanswered);
  }
}
