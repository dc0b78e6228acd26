import { availableParallelism, cpus, loadavg } from 'node:os';
import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { GENERATORS, generatorOf } from '../../gpu-worker/generators/generators.js';
import { startChild } from '../child-process.js';
import { datasetOf, ONLINE_SHOPPERS, type Dataset, type Protocol } from './dataset.js';
import type { Answer, Measured, Measurement } from './measurement.js';
import { FLOORS, PEERS, PUBLISHED } from './published.js';
import { tableOf, type Measurements } from './table.js';

interface Flags {
  readonly data: readonly Dataset[];
  readonly seeds: number;
  readonly threads: number;
  readonly halves: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly out?: string;
  readonly json?: string;
  /** Files that `json` wrote earlier, whose figures are shown with these. */
  readonly add: readonly string[];
}

/** What `json` writes. */
interface Figures {
  readonly machine: string;
  readonly found: readonly { readonly dataset: Dataset; readonly measurements: readonly Measurements[] }[];
}

/** Generators of other things than tables of independent rows. */
const NOT_FOR_TABLES: ReadonlySet<string> = new Set(['sessions', 'linked']);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(names: readonly string[], flags: Flags): Promise<void> {
  const generators =
    names.length > 0
      ? names.map((name) => generatorOf(name).name)
      : GENERATORS.map(({ name }) => name).filter((name) => !NOT_FOR_TABLES.has(name));
  const datasets = flags.data.length > 0 ? flags.data : [ONLINE_SHOPPERS];
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}, ${flags.threads} threads`;
  const found: { dataset: Dataset; measurements: Measurements[] }[] = [];
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const earlier = await Promise.all(
    flags.add.map(async (path) => JSON.parse(await readFile(path, 'utf8')) as Figures),
  );
  for (const dataset of datasets) {
    const measurements = earlier.flatMap((figures) =>
      figures.found.flatMap((of) => (of.dataset.name === dataset.name ? of.measurements : [])),
    );
    for (const generator of generators) measurements.push(await measurementsOf(dataset, generator, flags));
    found.push({ dataset, measurements });
  }
  const page = [
    `# Quality\n\n${machine}; load before: ${load}; default options. How to read it: README.md beside this file.`,
    ...found.map(({ dataset, measurements }) => {
      const shoppers = dataset.name.toLowerCase().includes('shoppers');
      return tableOf(dataset.name, measurements, {
        others: shoppers ? [...PUBLISHED, ...PEERS] : [],
        floors: shoppers ? FLOORS : [],
      });
    }),
  ].join('\n\n');
  console.log(page);
  if (flags.out !== undefined) await writeFile(flags.out, `${page}\n`);
  if (flags.json !== undefined) await writeFile(flags.json, JSON.stringify({ machine, found }, null, 2));
}

async function measurementsOf(dataset: Dataset, generator: string, flags: Flags): Promise<Measurements> {
  const errors: string[] = [];
  const measure = async (protocol: Protocol): Promise<Measured[]> => {
    const all: Measured[] = [];
    for (let seed = 1; seed <= flags.seeds; seed++) {
      say(
        `${dataset.name}, ${generator}, seed ${seed}, ${protocol === 'HALVES' ? 'halves' : 'nine tenths'} …`,
      );
      const { options, threads } = flags;
      const answer = await measured({ dataset, generator, options, seed, protocol, threads });
      if (answer.measured) all.push(answer.measured);
      else errors.push(`seed ${seed}: ${answer.error}`);
    }
    return all;
  };
  const full = await measure('NINE_TENTHS');
  return { generator, full, halves: flags.halves && full.length > 0 ? await measure('HALVES') : [], errors };
}

async function measured(request: Measurement): Promise<Answer> {
  const child = startChild('./quality/measure-process.js');
  try {
    await child.next('ready');
    const answer = child.next<Answer>('measured');
    child.send(request);
    return await answer;
  } catch (error) {
    return { type: 'measured', error: error instanceof Error ? error.message : String(error) };
  } finally {
    await child.stop();
  }
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number above 0.');
}

function json(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new InvalidArgumentError('Give a JSON object.');
  }
}

await new Command('bench:quality')
  .description('Fits generators to tables, scores what they make, and shows it beside published figures.')
  .argument('[generators...]', 'names of generators (default: all for tables)')
  .option(
    '--data <file[,target=column][,test=file][,name=text]>',
    'a table instead of the shipped one; may be repeated',
    (text: string, all: readonly Dataset[]) => [...all, datasetOf(text)],
    [] as readonly Dataset[],
  )
  .option('--seeds <count>', 'fits a generator and dataset', count, 3)
  .option('--threads <count>', 'threads of the engine', count, availableParallelism())
  .option('--no-halves', 'without the share closer to train, which takes a second fit a seed')
  .option('--options <json>', "the generators' options", json, {})
  .option('--out <file>', 'write the tables as Markdown')
  .option('--json <file>', 'write all figures')
  .option(
    '--add <file>',
    'show figures that --json wrote earlier, too; may be repeated',
    (path: string, all: readonly string[]) => [...all, path],
    [] as readonly string[],
  )
  .action((names: readonly string[], flags: Flags) => main(names, flags))
  .parseAsync();
