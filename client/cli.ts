import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import {
  collectOption,
  collectText,
  eventColumns,
  naturalNumber,
  positiveInteger,
  positiveNumber,
  probability,
} from './argument-parsers.js';
import { complete } from './commands/complete.js';
import { demo } from './commands/demo.js';
import { evaluate } from './commands/evaluate.js';
import {
  sample,
  UnreadableCondition,
  withCondition,
  withShare,
  type Condition,
  type Rebalance,
} from './commands/sample.js';
import { CONSTRAINTS, PREPARATION, readObjects, UnreadableList } from './commands/object-list.js';
import { completionTable } from './completion-table.js';
import { UnreachableError } from './connection.js';
import { EXIT } from './exit-codes.js';
import { startPlatform } from './platform.js';
import { addExplain } from './explain-command.js';
import { addModels } from './models-commands.js';
import { addRecommend } from './recommend-commands.js';
import { addSearch } from './search-commands.js';
import { scoreTable } from './score-table.js';
import { relationTable, synthesizeTables } from './commands/synthesize-tables.js';
import { synthesize } from './synthesize.js';
import { observer, requireFile, UsageError, withPlatform } from './with-platform.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const program = new Command('synthcart')
  .description('Synthesizes e-commerce search and recommendation data, and proves what it is worth.')
  .showHelpAfterError('(add --help for the options)')
  .addHelpText(
    'after',
    `
Environment:
  SYNTHCART_URL       a platform to use; without it, commands start one of their own in ./.synthcart
  SYNTHCART_API_KEY   the API key for it

Exit codes:
  ${EXIT.done}  done   ${EXIT.failed}  the run failed, or the platform refused   ${EXIT.usage}  wrong command line or unreadable file
  ${EXIT.unreachable}  no platform answers   ${EXIT.interrupted}  interrupted

Examples:
  $ synthcart up
  $ synthcart synthesize shop.csv --rows 50000 --seed 7 --out out/shop
  $ synthcart sample --run run_… --rows 1000 --where Month=Nov --out out/november
  $ synthcart evaluate --real shop.csv --synthetic out/shop/synthetic.csv --json
  $ synthcart complete products.csv --out out/products
  $ synthcart recommend train events.csv --recommender item-knn --out out/recommender
  $ synthcart search train products.csv --out out/search`,
  );

program
  .command('up')
  .description('start the whole platform here: PostgreSQL, nats-server, a gateway and workers')
  .option('--folder <folder>', 'keeps its data', '.synthcart')
  .option('--port <port>', 'of the gateway', positiveInteger, 4000)
  .option('--workers <count>', 'worker processes', positiveInteger, 1)
  .addHelpText('after', '\nExample:\n  $ synthcart up --port 4000 --workers 2')
  .action(async (options: { folder: string; port: number; workers: number }) => {
    const platform = await startPlatform({ ...options, logLevel: process.env['LOG_LEVEL'] ?? 'info' });
    process.stdout.write(`Synthcart is up: ${platform.url}/graphiql   (Ctrl-C ends it)\n`);
    const interrupted = new Promise<void>((done) => {
      process.once('SIGINT', () => done()).once('SIGTERM', () => done());
    });
    try {
      await Promise.race([interrupted, platform.died]);
    } finally {
      await platform.stop();
    }
  });

program
  .command('gateway')
  .description('run one gateway; its environment is described in docs/operations.md')
  .addHelpText(
    'after',
    '\nExample:\n  $ DATABASE_URL=… NATS_URL=… OBJECTS_URL=file:///srv/objects SYNTHCART_SECRET=… synthcart gateway',
  )
  .action(() => become('dist/src/main.js'));

program
  .command('worker')
  .description('run one worker; ENGINE=onnx-cuda|onnx-cpu|… forces an engine')
  .addHelpText('after', '\nExample:\n  $ NATS_URL=… POOL=default SLOTS=1 synthcart worker')
  .action(() => become('dist/gpu-worker/main.js'));

