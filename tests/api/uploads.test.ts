import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { finish } from '../../client/synthesize.js';
import { OBJECTS_PATH, readLink, signLink } from '../../src/platform/object-links.js';
import { deriveKey } from '../../src/platform/secrets.js';
import { change } from '../platform/change.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Uploads');
});
afterAll(() => shop.owner.close());

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const FILE = 'a,b\n1,2\n3,4\n';

interface Upload {
  datasetVersion: { id: string };
  upload: { url: string };
}
const declare = (fileName: string, bytes: number, declaredHash?: string) =>
  change<Upload>(shop, 'createDatasetUpload', 'datasetVersion { id } upload { url }', {
    projectId: shop.projectId,
    fileName,
    bytes,
    sha256: declaredHash,
  });
const complete = (upload: Upload, content: string | Buffer) =>
  change<{ run: { id: string } }>(shop, 'completeDatasetUpload', 'run { id }', {
    datasetVersionId: upload.datasetVersion.id,
    sha256: sha256(content),
  });
const put = async (url: string, body: string | Buffer) => {
  const response = await fetch(url, { method: 'PUT', body });
  return { status: response.status, ...((await response.json()) as { code?: string; message?: string }) };
};

describe('a PUT', () => {
  test('of more or less than was declared is refused, and the right file is taken after it', async () => {
    const upload = await declare('a.csv', FILE.length);
    const { url } = upload.upload;
    expect(await put(url, `${FILE}5,6\n`)).toMatchObject({ status: 400, code: 'UPLOAD_MISMATCH' });
    expect(await put(url, FILE.slice(1))).toMatchObject({ status: 400, code: 'UPLOAD_MISMATCH' });
    await expect(complete(upload, FILE)).rejects.toMatchObject({ code: 'UPLOAD_MISMATCH' });
    expect(await put(url, FILE)).toMatchObject({ status: 200 });
    await finish(shop.owner, (await complete(upload, FILE)).run.id, {});
  });

  test('of other bytes than the declared hash says is refused', async () => {
    const upload = await declare('a.csv', FILE.length, sha256(FILE));
    expect(await put(upload.upload.url, FILE.replace('1', '9'))).toMatchObject({
      status: 400,
      code: 'UPLOAD_MISMATCH',
      message: expect.stringContaining('SHA-256') as string,
    });
    expect(await put(upload.upload.url, FILE)).toMatchObject({ status: 200 });
  });

  test('that breaks off half-way leaves nothing', async () => {
    const upload = await declare('a.csv', FILE.length);
    await new Promise<void>((done) => {
      const sending = request(upload.upload.url, {
        method: 'PUT',
        headers: { 'content-length': FILE.length },
      });
      sending.once('error', () => done());
      sending.write(FILE.slice(0, 5), () => sending.destroy(new Error('cut')));
    });
    await expect(complete(upload, FILE)).rejects.toMatchObject({ code: 'UPLOAD_MISMATCH' });
    expect(await put(upload.upload.url, FILE)).toMatchObject({ status: 200 });
  });

  test('to a file that is there already changes nothing of it', async () => {
    const upload = await declare('a.csv', FILE.length);
    expect(await put(upload.upload.url, FILE)).toMatchObject({ status: 200 });
    expect(await put(upload.upload.url, FILE.replace('1', '9'))).toMatchObject({ status: 409 });
    await finish(shop.owner, (await complete(upload, FILE)).run.id, {});
  });

  test('by a link that has expired, or that was changed, is refused', async () => {
    const upload = await declare('a.csv', FILE.length);
    const url = new URL(upload.upload.url);
    const changed = (change: (other: URL) => void) => {
      const other = new URL(url);
      change(other);
      return put(other.href, FILE);
    };
    expect(await put(expired(url).href, FILE)).toMatchObject({ status: 403, code: 'EXPIRED' });
    const forged = await Promise.all([
      changed(({ searchParams }) => searchParams.set('expires', '9999999999')),
      changed(({ searchParams }) => searchParams.set('bytes', '1000000')),
      changed(({ searchParams }) => searchParams.set('method', 'GET')),
      changed(({ searchParams }) => searchParams.delete('signature')),
      changed((other) => (other.pathname += '2')),
      changed((other) => (other.pathname = `${OBJECTS_PATH}../../etc/passwd`)),
    ]);
    for (const { status } of forged) expect([403, 404]).toContain(status);
    expect(await put(url.href, FILE)).toMatchObject({ status: 200 });
  });
});

