import {
  GraphQLError,
  execute,
  parse,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLNonNull,
} from 'graphql';
import { pino } from 'pino';
import { UserError, UserErrorCode } from './errors.js';
import { shownError } from './masking.js';

const lines: string[] = [];
const log = pino({}, { write: (line: string) => void lines.push(line) });
beforeEach(() => lines.splice(0));

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      secret: {
        type: GraphQLInt,
        resolve: () => {
          throw new Error('password=hunter2');
        },
      },
      mistake: {
        type: GraphQLInt,
        resolve: () => {
          throw new UserError(UserErrorCode.NOT_FOUND, 'There is no run "x".', ['id']);
        },
      },
      wrong: { type: GraphQLInt, resolve: () => 'hunter2' },
      missing: { type: new GraphQLNonNull(GraphQLInt), resolve: () => null },
      echo: { type: GraphQLInt, args: { n: { type: GraphQLInt } }, resolve: () => 1 },
    },
  }),
});

async function shown(text: string, variableValues: Record<string, unknown> = {}) {
  const { errors = [] } = await execute({ schema, document: parse(text), variableValues });
  return errors.map((error) => shownError(error, 'req_1', log))[0];
}

test("what fails inside shows the request's id and the field alone; the log has the rest", async () => {
  expect(await shown('{ secret }')).toEqual({
    message: 'Internal error (request req_1).',
    path: ['secret'],
    extensions: { code: 'INTERNAL', requestId: 'req_1' },
  });
  expect(lines.join()).toContain('hunter2');
  expect(lines.join()).toContain('req_1');
});

test("a caller's mistake is shown where it happened, and not logged", async () => {
  expect(await shown('{ mistake }')).toMatchObject({
    message: 'There is no run "x".',
    path: ['mistake'],
    extensions: { code: 'NOT_FOUND', argument: ['id'] },
  });
  expect(lines).toEqual([]);
});

test('a value of ours that a scalar refuses, or that must not be null, is masked', async () => {
  expect((await shown('{ wrong }'))?.message).toBe('Internal error (request req_1).');
  expect((await shown('{ missing }'))?.message).toBe('Internal error (request req_1).');
});

test('errors of variables stay readable', async () => {
  expect((await shown('query ($n: Int) { echo(n: $n) }', { n: 'x' }))?.message).toContain('"$n"');
});

test('an error of syntax keeps its place', () => {
  let error: unknown;
  try {
    parse('{');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(GraphQLError);
  expect(shownError(error, 'req_1', log)).toMatchObject({ locations: [{ line: 1, column: 2 }] });
});
