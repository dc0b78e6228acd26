import { connect, type NatsConnection } from 'nats';

/** The nats-server of `NATS_URL`, with no more than the library. */
export function connectRaw(): Promise<NatsConnection> {
  const url = new URL(process.env['NATS_URL'] as string);
  return connect({
    servers: url.host,
    user: url.username ? decodeURIComponent(url.username) : undefined,
    pass: url.password ? decodeURIComponent(url.password) : undefined,
  });
}
