import WebSocket from 'ws';
import { Connection } from '../../client/connection.js';
import { AccessTokens } from '../../src/access/tokens.js';
import { deriveKey } from '../../src/platform/secrets.js';
import { join } from '../access/operations.js';
import { change } from '../platform/change.js';
import { withClient } from '../platform/observe.js';
import { sharedServices, startProcess, type TestProcess } from '../platform/services.js';
import { makeShop, makeUser, type Shop } from '../platform/shop.js';

let shop: Shop;
/** Another gateway of the same installation, which learns of changes by the database alone. */
let other: TestProcess;
beforeAll(async () => {
  const { gatewayUrl, gatewayEnvironment } = sharedServices();
  shop = await makeShop(gatewayUrl, 'Sessions');
  other = await startProcess('dist/src/main.js', gatewayEnvironment);
});
afterAll(async () => {
  await shop.owner.close();
  await other.kill('SIGTERM');
});

interface Tokens {
  tokens: { accessToken: string; refreshToken: string };
}
const signedIn = async () => {
  const { email, password, userId } = await makeUser(shop.url);
  const { tokens } = await change<Tokens>(
    { owner: new Connection(shop.url) },
    'signIn',
    'tokens { accessToken refreshToken }',
    { email, password },
  );
  return { ...tokens, userId };
};
const refresh = (refreshToken: string, url = shop.url) =>
  change<Tokens>({ owner: new Connection(url) }, 'refreshSession', 'tokens { accessToken refreshToken }', {
    refreshToken,
  });
const viewer = (token: string, url = shop.url) =>
  new Connection(url, { token }).request<{ viewer: { id: string } | null }>('{ viewer { id } }');
const REFUSED = { code: 'UNAUTHENTICATED' };

test('a session goes on with fresh tokens at any gateway, until one comes a second time', async () => {
  const first = await signedIn();
  const { tokens: second } = await refresh(first.refreshToken);
  const { tokens: third } = await refresh(second.refreshToken, other.url);
  expect(await viewer(third.accessToken)).toEqual({ viewer: { id: first.userId } });
  // Somebody who copied it; now nobody can say who is who.
  await expect(refresh(second.refreshToken)).rejects.toMatchObject(REFUSED);
  await expect(refresh(third.refreshToken)).rejects.toMatchObject(REFUSED);
  await expect(viewer(third.accessToken)).rejects.toMatchObject(REFUSED);
});

test('of two refreshes with one token at the same time, one at most is answered', async () => {
  const { refreshToken } = await signedIn();
  const answers = await Promise.allSettled([refresh(refreshToken), refresh(refreshToken, other.url)]);
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
  expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: REFUSED });
});

test('tokens and keys are good for their time', async () => {
  const { accessToken, refreshToken, userId } = await signedIn();
  const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string;
  };
  const issue = async (seconds: number) =>
    (await new AccessTokens(deriveKey(sharedServices().secret, 'access-token'), seconds).issue(userId, sid))
      .token;
  expect(await viewer(await issue(60))).toEqual({ viewer: { id: userId } });
  await expect(viewer(await issue(-1))).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('expired') as string,
  });
  // A socket that was opened in time is closed when the token ends.
  expect(await closeCode(await issue(2))).toBe(4403);

  const { secret, apiKey } = await newKey();
  await inDatabase('UPDATE sessions SET expires_at = now() WHERE id = $1', sid);
  await inDatabase('UPDATE api_keys SET expires_at = now() WHERE id = $1', apiKey.id);
  await expect(refresh(refreshToken)).rejects.toMatchObject(REFUSED);
  await expect(viewer(secret)).rejects.toMatchObject(REFUSED);
}, 20_000);

test('what is ended at one gateway ends at the others within seconds: keys, sessions, memberships', async () => {
  const { secret, apiKey } = await newKey();
  const { accessToken } = await signedIn();
  const member = await join(shop, 'VIEWER');
  const asMember = new Connection(other.url, member.connection.credentials);
  const uses: (() => Promise<unknown>)[] = [
    () => viewer(secret, other.url),
    () => viewer(accessToken, other.url),
    () => asMember.request('{ tenant { id } }'),
  ];
  await Promise.all(uses.map((use) => use()));

  await change(shop, 'revokeApiKey', '', { id: apiKey.id });
  await new Connection(shop.url, { token: accessToken }).mutate(
    'mutation { signOut { userErrors { message code path } } }',
    {},
  );
  await change(shop, 'removeMember', '', { id: member.memberId });
  await expect(viewer(secret)).rejects.toMatchObject(REFUSED);
  await expect(viewer(accessToken)).rejects.toMatchObject(REFUSED);

  // The time limit of this test is the promise: five seconds, and some for the calls.
  const answers = await Promise.all(uses.map(untilRefused));
  expect(answers).toMatchObject([REFUSED, REFUSED, { code: 'FORBIDDEN' }]);
}, 10_000);

/** Asks again and again, since nobody announces that something has come to its end. */
async function untilRefused(use: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      await use();
    } catch (error) {
      return error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

const newKey = () =>
  change<{ apiKey: { id: string }; secret: string }>(shop, 'createApiKey', 'apiKey { id } secret', {
    name: 'Key',
    scopes: ['RUN_READ'],
  });

function inDatabase(sql: string, id: string): Promise<unknown> {
  return withClient(sharedServices().sharedDatabaseUrl, (client) => client.query(sql, [id]));
}

/** Opens a socket with that token, and waits until the gateway closes it. */
function closeCode(token: string): Promise<number> {
  const socket = new WebSocket(`${shop.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  return new Promise((done, failed) => {
    let acknowledged = false;
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
    );
    socket.once('message', () => (acknowledged = true));
    socket.once('close', (code) =>
      acknowledged ? done(code) : failed(new Error(`closed at once: ${code}`)),
    );
  });
}
