import type { DeliverySummary } from './deliveries.js';
import { startChild } from './child-process.js';
import type { BenchPlatform } from './platform.js';

export interface Load {
  subscribers: number;
  pointsPerSecond: number;
  seconds: number;
}

export interface Delivered extends DeliverySummary {
  /** Processors that the gateway kept busy, from the first point to the last. */
  gatewayCpu: number;
}

/**
 * Points of one PROBE run, from its worker to subscribers in a process of their own. The worker starts when all have
 * subscribed, so that no point is a replay.
 */
export async function deliverByPlatform(platform: BenchPlatform, load: Load): Promise<Delivered> {
  const runId = await platform.startProbe(load);
  const subscribers = startChild('./subscribers.js');
  try {
    await subscribers.next('ready');
    const subscribed = subscribers.next('subscribed');
    const first = subscribers.next('first');
    const summary = subscribers.next<{ type: 'summary'; summary: DeliverySummary }>('summary');
    subscribers.send({
      type: 'follow',
      what: { kind: 'run', url: platform.url, token: platform.account.apiKey, runId },
      subscribers: load.subscribers,
      expected: load.pointsPerSecond * load.seconds,
    });
    await subscribed;
    const worker = await platform.startWorker(1);
    try {
      await first;
      const [cpu, time] = [await platform.gatewayCpuSeconds(), performance.now()];
      const done = await summary;
      const seconds = (performance.now() - time) / 1000;
      const gatewayCpu = ((await platform.gatewayCpuSeconds()) - cpu) / seconds;
      return { ...done.summary, gatewayCpu };
    } finally {
      await worker.stop();
    }
  } finally {
    await subscribers.stop();
  }
}

/** The same points in the same batches by core NATS and plain WebSockets: no storage, no GraphQL, no rights. */
export async function deliverRaw(platform: BenchPlatform, load: Load): Promise<DeliverySummary> {
  const environment = { NATS_URL: platform.natsUrl, SUBJECT: 'bench.raw' };
  const relay = startChild('./raw-relay.js', { environment });
  const publisher = startChild('./raw-publisher.js', { environment });
  const subscribers = startChild('./subscribers.js');
  try {
    const [{ url }] = await Promise.all([
      relay.next<{ type: 'ready'; url: string }>('ready'),
      publisher.next('ready'),
      subscribers.next('ready'),
    ]);
    const subscribed = subscribers.next('subscribed');
    const summary = subscribers.next<{ type: 'summary'; summary: DeliverySummary }>('summary');
    subscribers.send({
      type: 'follow',
      what: { kind: 'raw', url },
      subscribers: load.subscribers,
      expected: load.pointsPerSecond * load.seconds,
    });
    await subscribed;
    publisher.send({ type: 'publish', ...load });
    return (await summary).summary;
  } finally {
    await Promise.all([relay.stop(), publisher.stop(), subscribers.stop()]);
  }
}
