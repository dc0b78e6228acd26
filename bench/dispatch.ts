import { setTimeout as delay } from 'node:timers/promises';
import { RUN_EVENTS, type RunEvents } from '../client/operations.js';
import { startChild } from './child-process.js';
import type { BenchPlatform } from './platform.js';
import { median, percentile, type Bench } from './report.js';

const SLOTS = 4;
const RUNS = 40;
const STARTING = 8;
const SINGLE = 10;

const RUN_TIMES = `query RunTimes($id: ID!) { run(id: $id) { state createdAt startedAt endedAt } }`;
interface RunTimes {
  run: { state: string; createdAt: string; startedAt: string | null; endedAt: string | null };
}

export const dispatch: Bench = {
  name: 'dispatch',
  compares:
    `Runs that do nothing, from \`startRun\` through queue, JetStream and a worker of ${SLOTS} slots to SUCCEEDED; each has ` +
    `a process of its own. Beside it: Node processes that start, say so and end, ${SLOTS} at a time, which is the least that ` +
    'a run of its own process can take. Then, one at a time on an idle worker, from sending `startRun` to receiving ' +
    'RUNNING by subscription, beside the mutation alone.',
  async run({ platform, rounds, say }) {
    const worker = await platform.startWorker(SLOTS);
    try {
      const rates: number[] = [];
      const forks: number[] = [];
      const running: number[] = [];
      const mutation: number[] = [];
      await untilRunning(platform);
      for (let round = 1; round <= rounds; round++) {
        say(`round ${round} of ${rounds}`);
        rates.push(await runsPerSecond(platform));
        forks.push(await processesPerSecond());
        for (let single = 0; single < SINGLE; single++) {
          // The worker starts its next process ahead; an idle one has done so.
          await delay(1_000);
          const times = await untilRunning(platform);
          running.push(times.running);
          mutation.push(times.mutation);
        }
      }
      return [
        {
          what: `runs through ${SLOTS} slots`,
          value: median(rates),
          unit: 'per second',
          beside: { what: 'bare Node processes', value: median(forks) },
        },
        {
          what: 'startRun → RUNNING, idle worker, p50',
          value: median(running),
          unit: 'ms',
          beside: { what: 'the mutation alone', value: median(mutation) },
        },
        {
          what: 'startRun → RUNNING, idle worker, p99',
          value: percentile(running, 0.99),
          unit: 'ms',
          beside: { what: 'the mutation alone', value: percentile(mutation, 0.99) },
        },
      ];
    } finally {
      await worker.stop();
    }
  },
};

const NOTHING = { seconds: 0, pointsPerSecond: 0 };

/** By the platform's own times, from the first run's creation to the last one's end. */
async function runsPerSecond(platform: BenchPlatform): Promise<number> {
  const ids: string[] = [];
  let left = RUNS;
  await Promise.all(
    Array.from({ length: STARTING }, async () => {
      while (left-- > 0) ids.push(await platform.startProbe(NOTHING));
    }),
  );
  const times: RunTimes['run'][] = [];
  for (const id of ids) {
    for (;;) {
      const { run } = await platform.connection.request<RunTimes>(RUN_TIMES, { id });
      if (run.state === 'FAILED') throw new Error(`The run ${id} failed.`);
      if (run.endedAt) {
        times.push(run);
        break;
      }
      await delay(100);
    }
  }
  const first = Math.min(...times.map(({ createdAt }) => Date.parse(createdAt)));
  const last = Math.max(...times.map(({ endedAt }) => Date.parse(endedAt as string)));
  return RUNS / ((last - first) / 1000);
}

async function processesPerSecond(): Promise<number> {
  const start = performance.now();
  let left = RUNS;
  await Promise.all(
    Array.from({ length: SLOTS }, async () => {
      while (left-- > 0) {
        const child = startChild('./bare-process.js');
        await child.next('ready');
        await child.stop();
      }
    }),
  );
  return RUNS / ((performance.now() - start) / 1000);
}

async function untilRunning(platform: BenchPlatform): Promise<{ running: number; mutation: number }> {
  const start = performance.now();
  const runId = await platform.startProbe(NOTHING);
  const mutation = performance.now() - start;
  let running: number | undefined;
  for await (const { runEvents } of platform.connection.subscribe<RunEvents>(RUN_EVENTS, { runId })) {
    if (runEvents.state === 'RUNNING') running ??= performance.now() - start;
    if (runEvents.state === 'FAILED') throw new Error(`The run ${runId} failed.`);
  }
  if (running === undefined) throw new Error(`The run ${runId} never ran.`);
  return { running, mutation };
}
