// The yardstick of a gateway: hands each NATS message to each WebSocket, as it is.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connectRaw } from './raw-nats.js';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
await once(server, 'listening');
const connection = await connectRaw();
connection.subscribe(process.env['SUBJECT'] as string, {
  callback: (_error, message) => {
    const text = message.string();
    for (const socket of server.clients) socket.send(text);
  },
});
await connection.flush();
process.once('disconnect', () => process.exit(0));
const { port } = server.address() as AddressInfo;
process.send?.({ type: 'ready', url: `ws://127.0.0.1:${port}` });
