import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir, stat, utimes } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { UserErrorCode } from '../server/errors.js';
import { LocalObjects, StorageFullError } from './local-objects.js';
import { rangeOf, registerObjectRoutes } from './object-routes.js';

/** What the file system shows has no event to wait for. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

const KEY = 'ten_1/datasets/dsv_1/shop.csv';
const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');
const csv = (content: Buffer | string) => ({
  bytes: Buffer.byteLength(content),
  sha256: sha256(content),
  mediaType: 'text/csv',
});

let folder: string;
let objects: LocalObjects;
let app: FastifyInstance;
let now: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthcart-objects-'));
  now = Date.now();
  let url = '';
  objects = await LocalObjects.open({
    folder,
    secret: randomBytes(32),
    baseUrl: () => url,
    now: () => now,
  });
  app = fastify({ forceCloseConnections: true });
  await registerObjectRoutes(app, objects);
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (url: string, body: string | Buffer) => fetch(url, { method: 'PUT', body: body as string });
// A folder may go while it is being listed: then the listing begins again.
const kept = async (): Promise<string[]> => {
  try {
    return (await readdir(folder, { recursive: true })).filter((name) => name !== '@incoming');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return kept();
    throw error;
  }
};
const answer = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { code: string; message: string }),
});
const get = (as = { fileName: 'shop.csv', mediaType: 'text/csv' }) => objects.signGet(KEY, as, 60);

test('what is put by a signed link comes back byte for byte by another', async () => {
  const content = randomBytes(3_000_000);
  const response = await put(objects.signPut(KEY, csv(content), 60), content);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ bytes: content.length, sha256: sha256(content) });
  expect(await objects.head(KEY)).toEqual({ bytes: content.length, sha256: sha256(content) });
  const back = await fetch(get());
  expect(back.status).toBe(200);
  expect(Buffer.from(await back.arrayBuffer()).equals(content)).toBe(true);
  expect(Object.fromEntries(back.headers)).toMatchObject({
    'content-type': 'text/csv',
    'content-length': '3000000',
    'content-disposition': `attachment; filename="shop.csv"; filename*=UTF-8''shop.csv`,
    'x-content-type-options': 'nosniff',
    etag: `"${sha256(content)}"`,
  });
});

test('an empty object is an object', async () => {
  expect((await put(objects.signPut(KEY, csv(''), 60), '')).status).toBe(200);
  expect((await fetch(get())).status).toBe(200);
});

test('a body of another size than declared is refused before it is read, and leaves nothing', async () => {
  const link = objects.signPut(KEY, { bytes: 10, mediaType: 'text/csv' }, 60);
  for (const body of ['x'.repeat(9), Buffer.alloc(4_000_000)]) {
    const refused = await answer(await put(link, body));
    expect(refused).toMatchObject({ status: 400, code: 'UPLOAD_MISMATCH' });
    expect(refused.message).toMatch(`brings ${body.length} bytes; 10 were declared`);
  }
  expect(await kept()).toEqual([]);
});

test('other content than declared is refused and leaves nothing', async () => {
  const link = objects.signPut(KEY, csv('expected!'), 60);
  const refused = await answer(await put(link, 'different'));
  expect(refused).toMatchObject({ status: 400, code: 'UPLOAD_MISMATCH' });
  expect(refused.message).toContain(sha256('different'));
  expect(await kept()).toEqual([]);
  expect(await objects.head(KEY)).toBeUndefined();
});

test('a stream that brings more than declared is cut off at once', async () => {
  let read = 0;
  const endless = new Readable({
    read() {
      read += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  await expect(objects.write(KEY, endless, { bytes: 100_000, mediaType: 'x/y' })).rejects.toMatchObject({
    code: UserErrorCode.UPLOAD_MISMATCH,
  });
  expect(read).toBeLessThan(2_000_000);
  expect(await kept()).toEqual([]);
});

test('a sender that goes away in the middle leaves nothing', async () => {
  const link = new URL(objects.signPut(KEY, { bytes: 1_000_000, mediaType: 'text/csv' }, 60));
  const socket = connect(Number(link.port), link.hostname);
  socket.write(
    `PUT ${link.pathname}${link.search} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(1000)}`,
  );
  const [request] = (await once(app.server, 'request')) as [IncomingMessage];
  const closed = new Promise((resolve) => request.once('close', resolve));
  await until(async () => (await readdir(join(folder, '@incoming'))).length === 1);
  socket.destroy();
  await closed;
  await until(async () => (await kept()).length === 0);
  expect(await objects.head(KEY)).toBeUndefined();
});

test('an object never changes: the same again is fine, anything else is refused', async () => {
  expect((await put(objects.signPut(KEY, csv('first'), 60), 'first')).status).toBe(200);
  expect((await put(objects.signPut(KEY, csv('first'), 60), 'first')).status).toBe(200);
  const other = { bytes: 5, mediaType: 'text/csv' };
  expect(await answer(await put(objects.signPut(KEY, other, 60), 'other'))).toMatchObject({
    status: 409,
    code: 'ALREADY_EXISTS',
  });
  expect((await objects.read(KEY, 100)).toString()).toBe('first');
  expect(await readdir(join(folder, '@incoming'))).toEqual([]);
});

test('of two that put different content at the same time, one wins whole', async () => {
  const contents = Array.from({ length: 8 }, (_, i) => Buffer.alloc(100_000, i));
  const results = await Promise.allSettled(
    contents.map((content) =>
      objects.write(KEY, Readable.from([content]), { bytes: 100_000, mediaType: 'x/y' }),
    ),
  );
  const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.sha256] : []));
  expect(winners).toHaveLength(1);
  expect(await objects.head(KEY)).toEqual({ bytes: 100_000, sha256: winners[0] });
});

test('a link is good for its method, key, expiry, size, hash and name alone', async () => {
  await put(objects.signPut(KEY, csv('content'), 60), 'content');
  const links = {
    GET: new URL(get()),
    PUT: new URL(objects.signPut('ten_1/a/new', csv('content'), 60)),
  };
  for (const [method, link] of Object.entries(links)) {
    const attempts: [string, string][] = [];
    const forge = (change: (url: URL) => void, with_ = method) => {
      const forged = new URL(link);
      change(forged);
      attempts.push([with_, forged.href]);
    };
    for (const name of link.searchParams.keys()) {
      forge((url) => url.searchParams.set(name, `${url.searchParams.get(name)}1`));
      forge((url) => url.searchParams.delete(name));
      forge((url) => url.searchParams.append(name, '1'));
    }
    forge((url) => (url.pathname = url.pathname.replace('ten_1', 'ten_2')));
    forge((url) => (url.pathname = `${url.pathname}/../../secret`));
    forge((url) => (url.pathname = url.pathname.replace('ten_1', '..%2f..')));
    forge(() => undefined, method === 'GET' ? 'PUT' : 'GET');
    for (const [verb, url] of attempts) {
      const response = await fetch(url, { method: verb, body: verb === 'PUT' ? 'content' : undefined });
      expect([verb, url, response.status]).toEqual([verb, url, 403]);
      expect(((await response.json()) as { code: string }).code).toBe('FORBIDDEN');
    }
  }
});

test('a wrong signature is told alike whether or not there is an object, and a missing one is 404 with a right one', async () => {
  const forged = (key: string) => {
    const url = new URL(objects.signGet(key, { fileName: 'a', mediaType: 'a/b' }, 60));
    url.searchParams.set('signature', 'AAAA');
    return fetch(url).then(answer);
  };
  await put(objects.signPut(KEY, csv('content'), 60), 'content');
  expect(await forged(KEY)).toEqual(await forged('ten_1/not/there'));
  const missing = objects.signGet('ten_1/not/there', { fileName: 'a', mediaType: 'a/b' }, 60);
  expect(await answer(await fetch(missing))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
});

test('an expired link says so, both ways', async () => {
  const links: [string, string][] = [
    ['GET', get()],
    ['PUT', objects.signPut(KEY, csv('content'), 60)],
  ];
  now += 61_000;
  for (const [method, url] of links) {
    const response = await fetch(url, { method, body: method === 'PUT' ? 'content' : undefined });
    expect(await answer(response)).toMatchObject({ status: 403, code: 'EXPIRED' });
  }
  expect(await kept()).toEqual([]);
});

test('a range gives that part, and what lies outside is refused', async () => {
  await put(objects.signPut(KEY, csv('0123456789'), 60), '0123456789');
  const part = async (range: string) => {
    const response = await fetch(get(), { headers: { range } });
    return [response.status, response.headers.get('content-range'), await response.text()];
  };
  expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
  expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await part('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
  expect(await part('bytes=0-1,3-4')).toEqual([200, null, '0123456789']);
  expect((await part('bytes=10-'))[0]).toBe(416);
  expect(rangeOf('bytes=-0', 10)).toBe('UNSATISFIABLE');
  expect(rangeOf('bytes=4-2', 10)).toBeUndefined();
});

test('a report is shown in a sandbox, and no file name breaks a header', async () => {
  await put(objects.signPut(KEY, csv('<p>hi'), 60), '<p>hi');
  const response = await fetch(get({ fileName: 'a"b\r\nset-cookie: x=1;é.html', mediaType: 'text/html' }));
  expect(response.headers.get('content-disposition')).toBe(
    `inline; filename="a_b__set-cookie: x=1;_.html"; filename*=UTF-8''a%22b%0D%0Aset-cookie%3A%20x%3D1%3B%C3%A9.html`,
  );
  expect(response.headers.get('set-cookie')).toBeNull();
  expect(response.headers.get('content-security-policy')).toContain('sandbox allow-scripts; default-src');
  const odd = await fetch(get({ fileName: 'a', mediaType: 'text/html\r\nx: y' }));
  expect(odd.headers.get('content-type')).toBe('application/octet-stream');
});

test('keys that a file system reads as more than names are impossible', () => {
  for (const key of [
    '',
    'a',
    '/a/b',
    'a/b/',
    'a//b',
    '../a',
    'a/..',
    'a/./b',
    'a/b@',
    'a/b\0',
    'a/b c',
    'a\\b/c',
  ]) {
    expect(() => objects.signGet(key, { fileName: 'a', mediaType: 'a/b' }, 1)).toThrow('is not a key');
  }
  for (const key of ['a/.b', 'a/...', 'ten_1/runs/run_1/1/synthetic.csv']) {
    expect(objects.signGet(key, { fileName: 'a', mediaType: 'a/b' }, 1)).toContain(key);
  }
});

test('a deleted object is gone, and so are the folders that it leaves empty', async () => {
  await put(objects.signPut(KEY, csv('content'), 60), 'content');
  await objects.write('ten_1/other/b', Readable.from(['b']), { bytes: 1, mediaType: 'x/y' });
  await objects.delete(KEY);
  await objects.delete(KEY);
  expect(await objects.head(KEY)).toBeUndefined();
  expect(await readdir(join(folder, 'ten_1'))).toEqual(['other']);
});

test('reading more than asked for is an error', async () => {
  await objects.write(KEY, Readable.from(['content']), { bytes: 7, mediaType: 'x/y' });
  await expect(objects.read(KEY, 6)).rejects.toThrow(RangeError);
  expect((await objects.read(KEY, 7)).toString()).toBe('content');
});

test('what a killed writer left is cleared away at a later start, and what is being written stays', async () => {
  const [old, fresh] = [join(folder, '@incoming', 'old'), join(folder, '@incoming', 'fresh')];
  await Promise.all([mkdir(old), mkdir(fresh)]);
  const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
  await utimes(old, longAgo, longAgo);
  await LocalObjects.open({ folder, secret: randomBytes(32), baseUrl: () => 'http://x' });
  await expect(stat(old)).rejects.toThrow('ENOENT');
  expect((await stat(fresh)).isDirectory()).toBe(true);
});

(mayMount() ? test : test.skip)('a full disk is told as 507, and nothing is left on it', async () => {
  await app.close();
  const disk = await mkdtemp(join(tmpdir(), 'synthcart-small-'));
  mountSmall(disk);
  let url = '';
  objects = await LocalObjects.open({ folder: disk, secret: randomBytes(32), baseUrl: () => url });
  app = fastify({ forceCloseConnections: true });
  await registerObjectRoutes(app, objects);
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  const content = randomBytes(2_000_000);
  try {
    const refused = await answer(await put(objects.signPut(KEY, csv(content), 60), content));
    expect(refused).toMatchObject({ status: 507, code: 'STORAGE_FULL' });
    await expect(objects.write(KEY, Readable.from([content]), csv(content))).rejects.toThrow(
      StorageFullError,
    );
    expect(await readdir(join(disk, '@incoming'))).toEqual([]);
    expect(await objects.head(KEY)).toBeUndefined();
    expect((await put(objects.signPut(KEY, csv('small'), 60), 'small')).status).toBe(200);
  } finally {
    await app.close();
    execFileSync('umount', [disk]);
    await rmdir(disk);
  }
});

/** Mounts a file system of 512 KB. */
function mountSmall(place: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', place], { stdio: 'ignore' });
}

/** Only the superuser may mount, and not in every container. */
function mayMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'synthcart-probe-'));
  try {
    mountSmall(place);
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(place);
  }
}
