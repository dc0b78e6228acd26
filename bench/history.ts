import { Database } from '../src/platform/database.js';
import { appendPoints } from '../src/metrics/metric.store.js';
import { median, percentile, type Bench } from './report.js';

const LONG = 1_000_000;
const SHORT = 1_000;
const ASKED = 1_000;
const BATCH = 10_000;
const REPEATS = 10;

const HISTORY = `query History($id: ID!, $maxPoints: Int!) {
  run(id: $id) { metrics(maxPoints: $maxPoints) { name buckets { firstStep lastStep min max last count } } }
}`;
interface History {
  run: { metrics: { buckets: { count: number }[] }[] };
}

export const history: Bench = {
  name: 'history',
  compares:
    'A series of 1,000,000 points, read as 1,000 min/max/last buckets through GraphQL over HTTP. Beside it: a series of ' +
    '1,000 points read as they are (buckets of one point). With 2,000 buckets, each smaller than a chunk, the points ' +
    'themselves must be read. One request at a time.',
  async run({ platform, rounds, say }) {
    const [long, short] = [
      await platform.startProbe({ seconds: 0, pointsPerSecond: 0 }),
      await platform.startProbe({ seconds: 0, pointsPerSecond: 0 }),
    ];
    const database = new Database({
      appUrl: platform.appUrl,
      dispatchUrl: platform.dispatchUrl,
      poolSize: 2,
    });
    const { tenantId } = platform.account;
    const store = async (runId: string, count: number) => {
      const start = performance.now();
      for (let first = 0; first < count; first += BATCH) {
        const points = Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => ({
          name: 'train/loss',
          step: first + index + 1,
          value: Math.exp(-(first + index) / 300_000) + 0.1 * Math.sin(first + index),
          at: 1_700_000_000_000 + first + index,
        }));
        await database.withTenant({ tenantId }, (tx) => appendPoints(tx, { tenantId, id: runId }, points));
      }
      return count / ((performance.now() - start) / 1000);
    };
    try {
      say('storing a million points');
      const stored = await store(long, LONG);
      await store(short, SHORT);
      const ask = async (id: string, maxPoints: number, points: number) => {
        const start = performance.now();
        const { run } = await platform.connection.request<History>(HISTORY, { id, maxPoints });
        const milliseconds = performance.now() - start;
        const counted = run.metrics[0]?.buckets.reduce((sum, { count }) => sum + count, 0);
        if (counted !== points) throw new Error(`The buckets hold ${counted} points, not ${points}.`);
        return milliseconds;
      };
      const times = { long: [] as number[], short: [] as number[], fine: [] as number[] };
      for (let repeat = 0; repeat < rounds * REPEATS; repeat++) {
        times.long.push(await ask(long, ASKED, LONG));
        times.short.push(await ask(short, ASKED, SHORT));
        if (repeat < rounds) times.fine.push(await ask(long, 2 * ASKED, LONG));
      }
      const what = '1,000 points as they are';
      return [
        {
          what: '1,000,000 points in 1,000 buckets, p50',
          value: median(times.long),
          unit: 'ms',
          beside: { what, value: median(times.short) },
        },
        {
          what: '1,000,000 points in 1,000 buckets, p99',
          value: percentile(times.long, 0.99),
          unit: 'ms',
          beside: { what, value: percentile(times.short, 0.99) },
        },
        {
          what: '1,000,000 points in 2,000 buckets, p50',
          value: median(times.fine),
          unit: 'ms',
          beside: { what, value: median(times.short) },
        },
        { what: 'storing, batches of 10,000', value: stored, unit: 'points/s' },
      ];
    } finally {
      await database.close();
    }
  },
};
