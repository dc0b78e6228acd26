import { deliverByPlatform, deliverRaw, type Load } from './delivery.js';
import { medians, type Bench } from './report.js';

const LOAD: Load = { subscribers: 500, pointsPerSecond: 100, seconds: 15 };

export const fanOut: Bench = {
  name: 'fan-out',
  compares:
    '500 subscribers of one run that emits 100 points a second for 15 s: 500 graphql-ws clients of the same API key in one ' +
    'process, which parses all they get (its own share of the machine is in the figures). Beside it: the same batches by ' +
    'core NATS to 500 plain WebSockets. CPU: processors that the gateway kept busy, of which this includes storing.',
  async run({ platform, rounds, say }) {
    const ours = [];
    const raw = [];
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      ours.push(await deliverByPlatform(platform, LOAD));
      raw.push(await deliverRaw(platform, LOAD));
    }
    const one = await deliverByPlatform(platform, { ...LOAD, subscribers: 1, seconds: 6 });
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
      {
        what: 'every point, p99',
        value: a.p99,
        unit: 'ms',
        beside: { what: 'one subscriber', value: one.p99 },
      },
      {
        what: 'gateway CPU',
        value: a.gatewayCpu * 100,
        unit: '%',
        beside: { what: 'one subscriber', value: one.gatewayCpu * 100 },
      },
      {
        what: 'frames to each subscriber a second',
        value: a.frames / LOAD.subscribers / LOAD.seconds,
        unit: '',
      },
      { what: 'points missing, all rounds', value: sum(ours.map(({ missing }) => missing)), unit: '' },
      { what: 'points repeated, all rounds', value: sum(ours.map(({ repeated }) => repeated)), unit: '' },
    ];
  },
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