program
  .command('migrate')
  .description(
    'bring the database of DATABASE_URL to the present schema; safe to repeat, and while others do it',
  )
  .addHelpText(
    'after',
    '\nExample:\n  $ DATABASE_URL=postgresql://owner:…@db/synthcart SYNTHCART_SECRET=… synthcart migrate',
  )
  .action(() => become('dist/src/migrate.js'));

program
  .command('synthesize')
  .description('learn a table and make another of its shape, with a report of how real it is')
  .argument('<file>', 'CSV, TSV, JSON lines or Parquet, plain or gzipped')
  .option('--generator <name>', 'the model', 'autoregressive')
  .option('--rows <count>', 'rows to make; as many as the table has by default', positiveInteger)
  .option('--seed <seed>', 'the same seed, engine and file give the same rows', naturalNumber)
  .option(
    '--constraints <file>',
    'JSON: what holds in every row; schema/expressions/README.md has an example',
  )
  .option(
    '--drop-violations',
    'learn without the real rows that break a constraint; otherwise they are an error',
  )
  .option(
    '--preparation <file>',
    'JSON: what is done to the table first; gpu-worker/preparation/README.md has an example',
  )
  .option('--out <folder>', 'for what the run makes', 'out')
  .option('--set <key=value>', "one of the generator's options; repeatable", collectOption, {})
  .option('--folder <folder>', 'of the platform that is started when SYNTHCART_URL is not set', '.synthcart')
  .option('--json', 'print the summary as JSON and nothing else')
  .addHelpText(
    'after',
    '\nExample:\n  $ synthcart synthesize shop.csv --rows 50000 --seed 7 --set epochs=30 --out out/shop',
  )
  .action(async (file: string, options: SynthesizeOptions) => {
    requireFile(file);
    const constraints = options.constraints ? await readObjects(options.constraints, CONSTRAINTS) : undefined;
    const preparation = options.preparation ? await readObjects(options.preparation, PREPARATION) : undefined;
    await withPlatform(options.folder, async (connection, projectId) => {
      const { summary, scores, files } = await synthesize(
        connection,
        {
          projectId,
          file,
          generator: options.generator,
          options: options.set,
          rows: options.rows,
          seed: options.seed,
          constraints,
          violations: options.dropViolations ? 'DROP' : undefined,
          preparation,
          out: options.out,
        },
        observer,
      );
      if (options.json)
        return void process.stdout.write(`${JSON.stringify({ ...summary, files }, null, 2)}\n`);
      process.stdout.write(`${scoreTable(scores)}\n${files.map((path) => `  ${path}\n`).join('')}`);
    });
  });

interface SynthesizeOptions {
  generator: string;
  rows?: number;
  seed?: number;
  constraints?: string;
  dropViolations?: boolean;
  preparation?: string;
  out: string;
  set: Record<string, number | string | boolean>;
  folder: string;
  json?: boolean;
}

program
  .command('synthesize-tables')
  .description('learn several tables with foreign keys and make others of their shape, whose keys fit')
  .argument('<file>', 'JSON: tables, each with its file, and relations such as "orders.user -> users.id"')
  .option(
    '--scale <factor>',
    'rows of tables without parents, as a multiple of the real ones',
    positiveNumber,
  )
  .option('--orphans-missing', 'take foreign keys without a parent for missing; otherwise they are an error')
  .option('--seed <seed>', 'the same seed, engine and files give the same rows', naturalNumber)
  .option('--out <folder>', 'for what the run makes', 'out')
  .option('--set <key=value>', 'one of the options of the generator `linked`; repeatable', collectOption, {})
  .option('--folder <folder>', 'of the platform that is started when SYNTHCART_URL is not set', '.synthcart')
  .option('--json', 'print what was made as JSON and nothing else')
  .addHelpText(
    'after',
    '\nExample of a file:\n  {"tables": {"users": "users.csv", "orders": {"file": "orders.csv", "key": "id"}},\n' +
      '   "relations": ["orders.user -> users.id"]}\n\nExample:\n  $ synthcart synthesize-tables shop.json --scale 2 --out out/shop',
  )
  .action(async (file: string, options: SynthesizeTablesOptions) => {
    const { folder, json, orphansMissing, set, ...rest } = options;
    const orphans = orphansMissing ? 'MISSING' : undefined;
    await withPlatform(folder, async (connection, projectId) => {
      const request = { projectId, file, orphans, options: set, ...rest };
      const made = await synthesizeTables(connection, request, observer);
      if (json) return void process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
      process.stdout.write(`${relationTable(made.relations)}\n`);
      process.stdout.write(made.files.map((path) => `  ${path}\n`).join(''));
    });
  });

