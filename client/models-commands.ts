import Table from 'cli-table3';
import { InvalidArgumentError, type Command } from 'commander';
import { fraction } from './argument-parsers.js';
import { readEvents, recordFeedback } from './commands/models-feedback.js';
import type { Connection } from './connection.js';
import * as operations from './operations.js';
import { requireFile, UsageError, withPlatform } from './with-platform.js';

type InUse = operations.ModelInUse;

/** `synthcart models …` */
export function addModels(program: Command): void {
  const models = program
    .command('models')
    .description('recommenders in use by name: their versions, which are live, and how they do');
  common(
    models.command('list').description('the models of the project, and what is live'),
    'synthcart models list',
  ).action(async ({ folder, json }: CommonOptions) => {
    await withPlatform(folder, async (connection, projectId) => {
      const found = await modelsOf(connection, projectId);
      print(json, found, () => found.map(shownModel).join('\n\n') || 'There is no model yet.');
    });
  });
  common(
    models
      .command('add')
      .description('add a recommender as the next version of a model, which is made when there is none')
      .argument('<name>', 'of the model, such as home-page')
      .requiredOption('--recommender <artifact>', 'its id, which `recommend train` tells')
      .option('--note <text>', 'what to say about it'),
    'synthcart models add home-page --recommender art_01k…',
  ).action(async (name: string, { recommender, note, folder, json }: AddOptions) => {
    await withPlatform(folder, async (connection, projectId) => {
      const model =
        (await modelsOf(connection, projectId, name))[0] ??
        (
          await connection.mutate<operations.CreateModel>(operations.CREATE_MODEL, {
            input: { projectId, name },
          })
        ).model;
      const { modelVersion } = await connection.mutate<operations.AddModelVersion>(
        operations.ADD_MODEL_VERSION,
        { input: { modelId: model.id, recommenderArtifactId: recommender, note } },
      );
      print(json, modelVersion, () => `Version ${modelVersion.number} of ${name}: ${modelVersion.id}`);
    });
  });
  changing(
    models
      .command('promote')
      .description('have one version answer everybody')
      .argument('<name>', 'of the model')
      .argument('<version>', 'its number', versionNumber),
    'synthcart models promote home-page 2',
    operations.PROMOTE_MODEL_VERSION,
    (model, [number]) => ({ id: versionOf(model, number as number) }),
  );
  changing(
    models
      .command('split')
      .description('have two versions answer, each a share of those who ask')
      .argument('<name>', 'of the model')
      .argument('<shares...>', 'two of version=share, such as 1=0.9 2=0.1', collectShare),
    'synthcart models split home-page 1=0.9 2=0.1',
    operations.SPLIT_MODEL_TRAFFIC,
    (model, [shares]) => ({
      modelId: model.id,
      shares: (shares as VersionShare[]).map(({ number, share }) => ({
        modelVersionId: versionOf(model, number),
        share,
      })),
    }),
  );
  changing(
    models
      .command('rollback')
      .description('make live again what was live before')
      .argument('<name>', 'of the model'),
    'synthcart models rollback home-page',
    operations.ROLL_BACK_MODEL,
    ({ id }) => ({ id }),
  );
  changing(
    models
      .command('withdraw')
      .description('have no version answer any more')
      .argument('<name>', 'of the model'),
    'synthcart models withdraw home-page',
    operations.WITHDRAW_MODEL,
    ({ id }) => ({ id }),
  );
  common(
    models
      .command('feedback')
      .description('record what people did with what a model recommended, from a file of JSON lines')
      .argument('<name>', 'of the model')
      .argument('<file>', 'one event a line; safe to send again'),
    'synthcart models feedback home-page events.jsonl',
  )
    .addHelpText(
      'after',
      '\nExample of a line:\n  {"eventId": "…", "type": "CLICK", "item": "22423", "recommendationId": "…", "visitor": "…", "position": 3, "at": "2026-03-01T12:00:00Z"}',
    )
    .action(async (name: string, file: string, { folder, json }: CommonOptions) => {
      requireFile(file);
      await withPlatform(folder, async (connection, projectId) => {
        const { id } = await requireModel(connection, projectId, name);
        const counted = await recordFeedback(connection, id, readEvents(file));
        print(
          json,
          counted,
          () => `${counted.recorded} events recorded, ${counted.repeated} passed over as repeats.`,
        );
      });
    });
  common(
    models
      .command('compare')
      .description('the two live versions side by side, by what people did since the traffic was split')
      .argument('<name>', 'of the model')
      .option('--cutoff <positions>', 'only the first 1, 5, 10 or 20 positions', Number),
    'synthcart models compare home-page --cutoff 10',
  ).action(async (name: string, { cutoff, folder, json }: CommonOptions & { cutoff?: number }) => {
    await withPlatform(folder, async (connection, projectId) => {
      const { id } = await requireModel(connection, projectId, name);
      const { model } = await connection.request<operations.CompareVersions>(operations.COMPARE_VERSIONS, {
        id,
        cutoff,
      });
      const { comparison } = model;
      if (!comparison)
        throw new UsageError(`The model "${name}" has not two live versions. Split its traffic first.`);
      print(json, comparison, () => shownComparison(comparison));
    });
  });
}

