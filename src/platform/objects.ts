import type { Readable } from 'node:stream';

/** What a signed PUT must bring, exactly. */
export interface ExpectedObject {
  bytes: number;
  /** Lower-case hex. When given, other content is refused while it arrives. */
  sha256?: string;
  mediaType: string;
}

export interface ObjectHead {
  bytes: number;
  sha256: string;
}

/**
 * Object storage: a local folder, S3 later. Keys start with the tenant's id. An object appears whole or not at all, and
 * never changes: a PUT to a key that exists succeeds only with the same content.
 */
export interface Objects {
  /** A URL that takes one PUT of exactly that. `seconds` from now it is worth nothing. */
  signPut(key: string, expected: ExpectedObject, seconds: number): string;
  /** A URL that gives the object, as a download of that name. Takes range requests. */
  signGet(key: string, as: { fileName: string; mediaType: string }, seconds: number): string;
  /** Undefined when there is none. */
  head(key: string): Promise<ObjectHead | undefined>;
  /** Whole content; throws a RangeError above `maxBytes`. */
  read(key: string, maxBytes: number): Promise<Buffer>;
  /** Stores content as it arrives; throws UserError UPLOAD_MISMATCH when it isn't what was expected, and keeps nothing. */
  write(key: string, content: Readable, expected: ExpectedObject): Promise<ObjectHead>;
  open(
    key: string,
    range?: { start: number; end: number },
  ): Promise<{ stream: Readable; bytes: number } | undefined>;
  /** No error when it is gone already. */
  delete(key: string): Promise<void>;
}
