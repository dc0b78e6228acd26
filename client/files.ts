import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RequestError, type Connection } from './connection.js';
import * as operations from './operations.js';

export interface UploadRequest {
  projectId: string;
  /** Local path of the file. */
  path: string;
  name: string;
  /** TABLE where left out. */
  kind?: 'TABLE' | 'EVENTS' | 'CATALOGUE' | 'SEARCHES';
}

/** Uploads a file as a new dataset. Answers the version, and the run that ingests it. */
export async function uploadDataset(
  connection: Connection,
  request: UploadRequest,
): Promise<{ datasetVersionId: string; runId: string }> {
  const { bytes, sha256 } = await digestOf(request.path);
  const created = await connection.mutate<operations.CreateDatasetUpload>(operations.CREATE_DATASET_UPLOAD, {
    input: {
      projectId: request.projectId,
      name: request.name,
      kind: request.kind ?? 'TABLE',
      fileName: basename(request.path),
      bytes,
      sha256,
    },
  });
  const response = await fetch(created.upload.url, {
    method: created.upload.method,
    headers: {
      ...Object.fromEntries(created.upload.headers.map(({ name, value }) => [name, value])),
      'content-length': String(bytes),
    },
    body: Readable.toWeb(createReadStream(request.path)) as ReadableStream<Uint8Array>,
    duplex: 'half',
    // Else fetch keeps a second copy of the body, for a redirect: the whole file in memory.
    redirect: 'error',
    window: null,
  });
  if (!response.ok) throw await refusal(response);
  const completed = await connection.mutate<operations.CompleteDatasetUpload>(
    operations.COMPLETE_DATASET_UPLOAD,
    {
      input: { datasetVersionId: created.datasetVersion.id, sha256 },
    },
  );
  return { datasetVersionId: created.datasetVersion.id, runId: completed.run.id };
}

/** Fetches a signed URL into a file, which appears whole or not at all. */
export async function download(url: string, path: string, expected: { sha256: string }): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw await refusal(response);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  const hash = createHash('sha256');
  const digest = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(response.body as import('node:stream/web').ReadableStream<Uint8Array>),
      digest,
      createWriteStream(partial),
    );
    if (hash.digest('hex') !== expected.sha256)
      throw new Error(`${basename(path)} arrived damaged; fetch it again.`);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const { size } = await stat(path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { bytes: size, sha256: hash.digest('hex') };
}

async function refusal(response: Response): Promise<RequestError> {
  const body = (await response.json().catch(() => undefined)) as
    { code?: string; message?: string } | undefined;
  return new RequestError(
    body?.message ?? `The platform answered HTTP ${response.status}.`,
    body?.code ?? 'HTTP',
  );
}
