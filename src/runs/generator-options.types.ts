import { Field, Float, InputType, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { z } from 'zod';
import {
  GENERATOR_NAMES,
  GENERATOR_OPTIONS,
  LINKED_GENERATOR,
  type GeneratorName,
} from '../../schema/messages/generator-options/catalogue.js';

/** What JSON Schema says of an option; all that `z.toJSONSchema` gives for the kinds of option that we use. */
interface OptionSchema {
  type: 'integer' | 'number' | 'boolean' | 'string';
  enum?: string[];
  description?: string;
  default?: unknown;
}

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The options of a generator as GraphQL types, so that a generator's zod schema is the one place that names them. */
function optionTypes(
  generator: string,
  { options, summary }: { options: z.ZodType; summary: string },
): { input: ClassType<object>; output: ClassType<object> } {
  const { properties } = z.toJSONSchema(options, { io: 'input' }) as {
    properties: Record<string, OptionSchema>;
  };
  const name = pascal(generator);
  class Input {}
  class Output {}
  for (const [option, schema] of Object.entries(properties)) {
    const type = scalarOf(schema, option, `${name}${pascal(option)}`);
    const description = describe(option, schema);
    Field(() => type, { nullable: true, description })(Input.prototype, option);
    Field(() => type, { nullable: true, description })(Output.prototype, option);
  }
  InputType(`${name}OptionsInput`, {
    description: `Options of the generator \`${generator}\`; all have defaults.`,
  })(Input);
  ObjectType(`${name}Options`, { description: `Options of the generator \`${generator}\`. ${summary}` })(
    Output,
  );
  return { input: Input, output: Output };
}

function scalarOf(schema: OptionSchema, option: string, enumName: string): object {
  if (schema.enum) {
    const values = Object.fromEntries(schema.enum.map((value) => [value.toUpperCase(), value]));
    registerEnumType(values, {
      name: enumName,
      description: `Values of the option \`${option}\`. ${schema.description ?? ''}`.trim(),
      valuesConfig: Object.fromEntries(
        schema.enum.map((value) => [value.toUpperCase(), { description: `\`${value}\` of those.` }]),
      ),
    });
    return values;
  }
  switch (schema.type) {
    case 'integer':
      return Int;
    case 'number':
      return Float;
    case 'boolean':
      return Boolean;
    case 'string':
      return String;
  }
}

function describe(option: string, { description, default: fallback }: OptionSchema): string {
  const text = description ?? option;
  return fallback === undefined ? text : `${text} Default: ${JSON.stringify(fallback)}.`;
}

const OPTION_TYPES = GENERATOR_NAMES.map((generator) => ({
  generator,
  ...optionTypes(generator, GENERATOR_OPTIONS[generator]),
}));

/** Options of the generator of several tables. */
export const LINKED_OPTIONS = optionTypes(LINKED_GENERATOR.name, LINKED_GENERATOR);

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
