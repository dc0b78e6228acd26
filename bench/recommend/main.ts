import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { RECOMMENDERS, recommenderOf } from '../../gpu-worker/recommenders/recommenders.js';
import { startChild } from '../child-process.js';
import { datasetOf, type Dataset } from './dataset.js';
import type { Answer, Measured, Measurement } from './measurement.js';
import { tablesOf, type Measurements } from './table.js';

interface Flags {
  readonly recommenders: readonly string[];
  readonly seeds: number;
  readonly engine?: string;
  readonly threads: number;
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly checkpoints?: string;
  readonly out?: string;
  readonly json?: string;
  /** Files that `json` wrote earlier, whose figures are shown with these. */
  readonly add: readonly string[];
}

/** What `json` writes. */
interface Figures {
  readonly found: readonly { readonly dataset: Dataset; readonly measurements: readonly Measurements[] }[];
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(paths: readonly string[], flags: Flags): Promise<void> {
  const datasets = paths.map(datasetOf);
  const names =
    flags.recommenders.length > 0
      ? flags.recommenders.map((name) => recommenderOf(name).name)
      : RECOMMENDERS.map(({ name }) => name);
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}, ${flags.threads} threads`;
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const earlier = await Promise.all(
    flags.add.map(async (path) => JSON.parse(await readFile(path, 'utf8')) as Figures),
  );
  const found: { dataset: Dataset; measurements: Measurements[] }[] = [];
  for (const dataset of datasets) {
    const measurements = earlier.flatMap((figures) =>
      figures.found.flatMap((of) => (of.dataset.name === dataset.name ? of.measurements : [])),
    );
    for (const name of names) measurements.push(await measurementsOf(dataset, name, flags));
    found.push({ dataset, measurements });
  }
  const told = Object.keys(flags.options).length > 0 ? JSON.stringify(flags.options) : 'default options';
  const page = [
    `# Recommenders\n\n${machine}; load before: ${load}; ${told}. How to read it: README.md beside this file.`,
    ...found.map(({ dataset, measurements }) => tablesOf(dataset.name, measurements)),
  ].join('\n\n');
  console.log(page);
  if (flags.out !== undefined) await writeFile(flags.out, `${page}\n`);
  if (flags.json !== undefined) await writeFile(flags.json, JSON.stringify({ machine, found }, null, 2));
}

async function measurementsOf(dataset: Dataset, recommender: string, flags: Flags): Promise<Measurements> {
  const measured: Measured[] = [];
  const errors: string[] = [];
  for (let seed = 1; seed <= flags.seeds; seed++) {
    say(`${dataset.name}, ${recommender}, seed ${seed} …`);
    const answer = await measuredBy({
      dataset,
      recommender,
      options: flags.options[recommender] ?? {},
      seed,
      engine: flags.engine,
      threads: flags.threads,
      checkpoints: flags.checkpoints,
    });
    if (answer.measured) measured.push(answer.measured);
    else errors.push(`seed ${seed}: ${answer.error}`);
  }
  return { recommender, measured, errors };
}

async function measuredBy(request: Measurement): Promise<Answer> {
  const child = startChild('./recommend/measure-process.js');
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

function json(text: string): Record<string, Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, Record<string, unknown>>;
  } catch {
    throw new InvalidArgumentError('Give a JSON object.');
  }
}

const listed = (text: string, all: readonly string[]): readonly string[] => [...all, text];

await new Command('bench:recommend')
  .description(
    "Fits recommenders to all but each user's last item, ranks all items for it, and shows it beside published figures.",
  )
  .argument(
    '<files...>',
    'sequences (.txt, .txt.gz) or event logs: FILE[,name=TEXT][,positive=COLUMN][,price=…][,category=…][,text=…]',
  )
  .option(
    '--recommenders <name>',
    'one of them; may be repeated (default: all)',
    listed,
    [] as readonly string[],
  )
  .option('--seeds <count>', 'fits a recommender and dataset', count, 1)
  .option('--engine <name>', 'the engine (default: the fastest one)')
  .option('--threads <count>', 'threads of the engine', count, availableParallelism())
  .option('--options <json>', 'options by recommender, such as {"transformer": {"width": 128}}', json, {})
  .option('--checkpoints <folder>', 'where fits leave checkpoints, and go on from those of an earlier run')
  .option('--out <file>', 'write the tables as Markdown')
  .option('--json <file>', 'write all figures')
  .option(
    '--add <file>',
    'show figures that --json wrote earlier, too; may be repeated',
    listed,
    [] as readonly string[],
  )
  .action((paths: readonly string[], flags: Flags) => main(paths, flags))
  .parseAsync();
