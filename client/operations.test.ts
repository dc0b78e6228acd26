import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import * as operations from './operations.js';

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
const documents = Object.entries(operations).flatMap(([name, value]) =>
  typeof value === 'string' ? [[name, value] as const] : [],
);

test.each(documents)('%s is a valid operation of the schema', (_, document) => {
  expect(validate(schema, parse(document)).map(({ message }) => message)).toEqual([]);
});
