import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { startEngine } from '../../gpu-worker/compute/engine.js';
import { CONTENDERS, contendersOf } from './contender.js';
import { FORMATS, readExperiment, type ExperimentOptions } from './experiment.js';
import { measure, type Measured } from './measure.js';
import { pageOf } from './table.js';

interface Flags extends ExperimentOptions {
  readonly rankers: readonly string[];
  readonly seeds: number;
  readonly threads: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly out?: string;
}

const BASELINES = ['bm25', 'bm25, trigrams'];
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(path: string, flags: Flags): Promise<void> {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const engine = await startEngine({ forced: process.env['ENGINE'], threads: flags.threads });
  const experiment = await readExperiment(path, flags);
  const contenders = flags.rankers.length > 0 ? contendersOf(flags.rankers) : CONTENDERS;
  const measured: Measured[] = [];
  for (const contender of contenders) {
    say(`${contender.title} …`);
    measured.push(await measure(contender, experiment, { ...flags, engine }));
  }
  const page = [
    '# Search',
    `${basename(path)}: ${experiment.products.length.toLocaleString('en')} products; ${experiment.folds.length} folds, ` +
      `${flags.seeds} seeds. ${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}, ` +
      `${engine.name}, ${flags.threads} threads; load before: ${load}. How to read it: README.md beside this file.`,
    pageOf(experiment, measured, BASELINES),
  ].join('\n\n');
  console.log(page);
  if (flags.out !== undefined) await writeFile(flags.out, `${page}\n`);
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

const list = (text: string): string[] => text.split(';').filter((part) => part !== '');

await new Command('bench:search')
  .description(
    'Fits search rankers, looks for products that they have not learnt from, and compares them with BM25.',
  )
  .argument('<path>', 'a table of sales; or, with --format, the folder of a published data set')
  .addOption(new Option('--format <format>', 'what is there').choices(FORMATS).default('known-items'))
  .option('--item <column>', 'column of the product', 'StockCode')
  .option('--text <column>', 'column of its description, in several spellings', 'Description')
  .option('--positive <columns>', 'columns that must be above 0, by ;', list, ['Quantity', 'UnitPrice'])
  .option('--folds <count>', 'each product is held out of one', count, 3)
  .option('--locale <locale>', 'of ESCI: us, es or jp', 'us')
  .option(
    '--queries <count>',
    'of ESCI and WANDS, at most, with the products judged for them',
    count,
    Infinity,
  )
  .option(
    '--rankers <titles>',
    `some of them, by ;: ${CONTENDERS.map(({ title }) => title).join(';')}`,
    list,
    [],
  )
  .option('--seeds <count>', 'fits a fold of what learns', count, 1)
  .option('--threads <count>', 'threads of the engine', count, availableParallelism())
  .option('--options <json>', 'options of the rankers that learn', json, {})
  .option('--out <file>', 'write the tables as Markdown')
  .action((path: string, flags: Flags) => main(path, flags))
  .parseAsync();
