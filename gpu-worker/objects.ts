import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pRetry, { AbortError } from 'p-retry';
import type { StoredObject } from '../schema/messages/job.js';
import { UserFailure } from './failure.js';

/** A gateway may be away for a while; a transfer is tried again for so long before the attempt fails. */
const LONGEST_OUTAGE_MILLISECONDS = 10 * 60_000;

/** RFC 4918, section 11.5. */
const INSUFFICIENT_STORAGE = 507;

/** Pause between two tries of a transfer: from a quarter of a second to ten. */
export const TRANSFER_RETRIES = {
  retries: 1_000,
  minTimeout: 250,
  maxTimeout: 10_000,
  maxRetryTime: LONGEST_OUTAGE_MILLISECONDS,
} as const;

/** The store answered with another status than success. */
export class TransferRefused extends Error {
  override readonly name = 'TransferRefused';

  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(`the object store answered ${status}: ${detail.slice(0, 500)}`);
  }

  /** The signed URL is worth nothing any more; a fresh one may help. */
  get expired(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 410;
  }

  get temporary(): boolean {
    return this.status >= 500 || this.status === 408 || this.status === 425 || this.status === 429;
  }
}

/**
 * Fetches an object to `path`, and checks its size and SHA-256 as it arrives. Tries again while the store is away.
 * Throws UserFailure INPUT_DELETED, which names it by `label`, when the store has no such object.
 */
export async function download(
  object: StoredObject,
  label: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await pRetry(() => downloadOnce(object, label, path, signal), {
    ...TRANSFER_RETRIES,
    signal,
    shouldRetry: ({ error }) =>
      !(error instanceof UserFailure || isDiskError(error)) &&
      !(error instanceof TransferRefused && !error.temporary),
  });
}

async function downloadOnce(
  object: StoredObject,
  label: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(object.url, { signal });
  if (response.status === 404) {
    throw new UserFailure('INPUT_DELETED', `${label} was deleted while the run waited for it.`);
  }
  if (!response.ok || !response.body) {
    throw new TransferRefused(response.status, await response.text().catch(() => ''));
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      const longer = bytes > object.bytes;
      done(longer ? new AbortError(`${label} is longer than its ${object.bytes} bytes`) : null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), check, createWriteStream(path), {
    signal,
  });
  const sha256 = hash.digest('hex');
  if (bytes !== object.bytes) throw new Error(`${label} has ${bytes} bytes instead of ${object.bytes}`);
  if (sha256 !== object.sha256)
    throw new AbortError(`${label} has the SHA-256 ${sha256}, not ${object.sha256}`);
}

/** A file, or bytes in memory. */
export type Content = { readonly path: string; readonly bytes: number } | Uint8Array;

/**
 * One PUT to a signed URL. Throws UserFailure DISK_FULL when the store is full, TransferRefused for any other refusal, or
 * fetch's error when the store can't be reached.
 */
export async function put(
  url: string,
  content: Content,
  mediaType: string,
  signal: AbortSignal,
): Promise<void> {
  const [body, bytes] =
    content instanceof Uint8Array
      ? [content, content.length]
      : [Readable.toWeb(createReadStream(content.path)), content.bytes];
  const response = await fetch(url, {
    method: 'PUT',
    body: body as RequestInit['body'],
    // With its length known, a stream isn't sent in chunks, which a signed PUT doesn't take.
    headers: { 'content-type': mediaType, 'content-length': String(bytes) },
    duplex: 'half',
    // Else fetch keeps a second copy of the body, for a redirect: the whole file in memory.
    redirect: 'error',
    window: null,
    signal,
  });
  if (response.status === INSUFFICIENT_STORAGE) {
    throw new UserFailure(
      'DISK_FULL',
      'The object storage is full. Free space there, and start the run again.',
    );
  }
  if (!response.ok) throw new TransferRefused(response.status, await response.text().catch(() => ''));
  await response.arrayBuffer();
}

/** Size and SHA-256 of a file, read once. */
export async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function isDiskError(error: Error): boolean {
  return 'code' in error && ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].includes(String(error.code));
}
