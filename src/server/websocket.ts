import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import {
  GraphQLError,
  OperationTypeNode,
  getOperationAST,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import type { Authentication, Credentials, Identity } from '../access/authentication.js';
import { actorId, type RequestContext } from '../access/context.js';
import { Documents } from './documents.js';
import { TENANT_HEADER, credentialsOf } from './credentials.js';
import { UserError } from './errors.js';
import { limitError, overCost, overVariables } from './limits.js';
import { shownError } from './masking.js';
import { newRequestId } from './request-id.js';
import { openSubscription, type PayloadStream } from './subscription-execution.js';

/** Of one gateway. A dashboard has one connection and a few subscriptions on it. */
const CONNECTIONS_PER_CALLER = 1_000;
const SUBSCRIPTIONS_PER_CONNECTION = 100;
/** A peer that doesn't answer a ping within as long is gone. */
const PING_MILLISECONDS = 30_000;
/** How often an open connection's rights are looked at again. */
const RECHECK_MILLISECONDS = 10_000;
const MAX_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** Close codes after which the stock client comes back with fresh connectionParams. */
const FORBIDDEN = CloseCode.Forbidden;
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;

interface Connection {
  socket: WebSocket;
  headers: Credentials;
  identity?: Identity;
  timers: NodeJS.Timeout[];
}

/** What `onSubscribe` hands to `subscribe`. */
interface Opening {
  request: RequestContext;
  socket: WebSocket;
  id: string;
}

type ConnectionContext = Context<Record<string, unknown>, Connection>;

export interface SubscriptionServerOptions {
  schema: GraphQLSchema;
  authentication: Authentication;
  log: Logger;
}

/**
 * GraphQL subscriptions by the graphql-transport-ws protocol. Same limits and same masking as over HTTP; queries and
 * mutations are refused, so that there is one way to send them. A connection is closed with 4403 when its credentials
 * end or its rights change, and with 1001 when the gateway stops: the stock client connects again after both.
 */
export class SubscriptionServer {
  readonly #documents: Documents;
  readonly #connections = new Map<string, number>();
  readonly #sockets = new Set<WebSocket>();
  readonly #server;

  constructor(private readonly options: SubscriptionServerOptions) {
    this.#documents = new Documents(options.schema);
    this.#server = makeServer<Record<string, unknown>, Connection>({
      connectionInitWaitTimeout: 10_000,
      onConnect: (context) => this.#connect(context),
      onSubscribe: (context, id, payload) => this.#check(context, id, payload),
      subscribe: (args) => this.#open(args),
      onDisconnect: (context) => this.#disconnect(context),
      onError: (_context, _id, _payload, errors) => {
        const requestId = newRequestId();
        return errors.map((error) => shownError(error, requestId, options.log));
      },
      // Events don't come this way (see #open): what does is the errors of a subscription that could not be opened.
      onNext: (_context, _id, _payload, args, result) => ({
        errors: (result.errors ?? []).map((error) =>
          shownError(error, (args.contextValue as Opening).request.requestId, options.log),
        ),
      }),
    });
  }

  /** Serves a connection that was just upgraded. */
  accept(socket: WebSocket, request: FastifyRequest): void {
    const connection: Connection = {
      socket,
      headers: credentialsOf(request.headers),
      timers: [],
    };
    this.#sockets.add(socket);
    const closed = this.#server.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data) => {
            handle((data as Buffer).toString()).catch((error: unknown) => {
              this.options.log.error({ err: error }, 'a WebSocket message could not be handled');
              socket.close(CloseCode.InternalServerError, 'Internal error');
            });
          }),
      },
      connection,
    );
    const stopPings = keepAlive(socket);
    socket.once('close', (code, reason) => {
      stopPings();
      connection.timers.forEach(clearTimeout);
      this.#sockets.delete(socket);
      closed(code, String(reason)).catch((error: unknown) =>
        this.options.log.error({ err: error }, 'a WebSocket could not be closed'),
      );
    });
  }

  /** Sends everybody elsewhere: to another gateway, or back here after the restart. */
  async close(): Promise<void> {
    const closing = [...this.#sockets].map(
      (socket) =>
        new Promise<void>((done) => {
          socket.once('close', () => done());
          socket.close(GOING_AWAY, 'The gateway restarts');
          setTimeout(() => socket.terminate(), 2_000).unref();
        }),
    );
    await Promise.all(closing);
  }

  /** Answers the ack, or closes the socket with a reason. */
  async #connect(context: ConnectionContext): Promise<boolean> {
    const { socket } = context.extra;
    const credentials = paramsOf(context);
    if (!credentials.authorization) {
      socket.close(CloseCode.Unauthorized, 'Send authorization in connectionParams');
      return true;
    }
    let identity: Identity;
    try {
      identity = await this.options.authentication.identify(credentials);
    } catch (error) {
      if (error instanceof UserError) {
        socket.close(FORBIDDEN, reasonOf(error));
      } else {
        this.options.log.error({ err: error }, 'a WebSocket could not be authenticated');
        socket.close(TRY_AGAIN_LATER, 'Try again later');
      }
      return true;
    }
    const caller = actorId(identity.actor) ?? '';
    const connections = this.#connections.get(caller) ?? 0;
    if (connections >= CONNECTIONS_PER_CALLER) {
      socket.close(TRY_AGAIN_LATER, `More than ${CONNECTIONS_PER_CALLER} connections`);
      return true;
    }
    if (socket.readyState !== socket.OPEN) return true;
    this.#connections.set(caller, connections + 1);
    context.extra.identity = identity;
    this.#watchRights(context.extra, credentials, identity);
    return true;
  }

  #disconnect({ extra: { identity } }: ConnectionContext): void {
    const caller = identity && (actorId(identity.actor) ?? '');
    if (caller === undefined) return;
    const left = (this.#connections.get(caller) ?? 1) - 1;
    if (left > 0) this.#connections.set(caller, left);
    else this.#connections.delete(caller);
  }

  #watchRights(connection: Connection, credentials: Credentials, identity: Identity): void {
    const { socket } = connection;
    if (identity.expiresAt !== undefined) {
      const left = Math.min(identity.expiresAt - Date.now(), MAX_TIMER_MILLISECONDS);
      connection.timers.push(setTimeout(() => socket.close(FORBIDDEN, 'The credentials have expired'), left));
    }
    const granted = rightsKey(identity);
    const recheck = setInterval(() => {
      this.options.authentication.identify(credentials).then(
        (now) => {
          if (rightsKey(now) !== granted) socket.close(FORBIDDEN, 'The rights have changed');
        },
        (error: unknown) => {
          // While the database is away, what was granted stays granted.
          if (error instanceof UserError) socket.close(FORBIDDEN, reasonOf(error));
        },
      );
    }, RECHECK_MILLISECONDS);
    connection.timers.push(recheck);
  }

  /** Opens the subscription, or says what is wrong with it. */
  async #check(context: ConnectionContext, id: string, payload: SubscribePayload) {
    const { identity, socket } = context.extra;
    if (!identity) throw new Error('A message came before the connection was acknowledged.');
    if (Object.keys(context.subscriptions).length > SUBSCRIPTIONS_PER_CONNECTION) {
      return [limitError(`A connection has at most ${SUBSCRIPTIONS_PER_CONNECTION} subscriptions.`)];
    }
    const checked = this.#documents.check(payload.query);
    if (checked.errors) return checked.errors;
    const operation = getOperationAST(checked.document, payload.operationName);
    if (!operation) {
      return [badInput('Say by `operationName` which operation of the document you mean.')];
    }
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      return [badInput(`Send a ${operation.operation} by HTTP POST; the WebSocket is for subscriptions.`)];
    }
    const variables = payload.variables ?? {};
    const excess =
      overVariables(variables) ?? overCost(this.options.schema, checked.document, operation, variables);
    if (excess) return [excess];

    const request: RequestContext = { ...identity, requestId: newRequestId() };
    const opening: Opening = { request, socket, id };
    return {
      schema: this.options.schema,
      document: checked.document,
      operationName: payload.operationName ?? undefined,
      variableValues: variables,
      contextValue: opening,
    };
  }

  async #open(args: ExecutionArgs): Promise<ExecutionResult | AsyncGenerator<never>> {
    const { request, socket, id } = args.contextValue as Opening;
    const opened = await openSubscription({
      ...args,
      request,
      format: (error) => shownError(error, request.requestId, this.options.log),
    });
    return 'errors' in opened ? opened : frames(opened, socket, id);
  }
}