interface SynthesizeTablesOptions {
  scale?: number;
  orphansMissing?: boolean;
  seed?: number;
  out: string;
  set: Record<string, number | string | boolean>;
  folder: string;
  json?: boolean;
}

program
  .command('sample')
  .description('make more rows with the model of an earlier run, such as some that meet conditions')
  .requiredOption('--run <id>', 'the run that fitted the model: runId in its summary.json')
  .requiredOption('--rows <count>', 'rows to make', positiveInteger)
  .option(
    '--where <condition>',
    'what every row meets: column=value, column>=least or column<=most; repeatable, several values of a column mean any of them',
    readable(withCondition),
    [],
  )
  .option(
    '--rebalance <share>',
    'column=value:share, how many of the rows have that value; repeatable for values of one column',
    readable(withShare),
  )
  .option('--seed <seed>', 'the same seed and model give the same rows', naturalNumber)
  .option('--out <folder>', 'for the rows', 'out')
  .option('--folder <folder>', 'of the platform that is started when SYNTHCART_URL is not set', '.synthcart')
  .option('--json', 'print what was made as JSON and nothing else')
  .addHelpText(
    'after',
    '\nExample:\n  $ synthcart sample --run run_… --rows 1000 --where Month=Nov --where "PageValues>=10" --out out/november',
  )
  .action(async ({ folder, json, ...request }: SampleOptions) => {
    await withPlatform(folder, async (connection, projectId) => {
      const made = await sample(connection, { projectId, ...request }, observer);
      if (json) return void process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
      process.stdout.write(made.files.map((path) => `  ${path}\n`).join(''));
    });
  });

interface SampleOptions {
  run: string;
  rows: number;
  where: Condition[];
  rebalance?: Rebalance;
  seed?: number;
  out: string;
  folder: string;
  json?: boolean;
}