const rows = (count: number, row: (n: number) => string) => Array.from({ length: count }, (_, n) => row(n));
const good = ['a,b', ...rows(5_000, (n) => `${n},${n * 2}`)].join('\n');

test.each<[string, string, string | Buffer, RegExp, object, string?]>([
  ['a row with more cells than the header', 'ragged.csv', 'a,b\n1,2\n3,4,5\n', /3/, { line: 3 }],
  ['a short row deep inside', 'short.csv', `${good}\n7\n8,9\n`, /1/, { line: 5_002 }],
  ['a quote that is not closed', 'quote.csv', 'a,b\n1,"2\n3,4\n', /quote/, { line: 2 }],
  ['only spaces', 'blank.csv', ' \n\n', /name/, { line: 1, column: '1' }],
  ['a header alone', 'header.csv', 'a,b\n', /row/, { line: 1 }],
  ['two columns of one name', 'twice.csv', 'a,b,a\n1,2,3\n', /twice|name|column/, { line: 1, column: 'a' }],
  ['a column without a name', 'nameless.csv', 'a,,c\n1,2,3\n', /name/, { line: 1, column: '2' }],
  ['a NUL byte', 'nul.csv', 'a,b\n1,2\n3,\0\n', /NUL|zero byte/, { line: 3 }],
  [
    'bytes of no encoding',
    'bytes.csv',
    Buffer.from([...Buffer.from('a,b\n1,2\n3,x'), 0xff, 0xc3, 0x28, 10]),
    /UTF-8|encod/,
    { line: 3 },
    'INVALID_ENCODING',
  ],
  [
    'a gzip bomb',
    'bomb.csv.gz',
    gzipSync(Buffer.alloc(64 << 20, 'a,b\n'), { level: 9 }),
    /bomb/,
    {},
    'LIMIT_EXCEEDED',
  ],
  ['gzip that breaks off', 'half.csv.gz', gzipSync(good).subarray(0, 2_000), /gzip/, {}],
  ['a Parquet file that is none', 'not.parquet', 'PAR1 and nothing more', /[Pp]arquet/, {}],
])(
  'a file with %s fails its version, says where, and leaves no table behind',
  async (_what, fileName, content, message, where, code = 'INVALID_FILE') => {
    const before = new Set(await objectsOf(shop));
    const upload = await declare(fileName, Buffer.byteLength(content));
    expect(await put(upload.upload.url, content)).toMatchObject({ status: 200 });
    const { run } = await complete(upload, content);
    await expect(finish(shop.owner, run.id, {})).rejects.toThrow(message);
    const { node } = await shop.owner.request<{ node: unknown }>(
      `query ($id: ID!) { node(id: $id) { ... on DatasetVersion {
        state rows tableUrl columns { name } run { state attempts { number } artifacts { totalCount } }
        failure { code message location { file line column } }
      } } }`,
      { id: upload.datasetVersion.id },
    );
    expect(node).toEqual({
      state: 'FAILED',
      rows: null,
      tableUrl: null,
      columns: null,
      // The same file would fail again: it isn't tried a second time.
      run: { state: 'FAILED', attempts: [{ number: 1 }], artifacts: { totalCount: 0 } },
      failure: {
        code,
        message: expect.stringMatching(message) as string,
        location: { file: fileName, line: null, column: null, ...where },
      },
    });
    const left = (await objectsOf(shop)).filter((key) => !before.has(key));
    expect(left.map((key) => key.includes(upload.datasetVersion.id))).toEqual([true]);
  },
  30_000,
);

/** The same link, signed as the gateway does, for a time that is over. */
function expired(url: URL): URL {
  const secret = deriveKey(sharedServices().secret, 'signed-url');
  const key = url.pathname.slice(OBJECTS_PATH.length);
  const link = readLink(key, Object.fromEntries(url.searchParams), secret);
  if (!link) throw new Error('The gateway signs links in another way.');
  return new URL(signLink({ ...link, expires: Math.floor(Date.now() / 1000) - 1 }, secret), url);
}

/** Files of a tenant in the object storage. */
async function objectsOf({ tenantId }: Shop): Promise<string[]> {
  const folder = join(fileURLToPath(sharedServices().gatewayEnvironment['OBJECTS_URL'] as string), tenantId);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
