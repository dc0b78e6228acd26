import { Field } from 'type-graphql';
import {
  GENERATOR_NAMES,
  GENERATOR_OPTIONS,
  LINKED_GENERATOR,
  type GeneratorName,
} from '../../schema/messages/generator-options/catalogue.js';
import { optionTypes } from './model-options.js';

const OPTION_TYPES = GENERATOR_NAMES.map((generator) => ({
  generator,
  ...optionTypes('generator', generator, GENERATOR_OPTIONS[generator]),
}));

/** Options of the generator of several tables. */
export const LINKED_OPTIONS = optionTypes('generator', LINKED_GENERATOR.name, LINKED_GENERATOR);

/** Gives a class of the API a nullable field for the options of each of the generators, under the generator's name. */
export function optionFields(
  of: 'input' | 'output',
  description: (generator: GeneratorName) => string,
  generators: readonly GeneratorName[] = GENERATOR_NAMES,
) {
  return (type: abstract new () => object): void => {
    for (const { generator, [of]: options } of OPTION_TYPES) {
      if (!generators.includes(generator)) continue;
      Field(() => options, { nullable: true, description: description(generator) })(
        type.prototype as object,
        generator,
      );
    }
  };
}
