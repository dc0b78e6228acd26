import { createServer } from 'node:net';

/** The wished port of 127.0.0.1 if it is free, else any free one. Another program may still be faster. */
export async function freePort(wished?: number): Promise<number> {
  return (wished && (await bind(wished).catch(() => undefined))) || bind(0);
}

function bind(port: number): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : port));
    });
  });
}
