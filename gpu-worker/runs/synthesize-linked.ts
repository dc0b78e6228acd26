import { LINKED_GENERATOR } from '../../schema/messages/generator-options/catalogue.js';
import type { JobInput } from '../../schema/messages/job.js';
import type { LinkedTables } from '../../schema/messages/linked.js';
import type { SynthesizeConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import { relationScores } from '../evaluation/linked/relation-scores.js';
import { fitLinked } from '../generators/linked/linked.js';
import type { OutputFile, Session } from '../session.js';
import { evaluateTables } from '../steps/evaluate.js';
import { loadTable } from '../steps/load-table.js';
import { modelCard, writeModelCard } from '../steps/model-card.js';
import { sampleLinked } from '../steps/sample-linked.js';
import { fitSession, parsedOptions } from '../steps/train.js';
import { writeModel } from '../steps/write-model.js';
import type { Table } from '../tables/table.js';
import type { RunResult } from './runners.js';

/** Fits the generator `linked` to several tables, draws all of them, and scores each and the relations between them. */
export async function synthesizeLinked(
  session: Session,
  config: SynthesizeConfig,
  linked: LinkedTables,
): Promise<RunResult> {
  const { name: generator, summary, options: schema } = LINKED_GENERATOR;
  const options = parsedOptions(`the generator "${generator}"`, schema, config.options);
  const inputs = new Map(linked.tables.map(({ name }) => [name, inputOf(session, name)]));
  const { engine, real } = await session.step('load', async () => {
    const tables = new Map<string, Table>();
    for (const [name, input] of inputs) tables.set(name, await loadTable(session, input));
    return { real: tables, engine: await startEngine({ forced: session.engine, threads: session.threads }) };
  });
  const { model, notes } = await session.step('train', async (progress) => {
    const fitting = await fitSession(session, engine, progress);
    return session.resumable(() => fitLinked(real, linked, options, fitting));
  });
  const sampled = await session.step('sample', (progress) =>
    sampleLinked(session, engine, model, linked.scale ?? 1, progress),
  );
  const engineText = `${engine.name} ${engine.version} on ${engine.device}`;
  const evaluated = await session.step('evaluate', async (progress) => {
    const files: OutputFile[] = [];
    for (const [index, [name, input]] of [...inputs].entries()) {
      const relations = linked.relations
        .filter(({ childTable }) => childTable === name)
        .map((relation) => {
          const pair = (tables: ReadonlyMap<string, Table>) => ({
            child: tables.get(name)!,
            parent: tables.get(relation.parentTable)!,
          });
          const keys = { child: keysOf(linked, name), parent: keysOf(linked, relation.parentTable) };
          return relationScores(relation, pair(real), pair(sampled.tables), keys, session.job.seed);
        });
      const table = sampled.tables.get(name)!;
      const { evaluation, files: written } = await evaluateTables(
        session,
        {
          real: { table: withoutKeys(real.get(name)!, linked, name), input },
          synthetic: { table: withoutKeys(table, linked, name), rows: table.rows },
          notes,
          among: { name, relations },
          maker: { generator, options: config.options, engine: engineText },
        },
        (fraction) => progress((index + fraction) / inputs.size),
      );
      const facts = {
        runId: session.job.runId,
        data: {
          label: input.label,
          sha256: input.sha256,
          rows: real.get(name)!.rows,
          rowsLeftOut: 0,
          columns: table.columns.map(({ schema: column }) => column),
          preparation: [],
        },
        model: {
          generator,
          summary,
          options: { ...options },
          seed: session.job.seed,
          engine: engineText,
          trainSeconds: session.stepSeconds.train,
          constraints: [],
          findings: [],
        },
      };
      const card = await writeModelCard(session.folder, modelCard(facts, evaluation, new Date()), name);
      files.push(...written, ...card);
    }
    return files;
  });
  const outputs = await session.step('publish', async (progress) => {
    const modelFile = await writeModel(session.folder, model);
    return session.publish([...sampled.files, modelFile, ...evaluated], progress);
  });
  const rows = [...sampled.tables.values()].reduce((sum, table) => sum + table.rows, 0);
  return { outputs, rows };
}

function inputOf(session: Session, name: string): JobInput {
  const input = session.job.inputs.find((one) => one.role === 'TABLE' && one.name === name);
  if (!input) throw new Error(`the job has no input TABLE "${name}"`);
  return input;
}

/** Columns that identify rows of a table or point at others: what they hold is made up, and means nothing. */
function keysOf({ tables, relations }: LinkedTables, name: string): ReadonlySet<string> {
  return new Set([
    ...tables.flatMap((table) => (table.name === name && table.key !== undefined ? [table.key] : [])),
    ...relations.flatMap((relation) => [
      ...(relation.childTable === name ? [relation.foreignKeyColumn] : []),
      ...(relation.parentTable === name ? [relation.parentKeyColumn] : []),
    ]),
  ]);
}

function withoutKeys({ rows, columns }: Table, linked: LinkedTables, name: string): Table {
  const keys = keysOf(linked, name);
  return { rows, columns: columns.filter(({ schema }) => !keys.has(schema.name)) };
}
