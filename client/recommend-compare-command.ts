import type { Command } from 'commander';
import {
  collectOption,
  collectText,
  eventColumns,
  naturalNumber,
  numbers,
  probability,
} from './argument-parsers.js';
import { compareTraining, type CompareRequest } from './commands/recommend-compare.js';
import { comparisonTable } from './comparison-table.js';
import { observer, requireFile, withPlatform } from './with-platform.js';

/** `synthcart recommend compare` */
export function addCompare(recommend: Command): void {
  recommend
    .command('compare')
    .description('find out whether synthetic users help a recommender: real only, synthetic only, and both')
    .argument('<file>', 'the real log, one event a row: CSV, TSV, JSON lines or Parquet, plain or gzipped')
    .option('--recommender <name>', 'transformer, dnn, item-knn or popularity', 'transformer')
    .option('--ratios <numbers>', 'synthetic interactions by real ones; 0.5,1 by default', numbers)
    .option('--seeds <numbers>', 'each trains everything once; 1,2,3 by default', numbers)
    .option('--events <roles>', 'columns by role, such as user=CustomerID,item=StockCode', eventColumns)
    .option('--type <type>', 'a type of event that counts; repeatable; all by default', collectText)
    .option(
      '--test-share <share>',
      "of the events to hold out; each user's last item by default",
      probability,
    )
    .option('--cutoffs <lengths>', 'of lists that are scored; 5,10,20 by default', numbers)
    .option('--cold <events>', 'users with at most so many before the test are cold', naturalNumber)
    .option('--set <key=value>', "one of the recommender's options; repeatable", collectOption, {})
    .option('--generator-set <key=value>', 'one of the options of `sessions`; repeatable', collectOption, {})
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print what was found as JSON and nothing else')
    .addHelpText(
      'after',
      '\nExample:\n  $ synthcart recommend compare events.csv --recommender item-knn --ratios 0.5,1 --seeds 1,2,3',
    )
    .action(async (file: string, options: CompareOptions) => {
      requireFile(file);
      await withPlatform(options.folder, async (connection, projectId) => {
        const { set, generatorSet, type, cold, json, ...rest } = options;
        const request = {
          ...{ ...rest, projectId, file, options: set, generatorOptions: generatorSet },
          ...{ types: type, coldEvents: cold },
        };
        const found = await compareTraining(connection, request, observer);
        process.stdout.write(
          `${json ? JSON.stringify(found, null, 2) : comparisonTable(found.comparison)}\n`,
        );
      });
    });
}

interface CompareOptions extends Pick<
  CompareRequest,
  'recommender' | 'ratios' | 'seeds' | 'events' | 'testShare' | 'cutoffs'
> {
  type?: string[];
  cold?: number;
  set: Record<string, number | string | boolean>;
  generatorSet: Record<string, number | string | boolean>;
  folder: string;
  json?: boolean;
}
