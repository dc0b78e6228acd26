import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Losses } from './models/model.js';

/** What a process that runs training steps says when it may begin. */
export interface Ready {
  readonly version: string;
  /** What it computes on or with, for people. */
  readonly device: string;
  /** Starting the engine, and making a program of the step; PyTorch does neither. */
  readonly startMs?: number;
  readonly compileMs?: number;
}

export interface Turn {
  /** Milliseconds, a number a step. */
  readonly times: readonly number[];
  /** Processor time of all threads and all steps, in milliseconds. */
  readonly cpuMs: number;
  readonly losses: readonly Losses[];
}

/** A process that runs steps when it is told to, and waits without computing otherwise. */
export interface Contender {
  readonly name: string;
  readonly ready: Ready;
  run(steps: number): Promise<Turn>;
  /** The most memory that it has held so far, in MiB. */
  peakMiB(): Promise<number>;
  stop(): Promise<void>;
}

interface Answer extends Partial<Turn> {
  readonly ready?: Ready;
  readonly peakMiB?: number;
  readonly error?: string;
}

/** Throws an Error with what the process said when it can't run the model. */
export async function startContender(
  name: string,
  command: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
): Promise<Contender> {
  const [program, ...args] = command;
  const child = spawn(program, args, { env: environment });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ask = conversation(child);
  const { ready } = await ask();
  if (!ready) throw new Error(`${name} isn't ready`);
  return {
    name,
    ready,
    run: async (steps) => {
      const { times = [], cpuMs = NaN, losses = [] } = await ask({ steps });
      return { times, cpuMs, losses };
    },
    peakMiB: async () => (await ask({ memory: true })).peakMiB ?? NaN,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** Lines of JSON: each question gets one answer; without a question it is the first answer. */
function conversation(child: ChildProcessWithoutNullStreams): (question?: object) => Promise<Answer> {
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  let settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    // Libraries print greetings.
    if (!line.startsWith('{')) return;
    const answer = JSON.parse(line) as Answer;
    if (answer.error !== undefined) settle?.reject(new Error(answer.error));
    else settle?.resolve(answer);
  });
  child.once('error', (error) => settle?.reject(error));
  child.once('close', () =>
    settle?.reject(new Error(errors.join('').trim().split('\n').at(-1) || 'it ended')),
  );
  return (question) =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      if (question) child.stdin.write(`${JSON.stringify(question)}\n`);
    });
}
