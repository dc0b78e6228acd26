import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError, UserErrorCode } from '../server/errors.js';
import { readLink, signLink, type ObjectLink } from './object-links.js';
import type { ExpectedObject, ObjectHead, Objects } from './objects.js';

/** The disk of the store is full. Nothing of what was being written is kept. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
  constructor() {
    super('The object storage is full.');
  }
}

export interface LocalObjectsOptions {
  folder: string;
  /** Signs links; from `deriveKey(secret, 'signed-url')`. */
  secret: Buffer;
  /** Address of the gateway, such as `http://127.0.0.1:4000`; asked at each link, since it is known once it listens. */
  baseUrl: () => string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * Objects in a folder. The object `a/b` is the folder `a/b@` with one file, whose name is the content's SHA-256. Such a
 * folder is written aside and renamed into place: a rename is atomic, and fails where a folder with content is already.
 */
export class LocalObjects implements Objects {
  readonly #folder: string;
  readonly #incoming: string;
  readonly #now: () => number;

  private constructor(private readonly options: LocalObjectsOptions) {
    this.#folder = resolve(options.folder);
    this.#incoming = join(this.#folder, '@incoming');
    this.#now = options.now ?? Date.now;
  }

  /** Makes the folder, and clears away what writers that were killed have left there. */
  static async open(options: LocalObjectsOptions): Promise<LocalObjects> {
    const objects = new LocalObjects(options);
    await mkdir(objects.#incoming, { recursive: true });
    for (const name of await readdir(objects.#incoming)) {
      const path = join(objects.#incoming, name);
      const written = await stat(path).catch(() => undefined);
      if (written && written.mtimeMs < Date.now() - ABANDONED_MILLISECONDS) {
        await rm(path, { recursive: true, force: true });
      }
    }
    return objects;
  }

  signPut(key: string, { bytes, sha256, mediaType }: ExpectedObject, seconds: number): string {
    return this.#sign({
      method: 'PUT',
      key: checkedKey(key),
      expires: this.#expiry(seconds),
      bytes,
      sha256,
      mediaType,
    });
  }

  signGet(key: string, as: { fileName: string; mediaType: string }, seconds: number): string {
    return this.#sign({ method: 'GET', key: checkedKey(key), expires: this.#expiry(seconds), ...as });
  }

  /** What a link that somebody brings allows now. FORBIDDEN whether or not the object is there; EXPIRED when it once did. */
  allowed(key: string, query: Readonly<Record<string, unknown>>): ObjectLink | 'FORBIDDEN' | 'EXPIRED' {
    const link = isKey(key) ? readLink(key, query, this.options.secret) : undefined;
    if (!link) return 'FORBIDDEN';
    return link.expires * 1000 <= this.#now() ? 'EXPIRED' : link;
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const found = await this.#find(key);
    return found && { bytes: found.bytes, sha256: found.sha256 };
  }

  async read(key: string, maxBytes: number): Promise<Buffer> {
    const found = await this.#find(key);
    if (!found) throw new Error(`There is no object ${key}.`);
    if (found.bytes > maxBytes) {
      throw new RangeError(`The object ${key} has ${found.bytes} bytes; at most ${maxBytes} are read.`);
    }
    return readFile(found.path);
  }

  async open(
    key: string,
    range?: { start: number; end: number },
  ): Promise<{ stream: Readable; bytes: number } | undefined> {
    const found = await this.#find(key);
    return found && { stream: createReadStream(found.path, range), bytes: found.bytes };
  }

  async write(key: string, content: Readable, expected: ExpectedObject): Promise<ObjectHead> {
    const target = this.#place(key);
    const aside = join(this.#incoming, randomUUID());
    try {
      await mkdir(aside);
      const sha256 = await receive(content, join(aside, 'content'), expected);
      await rename(join(aside, 'content'), join(aside, sha256));
      await moveInto(aside, target);
    } catch (error) {
      throw isFull(error) ? new StorageFullError() : error;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    const head = await this.head(key);
    if (!head) throw new Error(`The object ${key} was deleted while it was written.`);
    if (expected.sha256 !== undefined && head.sha256 !== expected.sha256) throw otherContent();
    return head;
  }

  async delete(key: string): Promise<void> {
    const aside = join(this.#incoming, randomUUID());
    const place = this.#place(key);
    try {
      await rename(place, aside);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    await rm(aside, { recursive: true, force: true });
    for (let parent = dirname(place); parent !== this.#folder; parent = dirname(parent)) {
      // Fails where something else lies in it, which is how it should be.
      if (
        !(await rmdir(parent).then(
          () => true,
          () => false,
        ))
      )
        break;
    }
  }

  async #find(key: string): Promise<{ path: string; bytes: number; sha256: string } | undefined> {
    const place = this.#place(key);
    try {
      const [sha256] = await readdir(place);
      if (sha256 === undefined) return undefined;
      const path = join(place, sha256);
      return { path, sha256, bytes: (await stat(path)).size };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #place(key: string): string {
    return `${join(this.#folder, checkedKey(key))}@`;
  }

  #expiry(seconds: number): number {
    return Math.ceil(this.#now() / 1000 + seconds);
  }

  #sign(link: ObjectLink): string {
    return new URL(signLink(link, this.options.secret), this.options.baseUrl()).href;
  }
}

/** Older than any upload may take. */
const ABANDONED_MILLISECONDS = 24 * 3600 * 1000;

/** Two to eight names, none of which a file system or a URL reads as more than a name. */
const KEY = /^(?:(?!\.{1,2}(?:\/|$))[\w.-]{1,128}(?:\/(?!$)|$)){2,8}$/;
const isKey = (key: string): boolean => KEY.test(key);

function checkedKey(key: string): string {
  if (!isKey(key)) throw new Error(`"${key}" is not a key of an object.`);
  return key;
}

/** Writes what arrives, and lets nothing through that wasn't declared. Answers its SHA-256. */
async function receive(content: Readable, path: string, expected: ExpectedObject): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > expected.bytes) {
        done(
          mismatch(
            `More than the declared ${expected.bytes} bytes arrived. Declare the size of the file as it is sent.`,
          ),
        );
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const missing = bytes < expected.bytes;
      done(missing ? mismatch(`${bytes} bytes arrived instead of the declared ${expected.bytes}.`) : null);
    },
  });
  await pipeline(content, check, createWriteStream(path, { flags: 'wx', mode: 0o640, flush: true }));
  const sha256 = hash.digest('hex');
  if (expected.sha256 !== undefined && sha256 !== expected.sha256) {
    throw mismatch(`The content's SHA-256 is ${sha256} instead of the declared ${expected.sha256}.`);
  }
  return sha256;
}

/** Puts a written folder in its place, for good once this resolves. A repeat of the same content changes nothing. */
async function moveInto(aside: string, target: string): Promise<void> {
  for (;;) {
    await mkdir(dirname(target), { recursive: true });
    try {
      await rename(aside, target);
      break;
    } catch (error) {
      const code = codeOf(error);
      // A delete of the last other object has just taken the folder away.
      if (code === 'ENOENT') continue;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      const [[mine], [there]] = await Promise.all([readdir(aside), readdir(target)]);
      if (mine !== there) throw otherContent();
      return;
    }
  }
  const folder = await open(dirname(target), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const mismatch = (message: string): UserError => new UserError(UserErrorCode.UPLOAD_MISMATCH, message);

const otherContent = (): UserError =>
  new UserError(
    UserErrorCode.ALREADY_EXISTS,
    'Other content was uploaded here before, and uploads never change. Ask for a new upload.',
  );

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
