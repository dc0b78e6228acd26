import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { testPlatform, type TestPlatform } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';

let platform: TestPlatform;
let shop: Shop;
beforeAll(async () => {
  platform = await testPlatform({ workers: 0, environment: { LOG_LEVEL: 'silent' } });
  shop = await makeShop(platform.url, 'Outage');
}, 30_000);
afterAll(async () => {
  await shop.owner.close();
  await platform.stop();
});

test('when the database is gone, callers learn nothing of it but the id under which to ask, both ways', async () => {
  const client = createClient({
    url: `${platform.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${shop.owner.credentials.token}`, tenant: shop.tenantId },
    lazy: false,
    retryAttempts: 0,
  });
  await new Promise<void>((done) => client.on('connected', () => done()));
  await platform.database.drop();

  const response = await fetch(new URL('/graphql', platform.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.owner.credentials.token}` },
    body: JSON.stringify({ query: '{ projects { totalCount } }' }),
  });
  const overHttp = (await response.json()) as { errors: Shown[] };
  const overWebSocket = await new Promise<Shown[]>((done, failed) =>
    client.subscribe(
      { query: `subscription { projectActivity(projectId: "${shop.projectId}") { action } }` },
      {
        next: (result) => done((result.errors ?? []) as unknown as Shown[]),
        error: (errors) => done(errors as Shown[]),
        complete: () => failed(new Error('It completed.')),
      },
    ),
  );
  await client.dispose();

  for (const errors of [overHttp.errors, overWebSocket]) {
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'INTERNAL',
      requestId: expect.stringMatching(/^req_/) as string,
    });
    expect(errors[0]?.message).toContain(errors[0]?.extensions.requestId);
    expect(JSON.stringify(errors)).not.toMatch(/database|prisma|postgres|test_|at \//i);
  }
  expect((await fetch(new URL('/readyz', platform.url))).status).toBe(503);
}, 30_000);

interface Shown {
  message: string;
  extensions: { code: string; requestId: string };
}
