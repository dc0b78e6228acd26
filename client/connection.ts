import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

/** Who calls, and for which tenant. */
export interface Credentials {
  /** Access token of a user, or an API key. */
  token?: string;
  /** Needed for users of several tenants; API keys know theirs. */
  tenantId?: string;
}

export interface UserErrorEntry {
  message: string;
  code: string;
  path: string[];
}

/** The platform refused: a user error of a mutation, a GraphQL error, or an HTTP status. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    message: string,
    readonly code: string,
    readonly path: readonly string[] = [],
  ) {
    super(message);
  }
}

/** No platform answers at that address. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(url: string, options: ErrorOptions) {
    super(`No platform answers at ${url}.`, options);
  }
}

/** One platform, seen through GraphQL: queries and mutations by HTTP, subscriptions by graphql-ws, files by signed URLs. */
export class Connection {
  #socket: Client | undefined;

  constructor(
    /** Such as `http://127.0.0.1:4000`. */
    readonly url: string,
    readonly credentials: Credentials = {},
  ) {}

  /** The same platform, seen by another. */
  as(credentials: Credentials): Connection {
    return new Connection(this.url, credentials);
  }

  /** Data of one operation. Throws RequestError for the first GraphQL error. */
  async request<Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const response = await fetch(new URL('/graphql', this.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.credentials.token ? { authorization: `Bearer ${this.credentials.token}` } : {}),
        ...(this.credentials.tenantId ? { 'synthcart-tenant': this.credentials.tenantId } : {}),
      },
      body: JSON.stringify({ query: document, variables }),
    }).catch((error: unknown) => {
      throw new UnreachableError(this.url, { cause: error });
    });
    const body = (await response.json().catch(() => undefined)) as
      { data?: Data; errors?: { message: string; extensions?: { code?: string } }[] } | undefined;
    const error = body?.errors?.[0];
    if (error) throw new RequestError(error.message, error.extensions?.code ?? 'UNKNOWN');
    if (!body?.data) throw new RequestError(`The platform answered HTTP ${response.status}.`, 'HTTP');
    return body.data;
  }

  /** The payload of a mutation with that one root field. Throws RequestError for its first user error. */
  async mutate<Payload>(document: string, variables: Record<string, unknown>): Promise<Payload> {
    const data = await this.request<Record<string, Payload & { userErrors: UserErrorEntry[] }>>(
      document,
      variables,
    );
    const payload = Object.values(data)[0];
    if (!payload)
      throw new RequestError('The platform answered without the payload of the mutation.', 'UNKNOWN');
    const error = payload.userErrors[0];
    if (error) throw new RequestError(error.message, error.code, error.path);
    return payload;
  }

  /**
   * Events of a subscription, until it completes. Ends with an error when the connection can't be had; resuming after a
   * drop is the caller's, who knows the last cursor.
   */
  async *subscribe<Data>(
    document: string,
    variables: Record<string, unknown>,
    signal?: AbortSignal,
  ): AsyncGenerator<Data> {
    this.#socket ??= this.#connect();
    const events = this.#socket.iterate<Data>({ query: document, variables });
    const stop = () => void events.return?.();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for await (const event of events) {
        const error = event.errors?.[0];
        if (error) {
          const code = error.extensions?.['code'];
          throw new RequestError(error.message, typeof code === 'string' ? code : 'UNKNOWN');
        }
        if (event.data) yield event.data;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await this.#socket?.dispose();
    this.#socket = undefined;
  }

  #connect(): Client {
    const url = new URL('/graphql', this.url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return createClient({
      url: url.href,
      webSocketImpl: WebSocket,
      connectionParams: {
        ...(this.credentials.token ? { authorization: `Bearer ${this.credentials.token}` } : {}),
        ...(this.credentials.tenantId ? { tenant: this.credentials.tenantId } : {}),
      },
      retryAttempts: 0,
      keepAlive: 10_000,
    });
  }
}
