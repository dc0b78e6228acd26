import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  buildSchema,
  getOperationAST,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  parse,
  specifiedRules,
  validate,
  type GraphQLSchema,
} from 'graphql';
import { PROJECT_ROOT } from '../platform/project-root.js';
import { schemaText } from './emit-schema.js';
import { shapeRule } from './limits.js';

const file = (path: string) => readFile(join(PROJECT_ROOT, path), 'utf8');
const text = schemaText();

test('schema.graphql is what the code says (else: npm run schema)', async () => {
  expect(await file('schema/schema.graphql')).toBe(text);
});

test('everything that a client can see has a description', () => {
  expect(undescribed(buildSchema(text))).toEqual([]);
});

test('a missing description is found wherever it is', () => {
  const schema = buildSchema(`
    "." type Query { a(x: Int): Int }
    "." input I { "." x: Int  y: Int }
    "." enum E { A }
    scalar S
  `);
  expect(undescribed(schema)).toEqual(['Query.a', 'Query.a(x:)', 'I.y', 'E.A', 'S']);
});

// What clients rely on is schema/schema.released.graphql; a release replaces it. A change that has to break them is listed
// in schema/breaking-changes.json, by its path and with the reason.
test('no client of the released schema is broken, unless the change is listed with its reason', async () => {
  const listed = JSON.parse(await file('schema/breaking-changes.json')) as Record<string, string>;
  expect(await breaking(await file('schema/schema.released.graphql'), text, listed)).toEqual([]);
});

test('a removed field and a new required argument count as breaking until they are listed', async () => {
  const before = 'type Query { a: Int b(x: Int): Int }';
  const after = 'type Query { b(x: Int, y: Int!): Int }';
  expect(await breaking(before, after, {})).toEqual(['Query.a', 'Query.b.y']);
  expect(await breaking(before, after, { 'Query.a': 'nobody used it' })).toEqual(['Query.b.y']);
  expect(await breaking(after, 'type Query { b(x: Int, y: Int!): Int c: Int }', {})).toEqual([]);
});

test('the examples of GraphiQL are operations of this schema', async () => {
  const schema = buildSchema(text);
  const examples = JSON.parse(await file('src/server/graphiql/examples.json')) as {
    query: string;
    variables?: Record<string, unknown>;
  }[];
  expect(examples.length).toBeGreaterThan(0);
  for (const { query, variables = {} } of examples) {
    const document = parse(query);
    expect(validate(schema, document, [...specifiedRules, shapeRule])).toEqual([]);
    const operation = getOperationAST(document)!;
    expect(getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors).toBeUndefined();
  }
});

async function breaking(
  released: string,
  current: string,
  listed: Readonly<Record<string, string>>,
): Promise<string[]> {
  const changes = await diff(buildSchema(released), buildSchema(current));
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ path, message }) => path ?? message)
    .filter((path) => !(path in listed));
}

function undescribed(schema: GraphQLSchema): string[] {
  const found: string[] = [];
  const check = (name: string, described: { description?: string | null }) => {
    if (!described.description?.trim()) found.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    const isRoot = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(
      type as never,
    );
    if (!isRoot) check(type.name, type);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name}:)`, argument);
      }
    }
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
    }
    if (isEnumType(type)) {
      for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    }
  }
  for (const directive of schema.getDirectives()) {
    if (!isSpecifiedDirective(directive)) check(`@${directive.name}`, directive);
  }
  return found;
}
