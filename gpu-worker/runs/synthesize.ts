import { SessionsConfig } from '../../schema/messages/generator-options/sessions.js';
import type { JobInput } from '../../schema/messages/job.js';
import type { SynthesizeConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import { withhold, type Withheld } from '../recommenders/interactions/withholding.js';
import { UserFailure } from '../failure.js';
import type { Session } from '../session.js';
import { constrain } from '../steps/constrain.js';
import { evaluateTables, type Compared } from '../steps/evaluate.js';
import { loadRowsToLearn, loadTable } from '../steps/load-table.js';
import { modelCard, writeModelCard, type CardFacts } from '../steps/model-card.js';
import { prepareTable } from '../steps/prepare.js';
import { sampleRows } from '../steps/sample.js';
import { chosenGenerator, train } from '../steps/train.js';
import { writeModel } from '../steps/write-model.js';
import { readParquet, type SomeRows } from '../tables/parquet-reader.js';
import type { RunResult } from './runners.js';
import { synthesizeLinked } from './synthesize-linked.js';

/** Fits a generator to a table, draws rows from it and scores them against the table. */
export async function synthesize(session: Session): Promise<RunResult> {
  const config = session.job.config as SynthesizeConfig;
  if (config.linked) return synthesizeLinked(session, config, config.linked);
  const choice = chosenGenerator(config);
  const isLog = choice.generator.name === 'sessions';
  if (config.withhold && !isLog) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `Only the generator "sessions" learns from users' histories, of which events can be withheld; this is "${choice.generator.name}".`,
      { field: 'withhold' },
    );
  }
  const input = session.input('TABLE');
  const real = await session.step('load', async () => {
    const engine = await startEngine({ forced: session.engine, threads: session.threads });
    // Single rows of a log are nobody's history.
    const { table, rowsInFile } = isLog
      ? await loadWhole(session, input)
      : await loadRowsToLearn(session, input);
    const withheld = config.withhold && withhold(table, config.withhold);
    const prepared = prepareTable(withheld?.table ?? table, config.preparation);
    const {
      real: allowed,
      notes: left,
      ...rest
    } = constrain(prepared, config.constraints, config.violations);
    const notes = [...(withheld ? [withheldNote(withheld)] : []), ...prepared.notes, ...left];
    const some =
      `The generator learnt from ${table.rows.toLocaleString('en')} of ${rowsInFile.toLocaleString('en')} ` +
      'real rows, drawn evenly, and the scores compare with those.';
    const told = table.rows < rowsInFile ? [some, ...notes] : notes;
    return {
      ...rest,
      engine,
      table: allowed,
      loaded: table.rows,
      rows: rowsInFile - (withheld?.rows ?? 0),
      withheld,
      preparation: prepared.record,
      prepareAlike: prepared.prepareAlike,
      notes: told,
    };
  });
  const { model, privacy } = await session.step('train', async (progress) => {
    const fitted = await train(session, real.engine, choice, real.learnt, progress);
    return { model: real.wrap(fitted), privacy: real.keepsPrivacy ? fitted.privacy : undefined };
  });
  const sampled = await session.step('sample', (progress) =>
    sampleRows(session, real.engine, model, config.rows ?? real.rows, progress),
  );
  const engine = `${real.engine.name} ${real.engine.version} on ${real.engine.device}`;
  const { evaluation, files: evaluated } = await session.step('evaluate', async (progress) => {
    const test = session.optionalInput('TEST');
    const compared: Compared = {
      real: { table: real.table, input },
      synthetic: { table: await readParquet(sampled.evaluatedPath, model.columns), rows: sampled.rows },
      test: test && { table: real.prepareAlike(await loadTable(session, test)), input: test },
      constraints: real.constraints,
      preparation: real.preparation,
      notes: real.notes,
      withheld: real.withheld?.what,
      events: isLog ? SessionsConfig.parse(choice.options) : undefined,
      maker: {
        generator: choice.generator.name,
        options: config.options,
        engine,
      },
    };
    return evaluateTables(session, compared, progress);
  });
  const outputs = await session.step('publish', async (progress) => {
    const modelFile = await writeModel(session.folder, model);
    const facts: CardFacts = {
      runId: session.job.runId,
      data: {
        label: input.label,
        sha256: input.sha256,
        rows: real.table.rows,
        rowsLeftOut: real.loaded - real.table.rows,
        columns: real.table.columns.map(({ schema }) => schema),
        ...(real.withheld && { withheld: { rows: real.withheld.rows, what: real.withheld.what } }),
        preparation: [...real.preparation],
      },
      model: {
        generator: choice.generator.name,
        summary: choice.generator.summary,
        options: { ...(choice.options as object) },
        seed: session.job.seed,
        engine,
        trainSeconds: session.stepSeconds.train,
        constraints: [...real.constraints],
        ...(privacy && { privacy }),
        findings: [...(model.findings?.() ?? [])],
      },
    };
    const card = await writeModelCard(session.folder, modelCard(facts, evaluation, new Date()));
    return session.publish([...sampled.files, modelFile, ...card, ...evaluated], progress);
  });
  return { outputs, rows: sampled.rows };
}

const withheldNote = ({ rows, what }: Withheld): string =>
  `${rows.toLocaleString('en')} real rows were withheld from the generator, to test recommenders on: ${what}. The scores compare with the others.`;

async function loadWhole(session: Session, input: JobInput): Promise<SomeRows> {
  const table = await loadTable(session, input);
  return { table, rowsInFile: table.rows };
}
