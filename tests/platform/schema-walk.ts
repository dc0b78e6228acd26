import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  getNamedType,
  isCompositeType,
  isUnionType,
  isInterfaceType,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { readFileSync } from 'node:fs';

/** One root field of the schema, as a test calls it. */
export interface RootField {
  operation: 'query' | 'mutation' | 'subscription';
  field: GraphQLField<unknown, unknown>;
}

export function committedSchema(): GraphQLSchema {
  return buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
}

export function rootFields(schema: GraphQLSchema): RootField[] {
  const of = (
    operation: RootField['operation'],
    fields: Record<string, GraphQLField<unknown, unknown>> | undefined,
  ) => Object.values(fields ?? {}).map((field) => ({ operation, field }));
  return [
    ...of('query', schema.getQueryType()?.getFields()),
    ...of('mutation', schema.getMutationType()?.getFields()),
    ...of('subscription', schema.getSubscriptionType()?.getFields()),
  ];
}

/** Where an argument wants an id: the path to it, such as `['input', 'synthesize', 'datasetVersionId']`. */
export type IdPath = readonly string[];

/** Every place below a field's arguments that takes an ID, optional ones too. */
export function idPaths(field: GraphQLField<unknown, unknown>): IdPath[] {
  return field.args.flatMap((argument) => pathsBelow(argument.type, [argument.name]));
}

function pathsBelow(type: GraphQLInputType, path: string[], seen: readonly string[] = []): IdPath[] {
  const named = getNamedType(type);
  if (isScalarType(named)) return named.name === 'ID' ? [path] : [];
  if (!isInputObjectType(named) || seen.includes(named.name)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    pathsBelow(field.type, [...path, field.name], [...seen, named.name]),
  );
}

/**
 * Arguments for a field: what it requires, filled with plain values, and the branches that lead to the given ids. `value`
 * answers for an id's path; undefined leaves an optional one out.
 */
export function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  idAt: (path: IdPath) => string | undefined,
  plain: (name: string, type: string) => unknown = plainValue,
): Record<string, unknown> {
  return Object.fromEntries(
    field.args.flatMap((argument) => {
      const value = valueOf(argument.type, [argument.name], idAt, plain);
      return value === undefined ? [] : [[argument.name, value]];
    }),
  );
}

function valueOf(
  type: GraphQLInputType,
  path: string[],
  idAt: (path: IdPath) => string | undefined,
  plain: (name: string, type: string) => unknown,
): unknown {
  if (isNonNullType(type)) {
    const inner = type.ofType;
    const value = valueOf(inner, path, idAt, plain);
    if (value !== undefined) return value;
    if (isInputObjectType(inner)) return fieldsOf(inner, path, idAt, plain);
    if (isListType(inner)) {
      const item = getNamedType(inner);
      return isInputObjectType(item)
        ? [fieldsOf(item, path, idAt, plain)]
        : [requiredLeaf(item, path, plain)].filter((leaf) => leaf !== undefined);
    }
    return requiredLeaf(inner, path, plain);
  }
  if (isListType(type)) {
    const item = valueOf(type.ofType, path, idAt, plain);
    return item === undefined ? undefined : [item];
  }
  if (isScalarType(type)) return type.name === 'ID' ? idAt(path) : undefined;
  if (!isInputObjectType(type)) return undefined;
  const leads = pathsBelow(type, path).some((below) => idAt(below) !== undefined);
  return leads ? fieldsOf(type, path, idAt, plain) : undefined;
}

function fieldsOf(
  type: GraphQLInputObjectType,
  path: string[],
  idAt: (path: IdPath) => string | undefined,
  plain: (name: string, type: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(type.getFields()).flatMap((field) => {
      const value = field.defaultValue ?? valueOf(field.type, [...path, field.name], idAt, plain);
      return value === undefined ? [] : [[field.name, value] as const];
    }),
  );
}

function requiredLeaf(
  type: GraphQLInputType,
  path: string[],
  plain: (name: string, type: string) => unknown,
): unknown {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues()[0]?.name;
  return plain(path.at(-1) as string, named.name);
}

/** A harmless value of a scalar. */
export function plainValue(name: string, type: string): unknown {
  switch (type) {
    case 'Int':
      return 1;
    case 'Float':
      return 1;
    case 'Boolean':
      return false;
    case 'ID':
      return undefined;
    case 'DateTimeISO':
    case 'DateTime':
      return '2030-01-01T00:00:00.000Z';
    case 'ByteCount':
      return 10;
    default:
      return name === 'email'
        ? 'nobody@example.com'
        : name === 'sha256'
          ? '0'.repeat(64)
          : 'a long enough text';
  }
}

/** A selection that reads a type's scalars, two levels deep, so that a leak would show. */
export function selectionOf(type: GraphQLOutputType, schema: GraphQLSchema, depth = 2): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return '';
  if (isUnionType(named) || isInterfaceType(named)) {
    const parts = schema
      .getPossibleTypes(named)
      .map(
        (possible) =>
          `... on ${possible.name} ${depth > 0 ? selectionOf(possible, schema, 0) : '{ __typename }'}`,
      );
    return `{ __typename ${parts.join(' ')} }`;
  }
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some((argument) => isNonNullType(argument.type))) return [];
    const inner = getNamedType(field.type);
    if (!isCompositeType(inner)) return [field.name];
    return depth > 0 ? [`${field.name} ${selectionOf(field.type, schema, depth - 1)}`] : [];
  });
  return `{ __typename ${fields.join(' ')} }`;
}

/** The document of one root field, with its arguments as variables. */
export function documentOf(
  { operation, field }: RootField,
  schema: GraphQLSchema,
  given: object,
  depth = 1,
): string {
  const names = Object.keys(given);
  const variables = field.args
    .filter(({ name }) => names.includes(name))
    .map(({ name, type }) => `$${name}: ${String(type)}`);
  const passed = names.map((name) => `${name}: $${name}`);
  return `${operation}${variables.length ? `(${variables.join(', ')})` : ''} {
    ${field.name}${passed.length ? `(${passed.join(', ')})` : ''} ${selectionOf(field.type, schema, depth)}
  }`;
}
