import { readSafetensors, SafetensorsError } from '../compute/safetensors.js';
import { RECOMMENDERS } from './recommenders.js';
import type { FittedRecommender } from './recommender.js';

/** What a recommender writes under `format` into the metadata of its models: its name and the version of the format. */
const FORMAT = /^synthcart (\S+) recommender \d+$/;

export interface NamedRecommender {
  /** Such as `item-knn`. */
  readonly name: string;
  readonly model: FittedRecommender;
}

/** Gives a file to the recommender that saved it. Throws SafetensorsError, ZodError or RangeError for any other file. */
export async function readRecommender(file: Uint8Array): Promise<NamedRecommender> {
  const format = readSafetensors(file).metadata['format'] ?? '';
  const name = FORMAT.exec(format)?.[1];
  const recommender = RECOMMENDERS.find((candidate) => candidate.name === name);
  if (!recommender) throw new SafetensorsError(`a file of the format "${format}" is no recommender`);
  return { name: recommender.name, model: await recommender.load(file) };
}
