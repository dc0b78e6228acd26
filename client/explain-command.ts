import type { Command } from 'commander';
import { collectText, eventColumns, naturalNumber, positiveInteger } from './argument-parsers.js';
import { explainRecommender, type ExplainRequest } from './commands/explain.js';
import { explanationTable } from './explanation-table.js';
import { observer, requireFile, withPlatform } from './with-platform.js';

/** `synthcart explain …` */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('say why a recommender recommends what it does to users of a log, and how faithful that is')
    .argument('<recommender>', 'its artifact, or the run that trained it, as `recommend train` tells them')
    .argument('<log>', 'one event a row: CSV, TSV, JSON lines or Parquet, plain or gzipped')
    .option('--user <id>', 'a user to explain; repeatable; a random sample by default', collectText)
    .option('--sample <users>', 'how many users are drawn where none are named', positiveInteger)
    .option('--k <items>', 'items of each list', positiveInteger)
    .option('--most-events <events>', 'newest events that are told apart', positiveInteger)
    .option(
      '--order-pairs <pairs>',
      'pairs of random orders for Shapley values; more are surer',
      positiveInteger,
    )
    .option('--tree-depth <depth>', 'of the tree that stands in for the recommender', positiveInteger)
    .option(
      '--events <roles>',
      'columns by role, such as user=CustomerID; as for training by default',
      eventColumns,
    )
    .option('--seed <seed>', 'the same seed, engine and files give the same explanation', naturalNumber)
    .option('--out <folder>', 'for what the run makes', 'out')
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print the explanation as JSON and nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  $ synthcart explain run_… events.csv --user 17850 --k 3 --out out/explanation',
    )
    .action(async (recommender: string, file: string, options: ExplainOptions) => {
      requireFile(file);
      const { user, sample, folder, json, ...rest } = options;
      await withPlatform(folder, async (connection, projectId) => {
        const request = { ...rest, projectId, recommender, file, users: user, sampledUsers: sample };
        const result = await explainRecommender(connection, request, observer);
        if (json) return void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
        process.stdout.write(
          `${explanationTable(result.explanation)}\n${result.files.map((path) => `  ${path}\n`).join('')}`,
        );
      });
    });
}

interface ExplainOptions extends Pick<
  ExplainRequest,
  'k' | 'mostEvents' | 'orderPairs' | 'treeDepth' | 'events' | 'seed' | 'out'
> {
  user?: string[];
  sample?: number;
  folder: string;
  json?: boolean;
}
