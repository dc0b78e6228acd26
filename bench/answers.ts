import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { trainRecommender } from '../client/commands/recommend-train.js';
import { trainSearchRanker } from '../client/commands/search-train.js';
import * as operations from '../client/operations.js';
import { Random } from '../gpu-worker/compute/random.js';
import type { BenchPlatform } from './platform.js';
import { processorSeconds } from './processor-time.js';
import { median, type Bench, type Row } from './report.js';

const CALLERS = 50;
/** Requests a second of all callers together, when they pause: each asks five times a second, as somebody does who types. */
const PACED = 250;
const SECONDS = 5;
const WARM_SECONDS = 3;
const ITEMS = 10_000;
const USERS = 4_000;
const EVENTS_A_USER = 12;
/** Different requests; more than a few seconds need would be no different. */
const REQUESTS = 2_000;

const RANKERS = ['bm25', 'two-tower', 'fused'] as const;
const RECOMMENDERS = ['item-knn', 'transformer'] as const;
/** What is learnt makes no difference to what an answer costs. */
const BRIEF: Readonly<Record<string, Record<string, number>>> = {
  'two-tower': { epochs: 1 },
  fused: { epochs: 1 },
  transformer: { epochs: 1 },
};

interface Contender {
  readonly name: string;
  readonly bodies: readonly string[];
}

interface Measurement {
  readonly paced: { readonly p50: number; readonly p99: number };
  readonly ceaseless: { readonly p50: number; readonly p99: number; readonly perSecond: number };
  /** Milliseconds that an answer takes of a processor. */
  readonly processor: { readonly gateway: number; readonly worker: number };
}

export const answers: Bench = {
  name: 'answers',
  compares:
    `\`searchProducts\` and \`recommend\` over ${ITEMS.toLocaleString('en')} products, ten of them an answer, with an API key, by ` +
    `${CALLERS} callers with different requests: paced, ${PACED} requests a second of all together; and without a pause, where the ` +
    'machine is full and a caller waits for all others; what an answer takes of a processor, which other load hardly changes. Beside each: `{ __typename }` by the same callers, which needs neither ' +
    'PostgreSQL nor a worker. Best and median of the rounds. Callers, gateway, worker and PostgreSQL share the machine.',
  async run({ platform, rounds, say }) {
    const worker = await platform.startWorker(1);
    const clocks = [
      ['gateway', () => platform.gatewayCpuSeconds()],
      ['worker', () => processorSeconds(worker.pid)],
    ] as const;
    const contenders = await trained(platform, say);
    const firsts: Row[] = [];
    for (const { name, bodies } of contenders) {
      const started = performance.now();
      const answer = await fetch(`${platform.url}/graphql`, {
        method: 'POST',
        headers: headersOf(platform),
        body: bodies[0],
      });
      if ((await answer.text()).includes('"errors"')) throw new Error(`${name} has no answer`);
      firsts.push({ what: `${name}, first answer`, value: performance.now() - started, unit: 'ms' });
      await load(platform, bodies, WARM_SECONDS, undefined);
    }
    const nothing: Contender = { name: '__typename', bodies: [JSON.stringify({ query: '{ __typename }' })] };
    const all = [...contenders, nothing];
    const measured = new Map<string, Measurement[]>(all.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      for (const { name, bodies } of all) {
        const paced = await load(platform, bodies, SECONDS, PACED);
        const before = await Promise.all(clocks.map(([, seconds]) => seconds()));
        const ceaseless = await load(platform, bodies, SECONDS, undefined);
        const after = await Promise.all(clocks.map(([, seconds]) => seconds()));
        const [gateway, own] = after.map(
          (seconds, at) => (1000 * (seconds - before[at]!)) / ceaseless.answers,
        );
        measured.get(name)!.push({ paced, ceaseless, processor: { gateway: gateway!, worker: own! } });
      }
    }
    const figures = (name: string, of: (one: Measurement) => number): number[] => measured.get(name)!.map(of);
    const cost = (name: string, process: 'gateway' | 'worker'): Row => ({
      what: `${name}, processor of the ${process}`,
      value: median(figures(name, ({ processor }) => processor[process])),
      unit: 'ms',
      beside: {
        what: nothing.name,
        value: median(figures(nothing.name, ({ processor }) => processor.gateway)),
      },
    });
    const row = (name: string, what: string, of: (one: Measurement) => number): Row => ({
      what: `${name}, ${what}, best ${Math.min(...figures(name, of)).toFixed(0)}, median`,
      value: median(figures(name, of)),
      unit: 'ms',
      beside: { what: nothing.name, value: median(figures(nothing.name, of)) },
    });
    return [
      ...firsts,
      ...contenders.flatMap(({ name }): Row[] => [
        row(name, 'paced, p50', ({ paced }) => paced.p50),
        row(name, 'paced, p99', ({ paced }) => paced.p99),
        row(name, 'no pause, p99', ({ ceaseless }) => ceaseless.p99),
        cost(name, 'gateway'),
        cost(name, 'worker'),
        {
          what: `${name}, no pause`,
          value: median(figures(name, ({ ceaseless }) => ceaseless.perSecond)),
          unit: 'requests/s',
          beside: {
            what: nothing.name,
            value: median(figures(nothing.name, ({ ceaseless }) => ceaseless.perSecond)),
          },
        },
      ]),
    ];
  },
};

