// The yardstick of the API: Apollo Server on fastify by the same integration, with nothing of ours. `QUERY` says whether
// its one resolver answers a constant, or reads the run by one prepared statement.
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify from 'fastify';
import pg from 'pg';

const CONSTANT = { id: 'run_constant', state: 'SUCCEEDED', step: 'train', progress: 1 };

const tenantId = process.env['TENANT_ID'];
const pool = new pg.Pool({
  connectionString: process.env['DATABASE_APP_URL'],
  max: 12,
  // Row level security shows nothing to a connection without a tenant: these have one for their lifetime.
  options: `-c app.tenant=${tenantId}`,
});

async function storedRun(id: string): Promise<object | undefined> {
  const { rows } = await pool.query<typeof CONSTANT>({
    name: 'run',
    text: 'SELECT id, state, step, progress FROM runs WHERE tenant_id = $1 AND id = $2',
    values: [tenantId, id],
  });
  return rows[0];
}

const apollo = new ApolloServer({
  typeDefs: `type Run { id: ID! state: String! step: String progress: Float }
    type Query { constant(id: ID!): Run run(id: ID!): Run }`,
  resolvers: {
    Query: {
      constant: () => CONSTANT,
      run: (_root: unknown, { id }: { id: string }) => storedRun(id),
    },
  },
  nodeEnv: 'production',
  stopOnTerminationSignals: false,
});
await apollo.start();
const app = fastify();
app.route({ method: 'POST', url: '/graphql', handler: fastifyApolloHandler(apollo) });
await app.listen({ host: '127.0.0.1', port: 0 });
process.once('disconnect', () => process.exit(0));
process.send?.({ type: 'ready', url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` });
