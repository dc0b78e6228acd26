import { Field, Float, InputType, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { z } from 'zod';

/** What JSON Schema says of an option; all that `z.toJSONSchema` gives for the kinds of option that we use. */
interface OptionSchema {
  type: 'integer' | 'number' | 'boolean' | 'string';
  enum?: string[];
  description?: string;
  default?: unknown;
}

/** A model's name as GraphQL can have it: item-knn as itemKnn. */
export const camelCase = (name: string): string =>
  name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The options of a model as GraphQL types, so that its zod schema is the one place that names them. `kind`: generator, recommender. */
export function optionTypes(
  kind: string,
  model: string,
  { options, summary }: { options: z.ZodType; summary: string },
): { input: ClassType<object>; output: ClassType<object> } {
  const { properties } = z.toJSONSchema(options, { io: 'input' }) as {
    properties: Record<string, OptionSchema>;
  };
  const name = pascal(camelCase(model));
  class Input {}
  class Output {}
  for (const [option, schema] of Object.entries(properties)) {
    const type = scalarOf(schema, option, `${name}${pascal(option)}`);
    const description = describe(option, schema);
    Field(() => type, { nullable: true, description })(Input.prototype, option);
    Field(() => type, { nullable: true, description })(Output.prototype, option);
  }
  InputType(`${name}OptionsInput`, {
    description: `Options of the ${kind} \`${model}\`; all have defaults.`,
  })(Input);
  ObjectType(`${name}Options`, { description: `Options of the ${kind} \`${model}\`. ${summary}` })(Output);
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
