// A process of many subscribers. Over IPC it is told what to follow, says `subscribed` once all have asked, `first` when
// the first point arrives, and `summary` when all of them have got their end.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { RUN_METRICS, type RunMetrics } from '../client/operations.js';
import { Deliveries, summarize } from './deliveries.js';

export interface Follow {
  type: 'follow';
  what: { kind: 'run'; url: string; token: string; runId: string } | { kind: 'raw'; url: string };
  subscribers: number;
  /** Points that each is to get. */
  expected: number;
}

/** Connections that are made at a time: a listening socket holds only so many that nobody has accepted yet. */
const CONNECTING = 50;

let firstTold = false;

async function follow({ what, subscribers, expected }: Follow): Promise<void> {
  firstTold = false;
  const all = Array.from({ length: subscribers }, () => new Deliveries());
  const ends: Promise<void>[] = [];
  for (let start = 0; start < all.length; start += CONNECTING) {
    const opened = all
      .slice(start, start + CONNECTING)
      .map((deliveries) =>
        what.kind === 'run' ? followRun(what, deliveries) : followRaw(what.url, deliveries, expected),
      );
    ends.push(...opened.map(({ ended }) => ended));
    await Promise.all(opened.map(({ connected }) => connected));
  }
  process.send?.({ type: 'subscribed' });
  await Promise.all(ends);
  process.send?.({ type: 'summary', summary: summarize(all, expected) });
}

interface Subscriber {
  connected: Promise<void>;
  ended: Promise<void>;
}

function followRun(
  { url, token, runId }: Extract<Follow['what'], { kind: 'run' }>,
  deliveries: Deliveries,
): Subscriber {
  let connected!: () => void;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: { connected: () => connected() },
  });
  return {
    connected: new Promise<void>((done) => (connected = done)),
    ended: new Promise<void>((done, failed) => {
      client.subscribe<RunMetrics>(
        { query: RUN_METRICS, variables: { runId } },
        {
          next: ({ data, errors }) => {
            if (errors || !data) return failed(new Error(JSON.stringify(errors)));
            tellFirst();
            deliveries.take(data.runMetrics.points);
          },
          error: (reason) => failed(reason instanceof Error ? reason : new Error(JSON.stringify(reason))),
          complete: () => done(),
        },
      );
    }).finally(() => void client.dispose()),
  };
}

function followRaw(url: string, deliveries: Deliveries, expected: number): Subscriber {
  const socket = new WebSocket(url);
  return {
    connected: new Promise<void>((done) => socket.once('open', () => done())),
    ended: new Promise<void>((done, failed) => {
      socket.once('error', failed);
      // What NATS loses would never come: the end of the publisher closes the socket then.
      socket.once('close', () => done());
      socket.on('message', (text: Buffer) => {
        tellFirst();
        const { points } = JSON.parse(text.toString()) as RunMetrics['runMetrics'];
        deliveries.take(points);
        if (deliveries.distinct >= expected) socket.close();
      });
    }),
  };
}

function tellFirst(): void {
  if (firstTold) return;
  firstTold = true;
  process.send?.({ type: 'first' });
}

process.on('message', (message: Follow) => {
  follow(message).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
