import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  collectOption,
  collectText,
  naturalNumber,
  positiveInteger,
  probability,
} from './argument-parsers.js';
import { trainSearchRanker, type RoleColumns, type SearchTrainRequest } from './commands/search-train.js';
import * as operations from './operations.js';
import { foundTable, searchRankingTable } from './search-table.js';
import { observer, requireFile, withPlatform } from './with-platform.js';

/** `synthcart search …` */
export function addSearch(program: Command): void {
  const search = program
    .command('search')
    .description('train search rankers on a catalogue, see how well they answer queries, and ask them');
  addTrain(search);
  addQuery(search);
}

function addTrain(search: Command): void {
  search
    .command('train')
    .description('train a search ranker on a catalogue, and score how it answers queries that are held out')
    .argument('<file>', 'the products, one a row: CSV, TSV, JSON lines or Parquet, plain or gzipped')
    .option('--ranker <name>', 'fused, two-tower or bm25', 'fused')
    .option('--searches <file>', 'queries with products, and how well those answer them')
    .option('--queries <file>', 'texts of queries by their ids, where the searches have ids alone')
    .option('--synthetic <file>', 'synthetic searches to learn from, too')
    .addOption(
      new Option('--train-on <whose>', 'with --synthetic: whose searches to learn from')
        .choices(['real', 'synthetic', 'both'])
        .argParser((text) => text.toUpperCase()),
    )
    .option(
      '--catalogue-columns <roles>',
      'columns by role, such as id=sku,title=name,description=text,description=features; guessed by default',
      columnsOf(['id', 'locale'], ['title', 'brand', 'category', 'description']),
    )
    .option(
      '--searches-columns <roles>',
      'columns by role, such as query=q,product=sku,relevance=clicks; guessed by default',
      columnsOf(['query', 'queryId', 'product', 'relevance', 'split', 'locale'], []),
    )
    .option('--gain <label=gain>', 'what a label of relevance is worth, 0–1; repeatable', collectGain)
    .option('--locale <locale>', 'only rows of this locale, such as us')
    .option(
      '--test-share <share>',
      'of the queries, or of the products without searches, to hold out',
      probability,
    )
    .addOption(
      new Option('--among <what>', 'what is ranked for a query that is scored')
        .choices(['catalogue', 'judged'])
        .argParser((text) => text.toUpperCase()),
    )
    .option('--cutoff <length>', 'of lists that are scored; 10 by default', positiveInteger)
    .option('--seed <seed>', 'the same seed, engine and files give the same model', naturalNumber)
    .option('--out <folder>', 'for what the run makes', 'out')
    .option(
      '--set <key=value>',
      "one of the ranker's options, such as weights.title=3; repeatable",
      collectOption,
      {},
    )
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print the scores as JSON and nothing else')
    .addHelpText(
      'after',
      '\nExamples:\n  $ synthcart search train products.csv --out out/search' +
        '\n  $ synthcart search train product.csv --searches label.csv --queries query.csv',
    )
    .action(async (file: string, { set, gain, folder, json, ...rest }: TrainOptions) => {
      for (const path of [file, rest.searches, rest.queries, rest.synthetic])
        if (path !== undefined) requireFile(path);
      await withPlatform(folder, async (connection, projectId) => {
        const request = { ...rest, projectId, file, options: set, gains: gain };
        const result = await trainSearchRanker(connection, request, observer);
        if (json) return void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
        process.stdout.write(
          `${searchRankingTable(result.ranking)}\nAsk it: synthcart search query --model ${result.searchRankerArtifactId} "…"\n` +
            result.files.map((path) => `  ${path}\n`).join(''),
        );
      });
    });
}

interface TrainOptions extends Omit<SearchTrainRequest, 'projectId' | 'file' | 'options' | 'gains'> {
  gain?: SearchTrainRequest['gains'];
  set: SearchTrainRequest['options'];
  folder: string;
  json?: boolean;
}

function addQuery(search: Command): void {
  search
    .command('query')
    .description('find products for a query, with a search ranker that was trained')
    .argument('<query>', 'what somebody types')
    .requiredOption('--model <artifact>', 'id of the search ranker, which `search train` tells')
    .option('--k <products>', 'most products of the answer', positiveInteger, 10)
    .option('--exclude <product>', "a product that mustn't be in the answer; repeatable", collectText)
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print the answer as JSON and nothing else')
    .addHelpText('after', '\nExample:\n  $ synthcart search query --model art_01k… "red lantern" --k 5')
    .action(async (query: string, { model, folder, json, ...asked }: QueryOptions) => {
      await withPlatform(folder, async (connection) => {
        const { searchProducts: found } = await connection.request<operations.SearchProducts>(
          operations.SEARCH_PRODUCTS,
          { input: { ...asked, query, searchRankerArtifactId: model } },
        );
        process.stdout.write(`${json ? JSON.stringify(found, null, 2) : foundTable(found)}\n`);
      });
    });
}

interface QueryOptions {
  model: string;
  k: number;
  exclude?: string[];
  folder: string;
  json?: boolean;
}

/** `id=sku,title=name` as columns by role; roles of `several` may be given more than once. */
const columnsOf =
  (single: readonly string[], several: readonly string[]) =>
  (text: string): RoleColumns => {
    const columns: RoleColumns = {};
    for (const part of text.split(',')) {
      const [role = '', column] = part.split(/=(.*)/s);
      if (!column || ![...single, ...several].includes(role)) {
        throw new InvalidArgumentError(
          `"${part}" isn't a role and a column, such as product=sku; there are the roles ${[...single, ...several].join(', ')}.`,
        );
      }
      columns[role] = several.includes(role) ? [...(columns[role] ?? []), column] : column;
    }
    return columns;
  };

function collectGain(
  text: string,
  collected: { label: string; gain: number }[] = [],
): { label: string; gain: number }[] {
  const at = text.lastIndexOf('=');
  const gain = Number(text.slice(at + 1));
  if (at < 1 || text.length === at + 1 || !(gain >= 0 && gain <= 1))
    throw new InvalidArgumentError('Write label=gain with a gain from 0 to 1, such as Partial=0.5.');
  return [...collected, { label: text.slice(0, at), gain }];
}
