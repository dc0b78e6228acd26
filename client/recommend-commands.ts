import Table from 'cli-table3';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  collectOption,
  collectText,
  eventColumns,
  naturalNumber,
  positiveInteger,
  probability,
} from './argument-parsers.js';
import { trainRecommender, type TrainRequest } from './commands/recommend-train.js';
import * as operations from './operations.js';
import { addCompare } from './recommend-compare-command.js';
import { rankingTable } from './ranking-table.js';
import { observer, requireFile, UsageError, withPlatform } from './with-platform.js';

/** `synthcart recommend …` */
export function addRecommend(program: Command): void {
  const recommend = program
    .command('recommend')
    .description('train recommenders on behaviour, see how well they rank, and ask them');
  addQuery(recommend);
  addCompare(recommend);
  recommend
    .command('train')
    .description('train a recommender on an event log, and score how it ranks what each user did last')
    .argument('<file>', 'the real log, one event a row: CSV, TSV, JSON lines or Parquet, plain or gzipped')
    .option('--recommender <name>', 'transformer, dnn, item-knn or popularity', 'transformer')
    .option(
      '--events <roles>',
      'columns by role, such as user=CustomerID,item=StockCode; guessed by default',
      eventColumns,
    )
    .option('--platform <column>', 'the column that says on which platform')
    .option(
      '--attributes <columns>',
      'what items are like, such as price=UnitPrice,text=Description',
      attributeColumns,
    )
    .option('--type <type>', 'a type of event that counts; repeatable; all by default', collectText)
    .option('--synthetic <file>', 'a log of synthetic users to learn from, too')
    .addOption(
      new Option('--train-on <whom>', 'with --synthetic: whose behaviour to learn from')
        .choices(['real', 'synthetic', 'both'])
        .argParser((text) => text.toUpperCase()),
    )
    .option(
      '--test-share <share>',
      "of the events, the latest, to hold out; each user's last item by default",
      probability,
    )
    .option(
      '--cutoff <length>',
      'of lists that are scored; repeatable; 5, 10 and 20 by default',
      collectCutoff,
    )
    .option('--cold <events>', 'users with at most so many before the test are cold', naturalNumber)
    .option('--continue <artifact>', 'a transformer or dnn to go on from, with new events')
    .option('--whole-log', 'with --continue: the file is a newer version of all that it learnt from')
    .option('--seed <seed>', 'the same seed, engine and file give the same model', naturalNumber)
    .option('--out <folder>', 'for what the run makes', 'out')
    .option('--set <key=value>', "one of the recommender's options; repeatable", collectOption, {})
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print the scores as JSON and nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  $ synthcart recommend train events.csv --recommender item-knn --out out/recommender',
    )
    .action(async (file: string, options: TrainOptions) => {
      requireFile(file);
      if (options.synthetic !== undefined) requireFile(options.synthetic);
      await withPlatform(options.folder, async (connection, projectId) => {
        const { set, type, cutoff, cold, continue: former, wholeLog, ...rest } = options;
        if (wholeLog && former === undefined)
          throw new UsageError('--whole-log says what the file is to --continue: give both.');
        const request = {
          ...rest,
          projectId,
          file,
          options: set,
          types: type,
          cutoffs: cutoff,
          coldEvents: cold,
          continueFrom:
            former === undefined ? undefined : { artifactId: former, wholeLog: wholeLog ?? false },
        };
        const result = await trainRecommender(connection, request, observer);
        if (options.json) return void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
        process.stdout.write(
          `${rankingTable(result.ranking)}\nAsk it: synthcart recommend query --model ${result.recommenderArtifactId}\n${result.files.map((path) => `  ${path}\n`).join('')}`,
        );
      });
    });
}