interface CommonOptions {
  folder: string;
  json?: boolean;
}

interface AddOptions extends CommonOptions {
  recommender: string;
  note?: string;
}

interface VersionShare {
  number: number;
  share: number;
}

const common = (command: Command, example: string): Command =>
  command
    .option(
      '--folder <folder>',
      'of the platform that is started when SYNTHCART_URL is not set',
      '.synthcart',
    )
    .option('--json', 'print the answer as JSON and nothing else')
    .addHelpText('after', `\nExample:\n  $ ${example}`);

/** A command that changes what is live, by the revision that it has just seen: a change by somebody else meanwhile is refused. */
function changing(
  command: Command,
  example: string,
  mutation: string,
  inputOf: (model: InUse, rest: readonly unknown[]) => object,
): void {
  common(command, example).action(async (name: string, ...rest: unknown[]) => {
    const { folder, json } = command.opts<CommonOptions>();
    await withPlatform(folder, async (connection, projectId) => {
      const seen = await requireModel(connection, projectId, name);
      const { model } = await connection.mutate<{ model: InUse }>(mutation, {
        input: { ...inputOf(seen, rest), revision: seen.revision },
      });
      print(json, model, () => shownModel(model));
    });
  });
}

function print(json: boolean | undefined, value: unknown, shown: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : shown()}\n`);
}

async function modelsOf(connection: Connection, projectId: string, name?: string): Promise<InUse[]> {
  const { project } = await connection.request<operations.ModelsInUse>(operations.MODELS_IN_USE, {
    projectId,
    filter: name === undefined ? undefined : { name },
  });
  return project?.models.nodes ?? [];
}

async function requireModel(connection: Connection, projectId: string, name: string): Promise<InUse> {
  const [model] = await modelsOf(connection, projectId, name);
  if (model) return model;
  const known = (await modelsOf(connection, projectId)).map((other) => other.name);
  throw new UsageError(
    `There is no model "${name}". ${known.length === 0 ? '`models add` makes one.' : `There are: ${known.join(', ')}.`}`,
  );
}

function versionOf(model: InUse, number: number): string {
  const version = model.versions.nodes.find((other) => other.number === number);
  if (version) return version.id;
  throw new UsageError(`The model "${model.name}" has no version ${number} among its latest.`);
}

function versionNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('Give the number of a version, such as 2.');
  return number;
}

function collectShare(text: string, collected: VersionShare[] = []): VersionShare[] {
  const [number = '', share = ''] = text.split('=');
  return [...collected, { number: versionNumber(number), share: fraction(share) }];
}

function shownModel({ name, versions }: InUse): string {
  const table = new Table({
    head: [name, 'stage', 'answers', 'shown', 'clicked', 'bought'],
    style: { head: [], border: [] },
  });
  for (const { number, stage, share, online } of versions.nodes) {
    const { impressions, clicks, purchases, ctr } = online;
    table.push([
      `version ${number}`,
      stage.toLowerCase(),
      share > 0 ? percent(share) : '',
      count(impressions),
      ctr ? `${count(clicks)} (${percent(ctr.value)})` : count(clicks),
      count(purchases),
    ]);
  }
  return table.toString();
}

function shownComparison(comparison: NonNullable<operations.CompareVersions['model']['comparison']>): string {
  const { first, second, firstCounts, secondCounts, summary } = comparison;
  const table = new Table({ head: ['', 'shown', 'clicked', 'rate (95 %)'], style: { head: [], border: [] } });
  for (const [{ number }, { impressions, clicks, ctr }] of [
    [first, firstCounts],
    [second, secondCounts],
  ] as const) {
    const rate = ctr ? `${percent(ctr.value)} (${percent(ctr.low)}–${percent(ctr.high)})` : '';
    table.push([`version ${number}`, count(impressions), count(clicks), rate]);
  }
  return `${table.toString()}\n${summary}`;
}

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;
const count = (number: number): string => number.toLocaleString('en');
