import type { AddressInfo } from 'node:net';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import websocket from '@fastify/websocket';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { handleProtocols } from 'graphql-ws';
import type { Logger } from 'pino';
import type { Authentication } from '../access/authentication.js';
import { createApollo } from './apollo.js';
import { TENANT_HEADER, credentialsOf } from './credentials.js';
import { UserError, UserErrorCode, toGraphQLError } from './errors.js';
import { registerGraphiql } from './graphiql.js';
import { graphqlContext, type GraphQLContext } from './graphql-context.js';
import { LIMITS } from './limits.js';
import { internalError } from './masking.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import { SubscriptionServer } from './websocket.js';

export interface HttpOptions {
  host: string;
  port: number;
  corsOrigins: readonly string[];
  schema: GraphQLSchema;
  authentication: Authentication;
  /** Throws, or answers false, while the gateway can't do its work. */
  checks: Readonly<Record<string, () => boolean | Promise<boolean>>>;
  /** Adds routes beside GraphQL, such as those of objects. */
  routes: readonly ((app: FastifyInstance) => void | Promise<void>)[];
  log: Logger;
}

export interface HttpServer {
  /** `http://host:port`. */
  url: string;
  /** Takes no more requests, sends subscribers elsewhere, and finishes what runs. */
  close(): Promise<void>;
}

const CHECK_MILLISECONDS = 3_000;
/** After as long, connections that are still busy are cut. */
const DRAIN_MILLISECONDS = 10_000;

/** Serves GraphQL over HTTP and WebSocket on one port, with GraphiQL and what load balancers ask. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { log, schema, authentication } = options;
  // Its type, not pino's, so that plugins written for any fastify fit.
  const base: FastifyBaseLogger = log;
  const app = fastify({
    bodyLimit: LIMITS.bytes,
    genReqId: (request) => requestIdOf(request.headers[REQUEST_ID_HEADER]),
    requestIdHeader: false,
    forceCloseConnections: 'idle',
    loggerInstance: base,
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.method} ${request.url.split('?')[0]}. The API is at /graphql, a page to try it at /graphiql.`;
    void reply.code(404).send({ errors: [{ message, extensions: { code: 'NOT_FOUND' } }] });
  });
  const apollo = createApollo(schema, log);
  await apollo.start();
  const subscriptions = new SubscriptionServer({ schema, authentication, log });

  app.addHook('onSend', async (request, reply) => void reply.header(REQUEST_ID_HEADER, request.id));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, requestId: request.id }, 'a request failed inside');
    const message = status >= 500 ? `Internal error (request ${request.id}).` : error.message;
    void reply
      .code(status)
      .send({ errors: [{ message, extensions: { code: status >= 500 ? 'INTERNAL' : 'BAD_REQUEST' } }] });
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Objects and the API are there for pages of other origins; CORS says which.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    // Whoever serves HTTPS in front of the gateway says so.
    strictTransportSecurity: false,
  });
  await app.register(cors, {
    origin: isAnyOrigin(options.corsOrigins) ? '*' : [...options.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT'],
    allowedHeaders: [
      'content-type',
      'authorization',
      TENANT_HEADER,
      REQUEST_ID_HEADER,
      'apollo-require-preflight',
      'range',
    ],
    exposedHeaders: [REQUEST_ID_HEADER, 'content-disposition', 'content-range', 'accept-ranges', 'etag'],
    maxAge: 3_600,
  });
  await app.register(websocket, {
    options: { maxPayload: LIMITS.bytes, handleProtocols, perMessageDeflate: false },
    // Sockets are closed by SubscriptionServer, with the code that brings clients back.
    preClose: (done) => void subscriptions.close().then(() => done()),
    errorHandler: (error, socket) => {
      log.debug({ err: error }, 'a WebSocket failed');
      socket.terminate();
    },
  });

  app.route({
    method: 'POST',
    url: '/graphql',
    handler: fastifyApolloHandler(apollo, {
      context: (request) => contextOf(request, authentication, log),
    }),
  });
  app.route({
    method: 'GET',
    url: '/graphql',
    preValidation: async (request, reply) => {
      if (request.ws && !isAllowedOrigin(request.headers.origin, options.corsOrigins)) {
        await reply.code(403).send({ errors: [{ message: 'This origin may not connect.' }] });
      }
    },
    handler: (request, reply) =>
      request.headers.accept?.includes('text/html')
        ? reply.redirect('/graphiql')
        : reply
            .code(405)
            .header('allow', 'POST')
            .send({
              errors: [
                {
                  message: 'Send operations by POST, subscriptions over a WebSocket.',
                  extensions: { code: 'BAD_REQUEST' },
                },
              ],
            }),
    wsHandler: (socket, request) => subscriptions.accept(socket, request),
  });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const failing = await failingChecks(options.checks, log);
    return reply
      .code(failing.length === 0 ? 200 : 503)
      .send({ status: failing.length === 0 ? 'ok' : 'failing', failing });
  });
  await registerGraphiql(app);
  for (const register of options.routes) await app.register(async (scope) => register(scope));

  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${urlHost(options.host)}:${port}`,
    close: async () => {
      const impatience = setTimeout(() => app.server.closeAllConnections(), DRAIN_MILLISECONDS);
      await app.close();
      await apollo.stop();
      clearTimeout(impatience);
    },
  };
}

async function contextOf(
  request: FastifyRequest,
  authentication: Authentication,
  log: Logger,
): Promise<GraphQLContext> {
  try {
    const identity = await authentication.identify(credentialsOf(request.headers));
    return graphqlContext({ ...identity, requestId: request.id }, request.ip);
  } catch (error) {
    if (!(error instanceof UserError)) throw internalError(error, request.id, log);
    const { message, extensions } = toGraphQLError(error);
    const status = error.code === UserErrorCode.UNAUTHENTICATED ? 401 : 403;
    throw new GraphQLError(message, { extensions: { ...extensions, http: { status } } });
  }
}

async function failingChecks(checks: HttpOptions['checks'], log: Logger): Promise<string[]> {
  const failing = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return (await withinTime(check())) ? [] : [name];
      } catch (error) {
        log.warn({ err: error, check: name }, 'not ready');
        return [name];
      }
    }),
  );
  return failing.flat();
}

async function withinTime(check: boolean | Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_MILLISECONDS);
  });
  try {
    return await Promise.race([check, late]);
  } finally {
    clearTimeout(timer);
  }
}

const isAnyOrigin = (origins: readonly string[]): boolean => origins.includes('*');

/** Programs send no origin; browsers always do. */
function isAllowedOrigin(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || isAnyOrigin(allowed) || allowed.includes(origin);
}

const urlHost = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
