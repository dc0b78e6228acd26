import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { answers } from './answers.js';
import { api } from './api.js';
import { dispatch } from './dispatch.js';
import { fanOut } from './fan-out.js';
import { history } from './history.js';
import { metricLatency } from './metric-latency.js';
import { startBenchPlatform } from './platform.js';
import { tableOf, type Bench, type Measured } from './report.js';

const BENCHES: readonly Bench[] = [metricLatency, api, answers, fanOut, history, dispatch];

interface Flags {
  rounds: number;
  json?: string;
  profile?: string;
}

async function main(names: readonly string[], { rounds, json, profile }: Flags): Promise<void> {
  const chosen = names.length === 0 ? BENCHES : names.map(benchOf);
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}`;
  const loadBefore = loadavg()[0] ?? 0;
  console.log(`${machine}; load before: ${loadBefore.toFixed(1)}; ${rounds} rounds.\n`);
  const platform = await startBenchPlatform(profile);
  // The servers would outlive this process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void platform.stop().finally(() => process.exit(1)));
  }
  const measured: Measured[] = [];
  try {
    for (const { name, compares, run } of chosen) {
      const say = (line: string) => process.stderr.write(`${name}: ${line}\n`);
      const result = { name, compares, rows: await run({ platform, rounds, say }) };
      measured.push(result);
      console.log(`${tableOf(result)}\n`);
    }
  } finally {
    await platform.stop();
  }
  if (json) {
    await writeFile(json, JSON.stringify({ machine, loadBefore, rounds, benches: measured }, null, 2));
  }
}

function benchOf(name: string): Bench {
  const bench = BENCHES.find((known) => known.name === name);
  if (!bench) throw new Error(`There is no bench "${name}"; there are: ${namesOf(BENCHES)}.`);
  return bench;
}

const namesOf = (benches: readonly Bench[]) => benches.map(({ name }) => name).join(', ');

new Command('bench')
  .description('Measures the platform, each figure beside a yardstick of the same run.')
  .argument('[name...]', `which figures: ${namesOf(BENCHES)}; default: all`)
  .option('--rounds <n>', 'how often the contenders take turns', wholeNumber, 3)
  .option('--json <file>', 'writes the figures to a file')
  .option('--profile <folder>', 'leaves a CPU profile of the gateway there')
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a number from 1 on.');
  return value;
}
