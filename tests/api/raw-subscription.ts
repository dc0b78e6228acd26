import WebSocket from 'ws';
import type { Shop } from '../platform/shop.js';

interface Frame {
  type: string;
  payload?: { data?: unknown; errors?: unknown };
}

/**
 * One subscription on a socket of its own, which a test can pause or cut: the stock client reads always, and says good-bye.
 * Speaks graphql-transport-ws (github.com/enisdenjo/graphql-ws, PROTOCOL.md).
 */
export class RawSubscription<Data> {
  /** Resolves when the subscription has completed, or its socket is closed. */
  readonly done: Promise<'COMPLETED' | 'CUT'>;
  readonly #socket: WebSocket;

  constructor(shop: Shop, query: string, variables: object, take: (data: Data) => void) {
    const { token, tenantId } = shop.owner.credentials;
    const url = `${shop.url.replace(/^http/, 'ws')}/graphql`;
    const socket = new WebSocket(url, 'graphql-transport-ws');
    this.#socket = socket;
    const send = (message: object) => socket.send(JSON.stringify(message));
    socket.once('open', () =>
      send({ type: 'connection_init', payload: { authorization: `Bearer ${token}`, tenant: tenantId } }),
    );
    this.done = new Promise((done, failed) => {
      socket.on('message', (text) => {
        const { type, payload } = JSON.parse((text as Buffer).toString()) as Frame;
        if (type === 'connection_ack') {
          send({ id: '1', type: 'subscribe', payload: { query, variables } });
        } else if (type === 'next' && payload?.data) {
          take(payload.data as Data);
        } else if (type === 'complete') {
          done('COMPLETED');
          socket.close();
        } else if (type !== 'ping' && type !== 'pong') {
          failed(new Error(JSON.stringify(payload)));
        }
      });
      socket.once('error', failed);
      socket.once('close', () => done('CUT'));
    });
  }

  /** Reads nothing more from the network. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** As a network does that fails: without a word. */
  cut(): void {
    this.#socket.terminate();
  }
}
