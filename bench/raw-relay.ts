// The yardstick of a gateway: hands each NATS message to each WebSocket, as it is.
import type { AddressInfo } from 'node:net';
import { connect } from 'nats';
import { WebSocketServer } from 'ws';

const connection = await connect({ servers: process.env['NATS_URL'] });
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
connection.subscribe(process.env['SUBJECT'] as string, {
  callback: (_error, message) => {
    const text = message.string();
    for (const socket of server.clients) socket.send(text);
  },
});
await connection.flush();
process.once('disconnect', () => process.exit(0));
server.once('listening', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ type: 'ready', url: `ws://127.0.0.1:${port}` });
});
