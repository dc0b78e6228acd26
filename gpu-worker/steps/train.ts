import type { z } from 'zod';
import type { SynthesizeConfig } from '../../schema/messages/run-config.js';
import type { Engine } from '../compute/program.js';
import { UserFailure } from '../failure.js';
import type { FitSession, FittedGenerator, Generator } from '../generators/generator.js';
import { generatorOf } from '../generators/generators.js';
import type { Session, StepProgress } from '../session.js';
import type { Table } from '../tables/table.js';

export interface Choice {
  readonly generator: Generator;
  /** The generator's own options, complete. */
  readonly options: unknown;
}

/** The generator that a config asks for; throws UserFailure INVALID_CONFIG naming the option that it can't have. */
export function chosenGenerator(config: Pick<SynthesizeConfig, 'generator' | 'options'>): Choice {
  const generator = generatorOf(config.generator);
  return {
    generator,
    options: parsedOptions(`the generator "${generator.name}"`, generator.config, config.options),
  };
}

/** A model's options, complete; throws UserFailure INVALID_CONFIG naming the one that it can't have. `model`: what users call it. */
export function parsedOptions<Options>(
  model: string,
  schema: z.ZodType<Options>,
  options: Readonly<Record<string, unknown>>,
): Options {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const option = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])].join('.');
  throw new UserFailure(
    'INVALID_CONFIG',
    `The option "${option}" of ${model} is wrong: ${issue?.message ?? 'see its description'}.`,
    { field: `options.${option}` },
  );
}

/** Fits the generator, from the last checkpoint if there is one. */
export async function train(
  session: Session,
  engine: Engine,
  { generator, options }: Choice,
  table: Table,
  progress: StepProgress,
): Promise<FittedGenerator> {
  const fitting = await fitSession(session, engine, progress);
  return session.resumable(() => generator.fit(table, options, fitting));
}

/** What a fit may ask of the run. To be used within `session.resumable`. */
export async function fitSession(
  session: Session,
  engine: Engine,
  progress: StepProgress,
): Promise<FitSession> {
  return {
    engine,
    seed: session.job.seed,
    signal: session.signal,
    metric: (name, step, value) => session.metric(name, step, value),
    progress,
    checkpointDue: () => session.checkpointDue(),
    saveCheckpoint: (state) => session.saveCheckpoint(state),
    checkpoint: await session.checkpoint(),
  };
}
