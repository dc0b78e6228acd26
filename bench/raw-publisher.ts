// The yardstick of a worker: publishes points by core NATS, in the worker's batches, with nothing between.
import { setTimeout as delay } from 'node:timers/promises';
import { connectRaw } from './raw-nats.js';

export interface Publish {
  type: 'publish';
  pointsPerSecond: number;
  seconds: number;
}

/** As the worker batches. */
const BATCH_MILLISECONDS = 100;

const connection = await connectRaw();

async function publish({ pointsPerSecond, seconds }: Publish): Promise<void> {
  const start = Date.now();
  const total = pointsPerSecond * seconds;
  let points: object[] = [];
  let batchSince = 0;
  for (let sequence = 1; sequence <= total; sequence++) {
    const at = start + (sequence * 1000) / pointsPerSecond;
    await delay(Math.max(0, at - Date.now()));
    if (points.length === 0) batchSince = at;
    points.push({ name: 'probe/value', step: sequence, value: Math.sin(sequence), at, sequence });
    if (at - batchSince >= BATCH_MILLISECONDS || sequence === total) {
      connection.publish(
        process.env['SUBJECT'] as string,
        JSON.stringify({ cursor: `points.${sequence}`, points }),
      );
      points = [];
    }
  }
  await connection.flush();
  process.send?.({ type: 'published' });
}

process.on('message', (message: Publish) => {
  publish(message).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
