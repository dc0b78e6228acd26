import { createClient } from 'graphql-ws';
import { getIntrospectionQuery, lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import WebSocket from 'ws';
import { Authentication } from '../../src/access/authentication.js';
import { SessionService } from '../../src/access/session.service.js';
import { AccessTokens } from '../../src/access/tokens.js';
import { Database } from '../../src/platform/database.js';
import { serveHttp, type HttpServer } from '../../src/server/http.js';
import { LIMITS } from '../../src/server/limits.js';
import { buildApiSchema } from '../../src/server/schema.js';
import { testDatabase, type TestDatabase } from '../platform/services.js';

// A gateway's server with the real schema and real sign-in, in this process, so that two of its fields can be made to
// fail inside: over HTTP and over the WebSocket each.
const SECRET = 'a secret of the database';
const lines: string[] = [];
let files: TestDatabase;
let database: Database;
let server: HttpServer;
let authorization: string;

beforeAll(async () => {
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  files = await testDatabase();
  database = new Database({ appUrl: files.appUrl, dispatchUrl: files.dispatchUrl, poolSize: 4 });
  const tokens = new AccessTokens(Buffer.alloc(32, 7), 900);
  const authentication = new Authentication(database, tokens, log);
  const sessions = new SessionService(database, tokens, authentication, 900);
  const { tokens: opened } = await sessions.signUp({
    email: 'limits@example.com',
    password: 'a very good one',
    name: 'Limits',
  });
  authorization = `Bearer ${opened.accessToken}`;
  server = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    corsOrigins: ['*'],
    schema: failing(buildApiSchema(new Map())),
    authentication,
    checks: {},
    routes: [],
    log,
  });
});

afterAll(async () => {
  await server?.close();
  await database?.close();
  await files?.drop();
});

beforeEach(() => lines.splice(0));

interface Answer {
  codes: unknown[];
  text: string;
}

/** One operation on its way in: the same text, but for the root that each way has. */
const WAYS: [string, (selection: string, variables?: object) => Promise<Answer>][] = [
  ['HTTP', (selection, variables) => overHttp(`query { ${selection} }`, variables)],
  ['WebSocket', (selection, variables) => overWebSocket(`subscription { ${selection} }`, variables)],
];

const root = { HTTP: 'serverInfo', WebSocket: 'projectActivity(projectId: "x")' };
const rootOf = (way: string): string => root[way as keyof typeof root];

describe.each(WAYS)('over %s', (way, send) => {
  test('a deep operation is refused', async () => {
    const deep = `${rootOf(way)} ${'{ a '.repeat(LIMITS.depth)}${'}'.repeat(LIMITS.depth)}`;
    expect((await send(deep)).codes).toContain('LIMIT_EXCEEDED');
  });

  test('an alias bomb is refused', async () => {
    const aliases = Array.from({ length: LIMITS.aliases + 1 }, (_, i) => `a${i}: __typename`).join(' ');
    expect((await send(`${rootOf(way)} { ${aliases} }`)).codes).toContain('LIMIT_EXCEEDED');
  });

  test('a fragment bomb is refused', async () => {
    const type = way === 'HTTP' ? 'ServerInfo' : 'ProjectActivity';
    const bomb = Array.from(
      { length: 30 },
      (_, i) => `fragment F${i} on ${type} { ${i === 0 ? 'a: __typename' : `...F${i - 1} ...F${i - 1}`} }`,
    );
    const text = `${rootOf(way)} { ...F29 } } ${bomb.join(' ')} fragment G on ${type} { __typename`;
    expect((await send(text)).codes).toContain('LIMIT_EXCEEDED');
  });

  test('a token bomb is refused before it is parsed to its end', async () => {
    const answer = await send(`${rootOf(way)} { ${'__typename '.repeat(LIMITS.tokens)} }`);
    expect(answer.codes).toEqual(['GRAPHQL_PARSE_FAILED']);
    expect(answer.text).toContain(String(LIMITS.tokens));
  });

  test('a list without end in the variables is refused', async () => {
    const list = Array.from({ length: LIMITS.variableValues + 1 }, () => 1);
    expect((await send(`${rootOf(way)} { __typename }`, { list })).codes).toEqual(['LIMIT_EXCEEDED']);
  });

  test('an error inside shows nothing but the id under which the log has it', async () => {
    const { codes, text } = await send(`${rootOf(way)} { ${way === 'HTTP' ? 'version' : 'action'} }`);
    expect(codes).toEqual(['INTERNAL']);
    expect(text).not.toContain(SECRET);
    const requestId = /req_\w+/.exec(text)?.[0];
    expect(requestId).toBeDefined();
    expect(lines.filter((line) => line.includes(requestId!) && line.includes(SECRET))).toHaveLength(1);
  });

  test('a mistake in the operation stays readable', async () => {
    expect((await send(`${rootOf(way)} { colour }`)).text).toContain('Cannot query field \\"colour\\"');
  });
});