/** What commander makes of a text that can't be read: a wrong command line. */
function readable<Read>(read: (text: string, before: Read) => Read): (text: string, before: Read) => Read {
  return (text, before) => {
    try {
      return read(text, before);
    } catch (error) {
      if (error instanceof UnreadableCondition) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

program
  .command('evaluate')
  .description('score a synthetic table against the real one that it stands for')
  .requiredOption('--real <file>', 'the rows that the generator learnt from')
  .requiredOption('--synthetic <file>', 'the rows that it made')
  .option('--test <file>', 'real rows that it did not see: every score beside theirs')
  .option('--target <column>', 'a column to predict')
  .option('--constraints <file>', 'JSON: what every row should obey; adds the share of rows that do not')
  .option(
    '--events [roles]',
    'the tables are event logs; columns that are not guessed as user=…,time=…,item=…,type=…,session=…',
    eventColumns,
  )
  .option('--out <folder>', 'for the report and the scores', 'out')
  .option('--folder <folder>', 'of the platform that is started when SYNTHCART_URL is not set', '.synthcart')
  .option('--json', 'print the scores as JSON and nothing else')
  .addHelpText(
    'after',
    '\nExample:\n  $ synthcart evaluate --real train.csv --synthetic synthetic.csv --test test.csv --json',
  )
  .action(async (options: EvaluateOptions) => {
    for (const file of [options.real, options.synthetic, options.test]) if (file) requireFile(file);
    const constraints = options.constraints ? await readObjects(options.constraints, CONSTRAINTS) : undefined;
    await withPlatform(options.folder, async (connection, projectId) => {
      const events = options.events === true ? {} : options.events;
      const result = await evaluate(connection, { projectId, ...options, constraints, events }, observer);
      if (options.json) return void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      process.stdout.write(
        `${scoreTable(result.scores)}\n${result.files.map((path) => `  ${path}\n`).join('')}`,
      );
    });
  });

interface EvaluateOptions {
  events?: true | Record<string, string>;
  real: string;
  synthetic: string;
  test?: string;
  target?: string;
  constraints?: string;
  out: string;
  folder: string;
  json?: boolean;
}

program
  .command('complete')
  .description('fill the missing cells of a table, mark doubtful values, and score both on hidden cells')
  .argument('<file>', 'CSV, TSV, JSON lines or Parquet, plain or gzipped')
  .option('--generator <name>', 'the model; one that can draw rows around known cells', 'autoregressive')
  .option('--column <name>', 'a column to fill; repeatable; all with missing cells by default', collectText)
  .option('--doubt <probability>', 'known cells less probable than this are marked; 0: none', probability)
  .option('--drawings <count>', 'values drawn a cell, of which one is made; 1: a random one', positiveInteger)
  .option('--hide <share>', 'of known cells, to score what the model finds; 0: no scores', probability)
  .option('--seed <seed>', 'the same seed, engine and file give the same table', naturalNumber)
  .option('--out <folder>', 'for what the run makes', 'out')
  .option('--set <key=value>', "one of the generator's options; repeatable", collectOption, {})
  .option('--folder <folder>', 'of the platform that is started when SYNTHCART_URL is not set', '.synthcart')
  .option('--json', 'print what was found as JSON and nothing else')
  .addHelpText(
    'after',
    '\nExample:\n  $ synthcart complete products.csv --column price --column category --out out/products',
  )
  .action(async (file: string, options: CompleteOptions) => {
    requireFile(file);
    await withPlatform(options.folder, async (connection, projectId) => {
      const request = { ...options, projectId, file, columns: options.column, options: options.set };
      const result = await complete(connection, request, observer);
      if (options.json) return void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      process.stdout.write(
        `${completionTable(result.completion)}\n${result.files.map((path) => `  ${path}\n`).join('')}`,
      );
    });
  });

interface CompleteOptions {
  generator: string;
  column?: string[];
  doubt?: number;
  drawings?: number;
  hide?: number;
  seed?: number;
  out: string;
  set: Record<string, number | string | boolean>;
  folder: string;
  json?: boolean;
}

addRecommend(program);
addModels(program);
addSearch(program);
addExplain(program);

program
  .command('demo')
  .description('do the main job end to end on the example data, then stay up')
  .option('--once', 'exit after the main job', false)
  .option('--folder <folder>', 'keeps the data of the platform', '.synthcart')
  .option('--out <folder>', 'for what the run makes', 'out/demo')
  .option('--port <port>', 'of the gateway; any free one by default', naturalNumber, 0)
  .addHelpText('after', '\nExample:\n  $ synthcart demo --once')
  .action(demo);

/** Hands over to another entry; its exit code is ours. */
function become(entry: string): Promise<void> {
  const child = spawn(process.execPath, [join(root, entry)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => {
      process.exitCode = code ?? EXIT.failed;
      done();
    });
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof UnreadableList) return EXIT.usage;
  return error instanceof UnreachableError ? EXIT.unreachable : EXIT.failed;
}

const packageJson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
program.version(packageJson.version).exitOverride();
for (const command of program.commands.flatMap((each) => [each, ...each.commands])) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Error && error.name === 'CommanderError') {
    const { exitCode } = error as Error & { exitCode: number };
    process.exitCode = exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    process.stderr.write(`synthcart: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
