import autocannon from 'autocannon';
import { startChild } from './child-process.js';
import { medians, type Bench } from './report.js';

const CONNECTIONS = 32;
const SECONDS = 5;
const WARM_SECONDS = 2;

interface Throughput {
  perSecond: number;
  p50: number;
  p99: number;
}

interface Contender {
  url: string;
  token?: string;
  query: string;
  id: string;
}

export const api: Bench = {
  name: 'api',
  compares:
    `\`run(id) { id state step progress }\` with an API key, by ${CONNECTIONS} connections that ask without a pause: ` +
    'authentication, limits, row level security, a transaction of PostgreSQL. Beside it, each in a process of its own with ' +
    'the same client: Apollo Server on fastify by the same integration, answering a constant; and the same server reading ' +
    'that row by one prepared statement, without a transaction. Client, servers and PostgreSQL share the machine.',
  async run({ platform, rounds, say }) {
    const id = await platform.startProbe({ seconds: 0, pointsPerSecond: 0 });
    const environment = { DATABASE_APP_URL: platform.appUrl, TENANT_ID: platform.account.tenantId };
    const bare = startChild('./bare-server.js', { environment });
    try {
      const { url } = await bare.next<{ type: 'ready'; url: string }>('ready');
      const contenders = {
        ours: { url: platform.url, token: platform.account.apiKey, query: queryOf('run'), id },
        typename: {
          url: platform.url,
          token: platform.account.apiKey,
          query: 'query Nothing { __typename }',
          id,
        },
        constant: { url, query: queryOf('constant'), id },
        statement: { url, query: queryOf('run'), id },
      } satisfies Record<string, Contender>;
      const names = Object.keys(contenders) as (keyof typeof contenders)[];
      for (const name of names) await measure(contenders[name], WARM_SECONDS);
      const results: Record<keyof typeof contenders, Throughput[]> = {
        ours: [],
        typename: [],
        constant: [],
        statement: [],
      };
      for (let round = 1; round <= rounds; round++) {
        say(`round ${round} of ${rounds}`);
        for (const name of names) results[name].push(await measure(contenders[name], SECONDS));
      }
      const [ours, typename, constant, statement] = [
        medians(results.ours),
        medians(results.typename),
        medians(results.constant),
        medians(results.statement),
      ];
      const [c, s] = ['bare, constant', 'bare, one statement'];
      const rate = 'requests/s';
      return [
        {
          what: 'run(id)',
          value: ours.perSecond,
          unit: rate,
          beside: { what: c, value: constant.perSecond },
        },
        {
          what: 'run(id)',
          value: ours.perSecond,
          unit: rate,
          beside: { what: s, value: statement.perSecond },
        },
        {
          what: '__typename',
          value: typename.perSecond,
          unit: rate,
          beside: { what: c, value: constant.perSecond },
        },
        { what: 'run(id), p50', value: ours.p50, unit: 'ms', beside: { what: c, value: constant.p50 } },
        { what: 'run(id), p99', value: ours.p99, unit: 'ms', beside: { what: c, value: constant.p99 } },
        { what: 'run(id), p99', value: ours.p99, unit: 'ms', beside: { what: s, value: statement.p99 } },
      ];
    } finally {
      await bare.stop();
    }
  },
};

const queryOf = (field: 'run' | 'constant') =>
  `query Run($id: ID!) { ${field}(id: $id) { id state step progress } }`;

async function measure({ url, token, query, id }: Contender, seconds: number): Promise<Throughput> {
  const result = await autocannon({
    url: `${url}/graphql`,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query, ...(query.includes('$id') ? { variables: { id } } : {}) }),
    connections: CONNECTIONS,
    duration: seconds,
    // A refused or empty answer is quick: it must not count as one.
    verifyBody: (body) => !String(body).includes('"errors"') && !String(body).includes('null}}'),
  });
  if (result.errors + result.non2xx + result.mismatches > 0) {
    throw new Error(
      `${url}: ${result.errors} errors, ${result.non2xx} answers other than 2xx, ${result.mismatches} without data.`,
    );
  }
  return { perSecond: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 };
}
