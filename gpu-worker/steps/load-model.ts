import { readFile } from 'node:fs/promises';
import { readSafetensors, SafetensorsError } from '../compute/safetensors.js';
import { ConstrainedModel, CONSTRAINED_FORMAT } from '../constraints/constrained-model.js';
import { UserFailure } from '../failure.js';
import type { FittedGenerator } from '../generators/generator.js';
import { LINKED_FORMAT, LinkedModel } from '../generators/linked/linked-model.js';
import { generatorOf } from '../generators/generators.js';
import type { Session } from '../session.js';

/** What a generator writes under `format` into the metadata of its models: its name and the version of the format. */
const FORMAT = /^synthcart (\S+) model \d+$/;

/** Fetches the job's model of one table; throws UserFailure INVALID_CONFIG for one of several. */
export async function loadModel(session: Session): Promise<FittedGenerator> {
  const model = await loadAnyModel(session);
  if (!(model instanceof LinkedModel)) return model;
  throw new UserFailure(
    'INVALID_CONFIG',
    `"${session.input('MODEL').label}" is a model of several tables: ${model.tables.map(({ name }) => name).join(', ')}. Give a ` +
      'model of one.',
  );
}

/** Fetches the job's model and gives it to the generator that made it. */
export async function loadAnyModel(session: Session): Promise<FittedGenerator | LinkedModel> {
  const input = session.input('MODEL');
  const file = await readFile(await session.fetch(input));
  if (formatOf(file) === LINKED_FORMAT) return LinkedModel.load(file);
  const model = await modelIn(file);
  if (model) return model;
  throw new UserFailure(
    'INVALID_FILE',
    `"${input.label}" isn't a model. Give the file of kind MODEL that a SYNTHESIZE run made.`,
    { file: input.fileName },
  );
}

/** Undefined when the file is something else. */
async function modelIn(file: Uint8Array): Promise<FittedGenerator | undefined> {
  const format = formatOf(file) ?? '';
  if (format === CONSTRAINED_FORMAT) {
    return ConstrainedModel.load(file, async (inner) => {
      const model = await modelIn(inner);
      if (!model) throw new RangeError(`inside the constrained model is the format "${formatOf(inner)}"`);
      return model;
    });
  }
  const name = FORMAT.exec(format)?.[1];
  return name ? generatorOf(name).load(file) : undefined;
}

function formatOf(file: Uint8Array): string | undefined {
  try {
    return readSafetensors(file).metadata['format'];
  } catch (error) {
    if (error instanceof SafetensorsError) return undefined;
    throw error;
  }
}
