import { median } from '../report.js';
import type { Contender, Ready, Turn } from './contender.js';
import type { Losses } from './models/model.js';

export interface MeasureOptions {
  /** The contenders take turns this often. */
  readonly rounds: number;
  /** About how long a turn is. */
  readonly turnMs: number;
}

export interface Figures {
  readonly name: string;
  readonly ready: Ready;
  /** Milliseconds: the median of the rounds, of which each is the median of its steps. */
  readonly stepMs: number;
  /** Processor time of a step, the median of the rounds: what a step costs however busy the machine is. */
  readonly cpuMs: number;
  /** How many steps that is of. */
  readonly steps: number;
  readonly peakMiB: number;
  /** Those of the first steps. */
  readonly losses: readonly Losses[];
}

/** Losses are compared before the first step, after it, and after 20. */
export const COMPARED = [0, 1, 20];
/** An engine that takes longer than this for one step isn't asked for 20 of them. */
const SLOW_STEP_MS = 2_000;
const MOST_STEPS_A_TURN = 500;

interface Started {
  readonly contender: Contender;
  readonly losses: readonly Losses[];
  /** Steps of a turn. */
  readonly turn: number;
  readonly rounds: Turn[];
}

/** Lets contenders with the same model take turns. `failed` tells why, of those that a step failed for. */
export async function measure(
  contenders: readonly Contender[],
  { rounds, turnMs }: MeasureOptions,
): Promise<{ readonly figures: readonly Figures[]; readonly failed: ReadonlyMap<string, string> }> {
  const started: Started[] = [];
  const failed = new Map<string, string>();
  for (const contender of contenders) {
    try {
      started.push(await firstSteps(contender, turnMs));
    } catch (error) {
      failed.set(contender.name, error instanceof Error ? error.message : String(error));
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contender, turn, rounds } of started) rounds.push(await contender.run(turn));
  }
  const figures = started.map(async ({ contender, losses, rounds }) => ({
    name: contender.name,
    ready: contender.ready,
    stepMs: median(rounds.map(({ times }) => median(times))),
    cpuMs: median(rounds.map(({ times, cpuMs }) => cpuMs / times.length)),
    steps: rounds.reduce((steps, { times }) => steps + times.length, 0),
    peakMiB: await contender.peakMiB(),
    losses,
  }));
  return { figures: await Promise.all(figures), failed };
}

/** The steps whose losses are compared; they also warm up, and tell how many fit in a turn. */
async function firstSteps(contender: Contender, turnMs: number): Promise<Started> {
  const first = await contender.run(2);
  const slow = median(first.times) > SLOW_STEP_MS;
  const more = slow ? { times: [], losses: [] } : await contender.run(Math.max(...COMPARED) - 1);
  const stepMs = median(slow ? first.times : more.times);
  const turn = Math.min(MOST_STEPS_A_TURN, Math.max(1, Math.round(turnMs / stepMs)));
  return { contender, losses: [...first.losses, ...more.losses], turn, rounds: [] };
}

/** The largest relative difference of two contenders' losses, after at most `steps` steps. */
export function difference(a: readonly Losses[], b: readonly Losses[]): { largest: number; steps: number } {
  const compared = COMPARED.filter((step) => step < a.length && step < b.length);
  const differences = compared.flatMap((step) =>
    Object.entries(a[step]!).map(([name, loss]) => {
      const other = b[step]![name] ?? NaN;
      return Math.abs(loss - other) / Math.max(Math.abs(loss), Math.abs(other), Number.MIN_VALUE);
    }),
  );
  // NaN, of a loss that one side lacks or that isn't a number, stays NaN.
  return { largest: Math.max(...differences), steps: Math.max(...compared) };
}
