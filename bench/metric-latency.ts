import { deliverByPlatform, deliverRaw, type Load } from './delivery.js';
import { medians, type Bench } from './report.js';

const LOAD: Load = { subscribers: 1, pointsPerSecond: 100, seconds: 6 };

export const metricLatency: Bench = {
  name: 'metric-latency',
  compares:
    'From the time of a point in the worker to its arrival at one subscriber, for a PROBE run of 100 points a second. On ' +
    'the way: the run’s process, the worker, JetStream, a transaction of PostgreSQL, core NATS, GraphQL, graphql-ws. ' +
    'Beside it: the same batches by core NATS and a plain WebSocket, same machine, three processes as well. Points wait up ' +
    'to 100 ms for their batch on both sides; the newest point of a batch shows what the way itself takes.',
  async run({ platform, rounds, say }) {
    const ours = [];
    const raw = [];
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      ours.push(await deliverByPlatform(platform, LOAD));
      raw.push(await deliverRaw(platform, LOAD));
    }
    const [a, b] = [medians(ours), medians(raw)];
    const what = 'raw NATS + ws';
    return [
      { what: 'every point, p50', value: a.p50, unit: 'ms', beside: { what, value: b.p50 } },
      { what: 'every point, p99', value: a.p99, unit: 'ms', beside: { what, value: b.p99 } },
      {
        what: 'newest of a batch, p50',
        value: a.newestP50,
        unit: 'ms',
        beside: { what, value: b.newestP50 },
      },
      {
        what: 'newest of a batch, p99',
        value: a.newestP99,
        unit: 'ms',
        beside: { what, value: b.newestP99 },
      },
      { what: 'points missing, all rounds', value: sum(ours.map(({ missing }) => missing)), unit: '' },
      { what: 'points repeated, all rounds', value: sum(ours.map(({ repeated }) => repeated)), unit: '' },
    ];
  },
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
