import { AttemptLimit } from './attempts.js';
import { ExpiringCache } from './expiring-cache.js';
import { checkPassword, hashPassword, passwordMatches } from './passwords.js';
import { PERMISSIONS, PERMISSIONS_OF_ROLE, higherRole, mayGrant } from './permissions.js';
import { AccessTokens, newSecret, secretHash } from './tokens.js';

describe('permissions', () => {
  const ascending = ['VIEWER', 'EDITOR', 'ADMIN', 'OWNER'] as const;

  test('each role may do all that the one below it may, and an owner everything', () => {
    for (const [i, role] of ascending.entries()) {
      for (const lower of ascending.slice(0, i)) {
        expect([...PERMISSIONS_OF_ROLE[lower]].filter((p) => !PERMISSIONS_OF_ROLE[role].has(p))).toEqual([]);
        expect(higherRole(role, lower)).toBe(role);
        expect(mayGrant(lower, role)).toBe(false);
        expect(mayGrant(role, lower)).toBe(true);
      }
    }
    expect([...PERMISSIONS_OF_ROLE.OWNER].sort()).toEqual([...PERMISSIONS].sort());
  });

  test('a viewer changes nothing', () => {
    expect([...PERMISSIONS_OF_ROLE.VIEWER].every((permission) => permission.endsWith(':read'))).toBe(true);
    expect(PERMISSIONS_OF_ROLE.VIEWER.has('audit:read')).toBe(false);
    expect(PERMISSIONS_OF_ROLE.VIEWER.has('apiKey:read')).toBe(false);
  });
});

describe('access tokens', () => {
  const tokens = new AccessTokens(Buffer.alloc(32, 1), 60);

  test('say whom they were issued to', async () => {
    const { token, expiresAt } = await tokens.issue('usr_1', 'ses_1');
    expect(await tokens.read(token)).toEqual({
      userId: 'usr_1',
      sessionId: 'ses_1',
      expiresAt: expiresAt.getTime(),
    });
  });

  test('of another installation, altered, unsigned or expired are worth nothing', async () => {
    const { token } = await tokens.issue('usr_1', 'ses_1');
    expect(await new AccessTokens(Buffer.alloc(32, 2), 60).read(token)).toBeUndefined();
    const [head, , signature] = token.split('.');
    const other = Buffer.from(JSON.stringify({ sub: 'usr_2' })).toString('base64url');
    expect(await tokens.read(`${head}.${other}.${signature}`)).toBeUndefined();
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await tokens.read(`${none}.${token.split('.')[1]}.`)).toBeUndefined();
    expect(await tokens.read('nonsense')).toBeUndefined();
    const old = await new AccessTokens(Buffer.alloc(32, 1), -60).issue('usr_1', 'ses_1');
    expect(await tokens.read(old.token)).toBe('expired');
  });
});

test('secrets are of one length, of letters and digits, and never the same', () => {
  const secrets = Array.from({ length: 200 }, () => newSecret('synthcart_'));
  expect(secrets.every((secret) => /^synthcart_[0-9A-Za-z]{43}$/.test(secret))).toBe(true);
  expect(new Set(secrets.map(secretHash)).size).toBe(200);
});

describe('passwords', () => {
  test('only the right one matches, and none matches where there is no account', async () => {
    const hash = await hashPassword('correct horse battery');
    expect(hash).toMatch(/^\$argon2id\$/);
    expect(await passwordMatches('correct horse battery', hash)).toBe(true);
    expect(await passwordMatches('Correct horse battery', hash)).toBe(false);
    expect(await passwordMatches('nobody has this password', undefined)).toBe(false);
  });

  test.each(['short', 'aaaaaaaaaaaaaaa', 'ADA@example.com', 'x'.repeat(201)])('%s is refused', (password) => {
    expect(() => checkPassword(password, ['ada@example.com'], ['input', 'password'])).toThrow();
  });
});

test('guesses are slowed down for each key on its own, and forgotten after a success', () => {
  let now = 0;
  const limit = new AttemptLimit(2, 30, 100, () => now);
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([0, 0, 30, 0]);
  now += 30_000;
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 30]);
  limit.succeeded('a');
  expect(limit.take('a')).toBe(0);
});

test('the cache asks once for many, keeps no failure, and never grows above its size', async () => {
  const cache = new ExpiringCache<number>(60_000, 3);
  let asked = 0;
  const ask = async () => ++asked;
  expect(await Promise.all([cache.get('a', ask), cache.get('a', ask)])).toEqual([1, 1]);
  await expect(cache.get('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await cache.get('b', ask)).toBe(2);
  for (const key of ['c', 'd', 'e']) await cache.get(key, ask);
  expect(cache.size).toBe(3);
  expect(await cache.get('a', ask)).toBe(6);
});