function addQuery(recommend: Command): void {
  recommend
    .command('query')
    .description('rank items for a user or a history, with a recommender that was trained')
    .requiredOption('--model <artifact>', 'id of the recommender, which `recommend train` tells')
    .option('--user <id>', 'a user of the log that it learnt from')
    .option('--history <items>', 'ids of items, oldest first, such as a,b,c; empty for a stranger', items)
    .option('--k <items>', 'most items of the answer', positiveInteger, 10)
    .option('--exclude <item>', "an item that mustn't be in the answer; repeatable", collectText)
    .option('--with-seen', 'ranks the items of the history, too')
    .option('--platform <name>', 'ranks only items that were used on this platform')
    .option(
      '--reasons [most]',
      'tells why each item is there; at most so many reasons, 3 by default',
      positiveInteger,
    )
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print the answer as JSON and nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  $ synthcart recommend query --model art_01k… --history 85123A,22423 --k 5',
    )
    .action(async ({ model, folder, json, withSeen, reasons, ...asked }: QueryOptions) => {
      if (asked.user === undefined && asked.history === undefined)
        throw new UsageError('Say whom to rank for: give --user, --history or both.');
      await withPlatform(folder, async (connection) => {
        const { recommend: ranking } = await connection.request<operations.Recommend>(operations.RECOMMEND, {
          input: {
            ...asked,
            recommenderArtifactId: model,
            excludeSeen: !withSeen,
            reasons: reasons === true ? 3 : reasons,
          },
        });
        process.stdout.write(`${json ? JSON.stringify(ranking, null, 2) : shown(ranking)}\n`);
      });
    });
}

interface QueryOptions {
  model: string;
  user?: string;
  history?: { item: string }[];
  k: number;
  exclude?: string[];
  withSeen?: boolean;
  reasons?: number | true;
  platform?: string;
  folder: string;
  json?: boolean;
}

const items = (text: string): { item: string }[] =>
  text === '' ? [] : text.split(',').map((item) => ({ item: item.trim() }));

const reasonInWords = ({ text, weight }: { text: string; weight: number }): string =>
  `${text}, ${Math.round(100 * weight)} %`;

function shown({ items: ranked, basis, unknown, model }: operations.Recommend['recommend']): string {
  const withReasons = ranked.some(({ reasons }) => reasons !== null);
  const head = ['', 'item', 'score', ...(withReasons ? ['why'] : [])];
  const table = new Table({ head, style: { head: [], border: [] } });
  ranked.forEach(({ item, score, reasons }, index) =>
    table.push([
      ...[index + 1, item, score.toPrecision(4)],
      ...(withReasons ? [(reasons ?? []).map(reasonInWords).join('\n')] : []),
    ]),
  );
  return [
    table.toString(),
    `By ${model.recommender} of the run ${model.runId}, from ${basis.toLowerCase()}.`,
    ...(unknown.user ? ["It doesn't remember the user."] : []),
    ...(unknown.items.length > 0 ? [`It doesn't know the items ${unknown.items.join(', ')}.`] : []),
    ...(unknown.platform ? ["It doesn't know the platform."] : []),
  ].join('\n');
}

interface TrainOptions extends Pick<
  TrainRequest,
  | 'recommender'
  | 'events'
  | 'platform'
  | 'attributes'
  | 'synthetic'
  | 'trainOn'
  | 'testShare'
  | 'seed'
  | 'out'
> {
  type?: string[];
  cutoff?: number[];
  cold?: number;
  continue?: string;
  wholeLog?: boolean;
  set: Record<string, number | string | boolean>;
  folder: string;
  json?: boolean;
}

const ATTRIBUTES = ['price', 'category', 'text'];

function attributeColumns(text: string): Record<string, string> {
  const columns = eventColumns(text);
  const unknown = Object.keys(columns).find((name) => !ATTRIBUTES.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `"${unknown}" is no attribute of an item; there are ${ATTRIBUTES.join(', ')}.`,
    );
  return columns;
}

const collectCutoff = (text: string, collected: number[] = []): number[] => [
  ...collected,
  positiveInteger(text),
];
