import { PassThrough, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { UserError, UserErrorCode } from '../server/errors.js';
import { StorageFullError, type LocalObjects } from './local-objects.js';
import { OBJECTS_PATH, type ObjectLink } from './object-links.js';

type ObjectRequest = FastifyRequest<{ Params: { '*': string }; Querystring: Record<string, unknown> }>;

/**
 * PUT and GET of signed links. Errors are JSON, `{ code, message }`: 403 FORBIDDEN for a link that we didn't sign, whether
 * or not there is an object, and 403 EXPIRED for one whose time is up.
 */
export async function registerObjectRoutes(app: FastifyInstance, objects: LocalObjects): Promise<void> {
  await app.register(async (scope) => {
    // Bodies are streamed, whatever they call themselves.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.put(`${OBJECTS_PATH}*`, (request: ObjectRequest, reply) => putObject(objects, request, reply));
    scope.get(`${OBJECTS_PATH}*`, (request: ObjectRequest, reply) => getObject(objects, request, reply));
  });
}

async function putObject(
  objects: LocalObjects,
  request: ObjectRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const link = allowed(objects, request, reply, 'PUT');
  if (link?.method !== 'PUT') return reply;
  const declared = request.headers['content-length'];
  if (declared === undefined) {
    return refuse(
      request,
      reply,
      411,
      'INVALID_INPUT',
      'Send the size of the file as the header content-length.',
    );
  }
  if (Number(declared) !== link.bytes) {
    return refuse(
      request,
      reply,
      400,
      UserErrorCode.UPLOAD_MISMATCH,
      `The request brings ${declared} bytes; ${link.bytes} were declared when the upload was made.`,
    );
  }
  try {
    const { bytes, sha256 } = await objects.write(link.key, bodyOf(request), link);
    return reply.code(200).header('etag', `"${sha256}"`).send({ bytes, sha256 });
  } catch (error) {
    if (error instanceof UserError) {
      const status = error.code === UserErrorCode.ALREADY_EXISTS ? 409 : 400;
      return refuse(request, reply, status, error.code, error.message);
    }
    if (error instanceof StorageFullError) {
      request.log.error({ err: error, key: link.key }, 'an upload found the object storage full');
      return refuse(
        request,
        reply,
        507,
        'STORAGE_FULL',
        'The object storage is full. Nothing was kept; try again later, or tell whoever runs this installation.',
      );
    }
    // The sender went away; nobody is left to answer.
    if (request.raw.destroyed && !request.raw.complete) return reply.hijack();
    throw error;
  }
}

async function getObject(
  objects: LocalObjects,
  request: ObjectRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const link = allowed(objects, request, reply, 'GET');
  if (link?.method !== 'GET') return reply;
  const head = await objects.head(link.key);
  if (!head) return gone(reply);
  const etag = `"${head.sha256}"`;
  reply.headers({
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'private, max-age=3600, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    'content-type': safeMediaType(link.mediaType),
    'content-disposition': disposition(link),
    // A report may draw with the scripts inside it, in an origin of its own and without the network.
    'content-security-policy':
      "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:",
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();

  const condition = request.headers['if-range'];
  const wanted = condition === undefined || condition === etag ? request.headers.range : undefined;
  const range = rangeOf(wanted, head.bytes);
  if (range === 'UNSATISFIABLE') {
    reply.removeHeader('content-disposition');
    return reply
      .code(416)
      .header('content-range', `bytes */${head.bytes}`)
      .type('application/json')
      .send({ code: 'INVALID_INPUT', message: `The file has ${head.bytes} bytes; the range lies outside.` });
  }
  const found = await objects.open(link.key, range);
  if (!found) return gone(reply);
  if (range) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${head.bytes}`);
    reply.header('content-length', range.end - range.start + 1);
  } else {
    reply.header('content-length', head.bytes);
  }
  return reply.send(found.stream);
}

function allowed(
  objects: LocalObjects,
  request: ObjectRequest,
  reply: FastifyReply,
  method: ObjectLink['method'],
): ObjectLink | undefined {
  const link = objects.allowed(request.params['*'], request.query);
  if (link === 'EXPIRED') {
    refuse(request, reply, 403, UserErrorCode.EXPIRED, 'This link has expired. Ask for a new one.');
    return undefined;
  }
  if (link === 'FORBIDDEN' || link.method !== method) {
    refuse(
      request,
      reply,
      403,
      UserErrorCode.FORBIDDEN,
      'This link is not valid. Use it exactly as it was given.',
    );
    return undefined;
  }
  return link;
}

/** A stream of the body whose end, also a bad one, leaves the connection open for the answer. */
function bodyOf({ raw }: ObjectRequest): Readable {
  const body = new PassThrough();
  // Whoever reads it learns of it; nobody does once the object is written.
  body.on('error', () => undefined);
  raw.pipe(body);
  raw.once('close', () => {
    if (!raw.complete) body.destroy(new Error('The sender went away.'));
  });
  return body;
}

/** How long a refused sender may go on, so that it gets to read why: a connection cut under it would lose the answer. */
const LINGER_MILLISECONDS = 5_000;

function refuse(
  request: ObjectRequest,
  reply: FastifyReply,
  status: number,
  code: string,
  message: string,
): FastifyReply {
  const { raw } = request;
  if (!raw.complete) {
    raw.unpipe();
    raw.resume();
    const timer = setTimeout(() => raw.complete || raw.socket.destroy(), LINGER_MILLISECONDS).unref();
    raw.once('close', () => clearTimeout(timer));
  }
  return reply.code(status).type('application/json').send({ code, message });
}

function gone(reply: FastifyReply): FastifyReply {
  return reply
    .removeHeader('content-disposition')
    .code(404)
    .type('application/json')
    .send({ code: UserErrorCode.NOT_FOUND, message: 'The file is not there (any more).' });
}

/** One range of bytes, both ends included (RFC 9110, section 14); several, or other units, count as none. */
export function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'UNSATISFIABLE' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, first, last] = match;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'UNSATISFIABLE' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'UNSATISFIABLE' : { start, end };
}

function safeMediaType(mediaType: string): string {
  return /^[\w.+-]+\/[\w.+-]+(;\s?charset=[\w-]+)?$/.test(mediaType) ? mediaType : 'application/octet-stream';
}

/** Pages are shown, everything else is saved. The name in both spellings of RFC 6266. */
function disposition({ fileName, mediaType }: { fileName: string; mediaType: string }): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const kind = mediaType.startsWith('text/html') ? 'inline' : 'attachment';
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