const headersOf = ({ account }: BenchPlatform) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${account.apiKey}`,
});

async function load(
  platform: BenchPlatform,
  bodies: readonly string[],
  seconds: number,
  overallRate: number | undefined,
): Promise<{ p50: number; p99: number; perSecond: number; answers: number }> {
  let next = 0;
  const result = await autocannon({
    url: `${platform.url}/graphql`,
    method: 'POST',
    headers: headersOf(platform),
    connections: CALLERS,
    duration: seconds,
    ...(overallRate !== undefined && { overallRate }),
    requests: [{ setupRequest: (request) => ({ ...request, body: bodies[next++ % bodies.length] }) }],
    // A refused answer is quick: it must not count as one.
    verifyBody: (body) => !String(body).includes('"errors"'),
  });
  if (result.errors + result.non2xx + result.mismatches > 0)
    throw new Error(
      `${result.errors} errors, ${result.non2xx} answers other than 2xx, ${result.mismatches} without data.`,
    );
  return {
    p50: result.latency.p50,
    p99: result.latency.p99,
    perSecond: result.requests.average,
    answers: result.requests.total,
  };
}

/** Models of each kind over the same products, and requests for them. */
async function trained(platform: BenchPlatform, say: (line: string) => void): Promise<Contender[]> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-bench-answers-'));
  const quiet = () => ({});
  const { connection, account } = platform;
  try {
    const shop = madeShop();
    const [catalogue, log] = [join(folder, 'products.csv'), join(folder, 'events.csv')];
    await writeFile(catalogue, shop.catalogue);
    await writeFile(log, shop.log);
    const common = { projectId: account.projectId, seed: 1, out: join(folder, 'out') };
    const contenders: Contender[] = [];
    for (const ranker of RANKERS) {
      say(`training ${ranker}`);
      const options = BRIEF[ranker] ?? {};
      const request = { ...common, file: catalogue, ranker, options };
      const { searchRankerArtifactId } = await trainSearchRanker(connection, request, quiet);
      const bodies = shop.queries.map((query) =>
        JSON.stringify({
          query: operations.SEARCH_PRODUCTS,
          variables: { input: { searchRankerArtifactId, query } },
        }),
      );
      contenders.push({ name: `searchProducts, ${ranker}`, bodies });
    }
    for (const recommender of RECOMMENDERS) {
      say(`training ${recommender}`);
      const options = BRIEF[recommender] ?? {};
      const request = { ...common, file: log, recommender, options };
      const { recommenderArtifactId } = await trainRecommender(connection, request, quiet);
      const bodies = shop.histories.map((history) =>
        JSON.stringify({
          query: operations.RECOMMEND,
          variables: { input: { recommenderArtifactId, history } },
        }),
      );
      contenders.push({ name: `recommend, ${recommender}`, bodies });
    }
    return contenders;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Products with titles of five made-up words, of which some are rare, users who go from one to others near it, and requests. */
function madeShop() {
  const random = Random.seeded(1).derive('shop');
  const syllables = ['ba', 'co', 'de', 'fi', 'gu', 'la', 'me', 'no', 'pi', 'ra', 'so', 'tu'];
  const words = Array.from({ length: 2_000 }, () =>
    Array.from({ length: 3 }, () => syllables[random.integer(syllables.length)]).join(''),
  );
  const word = (): string => words[Math.floor(words.length * random.uniform() ** 2)]!;
  const titles = Array.from({ length: ITEMS }, () => Array.from({ length: 5 }, word).join(' '));
  const near = (item: number): number => (item + 1 + random.integer(20)) % ITEMS;
  const walk = (length: number): number[] => {
    const items = [random.integer(ITEMS)];
    while (items.length < length) items.push(near(items.at(-1)!));
    return items;
  };
  const events = Array.from({ length: USERS }, (_, user) =>
    walk(EVENTS_A_USER).map(
      (item, at) => `u${user},2026-01-${String(at + 1).padStart(2, '0')} 08:00:00,p${item}`,
    ),
  );
  return {
    catalogue: ['product_id,title', ...titles.map((title, item) => `p${item},${title}`)].join('\n'),
    log: ['user_id,event_time,product_id', ...events.flat()].join('\n'),
    queries: Array.from({ length: REQUESTS }, () => {
      const [first, second, third] = titles[random.integer(ITEMS)]!.split(' ');
      return `${first} ${second} ${third!.slice(0, 4)}`;
    }),
    histories: Array.from({ length: REQUESTS }, () => walk(8).map((item) => ({ item: `p${item}` }))),
  };
}
