import { Field, Float, InputType, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { z } from 'zod';

/** What JSON Schema says of an option; all that `z.toJSONSchema` gives for the kinds of option that we use. */
interface OptionSchema {
  type: 'integer' | 'number' | 'boolean' | 'string' | 'object';
  enum?: string[];
  /** Of an object: options in it. */
  properties?: Record<string, OptionSchema>;
  description?: string;
  default?: unknown;
}

/** A model's name as GraphQL can have it: item-knn as itemKnn. */
export const camelCase = (name: string): string =>
  name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** A value of an option as a GraphQL enum has it: reciprocalRank as RECIPROCAL_RANK. */
export const enumValue = (value: string): string =>
  value.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * The options of a model as GraphQL types, so that its zod schema is the one place that names them. `kind`: generator, recommender,
 * search ranker.
 */
export function optionTypes(
  kind: string,
  model: string,
  { options, summary }: { options: z.ZodType; summary: string },
): OptionTypes {
  const schema = z.toJSONSchema(options, { io: 'input' }) as { properties: Record<string, OptionSchema> };
  return objectTypes(schema.properties, pascal(camelCase(model)), 'Options', {
    input: `Options of the ${kind} \`${model}\`; all have defaults.`,
    output: `Options of the ${kind} \`${model}\`. ${summary}`,
  });
}

interface OptionTypes {
  input: ClassType<object>;
  output: ClassType<object>;
}

function objectTypes(
  properties: Record<string, OptionSchema>,
  name: string,
  suffix: string,
  descriptions: { input: string; output: string },
): OptionTypes {
  class Input {}
  class Output {}
  for (const [option, schema] of Object.entries(properties)) {
    const description = describe(option, schema);
    const types = typesOf(schema, option, name);
    Field(() => types.input, { nullable: true, description })(Input.prototype, option);
    Field(() => types.output, { nullable: true, description })(Output.prototype, option);
  }
  InputType(`${name}${suffix}Input`, { description: descriptions.input })(Input);
  ObjectType(`${name}${suffix}`, { description: descriptions.output })(Output);
  return { input: Input, output: Output };
}

function typesOf(schema: OptionSchema, option: string, model: string): { input: object; output: object } {
  if (schema.properties) {
    const description = schema.description ?? option;
    return objectTypes(schema.properties, model, pascal(option), { input: description, output: description });
  }
  const scalar = scalarOf(schema, option, `${model}${pascal(option)}`);
  return { input: scalar, output: scalar };
}

/**
 * For the models of a kind: the field of the API that holds a model's options, and a decorator that gives a class such a
 * field, which is nullable, for each of them.
 */
export function modelOptionFields<Name extends string>(
  kind: string,
  models: Readonly<Record<Name, { options: z.ZodType; summary: string }>>,
) {
  const names = Object.keys(models) as Name[];
  const types = names.map((model) => ({ model, ...optionTypes(kind, model, models[model]) }));
  const optionField = (model: Name): string => camelCase(model);
  const optionFields =
    (of: 'input' | 'output', description: (model: Name) => string) =>
    (type: abstract new () => object): void => {
      for (const { model, [of]: options } of types) {
        Field(() => options, { nullable: true, description: description(model) })(
          type.prototype as object,
          optionField(model),
        );
      }
    };
  return { optionField, optionFields };
}

function scalarOf(schema: OptionSchema, option: string, enumName: string): object {
  if (schema.enum) {
    const values = Object.fromEntries(schema.enum.map((value) => [enumValue(value), value]));
    registerEnumType(values, {
      name: enumName,
      description: `Values of the option \`${option}\`. ${schema.description ?? ''}`.trim(),
      valuesConfig: Object.fromEntries(
        schema.enum.map((value) => [enumValue(value), { description: `\`${value}\` of those.` }]),
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
    case 'object':
      throw new Error(`the option "${option}" is an object of anything`);
  }
}

function describe(option: string, { description, default: fallback }: OptionSchema): string {
  const text = description ?? option;
  return fallback === undefined || typeof fallback === 'object'
    ? text
    : `${text} Default: ${JSON.stringify(fallback)}.`;
}