/**
 * Sends the answers of a subscription itself, and shows the protocol's library only their end: the library would make a
 * text of every answer for every subscriber, where many have the same. One frame at a time: the next answer is asked for
 * once the last one has left, so that a slow reader's source can see that it is slow.
 */
function frames(answers: PayloadStream, socket: WebSocket, id: string): AsyncGenerator<never> {
  const start = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const done = { value: undefined, done: true as const };
  const stream = {
    async next() {
      for (;;) {
        const answer = await answers.next();
        if (answer === undefined) return done;
        await send(socket, `${start}${answer}}`);
      }
    },
    return: () => {
      answers.return();
      return Promise.resolve(done);
    },
    throw: (error: unknown) => {
      answers.return();
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => answers.return(),
  };
  return stream;
}

/** Resolves once the message has left this process. A socket that is gone takes it silently. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((sent) => {
    if (socket.readyState !== socket.OPEN) return sent();
    socket.send(text, () => sent());
  });
}

function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const pings = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MILLISECONDS);
  return () => clearInterval(pings);
}

/** connectionParams count first: a browser can't set headers on a WebSocket, other clients may. */
function paramsOf({ connectionParams, extra }: ConnectionContext): Credentials {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const given = Object.entries(connectionParams ?? {});
  const param = (...names: string[]) => text(given.find(([name]) => names.includes(name.toLowerCase()))?.[1]);
  return {
    authorization: param('authorization') ?? extra.headers.authorization,
    tenant: param('tenant', TENANT_HEADER) ?? extra.headers.tenant,
  };
}

function rightsKey({ actor, tenantId, role }: Identity): string {
  const scopes = actor.kind === 'API_KEY' ? [...actor.scopes].sort() : [];
  return JSON.stringify([actor.kind, actorId(actor), tenantId, role, scopes]);
}

const badInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

/** A close frame's reason has at most 123 bytes. */
const reasonOf = (error: UserError) => Buffer.from(error.message).subarray(0, 120).toString();