test('tools may ask for the schema, in full', async () => {
  const { codes, text } = await overHttp(getIntrospectionQuery());
  expect(codes).toEqual([]);
  expect(text).toContain('"name":"ProjectActivity"');
});

test('a costly query is refused', async () => {
  const costly =
    'projects(first: 100) { nodes { grants { member { user { id name } } role } id name description createdAt } }';
  const pages = Array.from({ length: 20 }, (_, i) => `p${i}: ${costly}`).join(' ');
  const { codes, text } = await overHttp(`{ ${pages} }`);
  expect(codes).toEqual(['LIMIT_EXCEEDED']);
  expect(text).toContain('could cost');
});

test('a body and a message above the limit are refused', async () => {
  const large = '#'.repeat(LIMITS.bytes);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ __typename } ${large}` }),
  });
  expect(response.status).toBe(413);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const closed = new Promise<number>((done) => socket.once('close', done));
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { large } })));
  expect(await closed).toBe(1009);
});

test('queries and mutations over the WebSocket are told where to go', async () => {
  expect((await overWebSocket('{ serverInfo { version } }')).text).toContain('by HTTP POST');
});

test('a page of another site can send nothing that a browser lets through unasked', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  expect(response.ok).toBe(false);
});

test('a socket without credentials and one with bad ones are closed, each with its code', async () => {
  expect(await closeCode({})).toBe(4401);
  expect(await closeCode({ authorization: 'Bearer nonsense' })).toBe(4403);
});

function failing(schema: GraphQLSchema): GraphQLSchema {
  schema.getQueryType()!.getFields()['serverInfo']!.resolve = () => {
    throw new Error(SECRET);
  };
  const activity = schema.getSubscriptionType()!.getFields()['projectActivity']!;
  activity.subscribe = async function* () {
    yield {};
  };
  activity.resolve = () => {
    throw new Error(SECRET);
  };
  return lexicographicSortSchema(schema);
}

function answerOf(result: { errors?: readonly { extensions?: Record<string, unknown> }[] }): Answer {
  return {
    codes: (result.errors ?? []).map(({ extensions }) => extensions?.['code']),
    text: JSON.stringify(result),
  };
}

async function overHttp(query: string, variables?: object): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  });
  return answerOf((await response.json()) as object);
}

async function overWebSocket(query: string, variables?: object): Promise<Answer> {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  try {
    return await new Promise<Answer>((done, failed) => {
      client.subscribe(
        { query, variables: variables as Record<string, unknown> | undefined },
        {
          next: (result) => done(answerOf(result as object)),
          error: (errors) => (Array.isArray(errors) ? done(answerOf({ errors })) : failed(errors as Error)),
          complete: () => failed(new Error('It completed without an answer.')),
        },
      );
    });
  } finally {
    await client.dispose();
  }
}

function closeCode(payload: object): Promise<number> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })));
  return new Promise((done) => socket.once('close', done));
}
