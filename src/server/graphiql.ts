import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const require = createRequire(import.meta.url);
const packageFile = (name: string, path: string): string =>
  join(dirname(require.resolve(`${name}/package.json`)), path);
const ownFile = (name: string): string => fileURLToPath(new URL(`graphiql/${name}`, import.meta.url));

/** All from this installation: the page works without a network. */
const FILES: Readonly<Record<string, string>> = {
  'page.css': ownFile('page.css'),
  'start.js': ownFile('start.js'),
  'examples.json': ownFile('examples.json'),
  'graphiql.css': packageFile('graphiql', 'graphiql.min.css'),
  'graphiql.js': packageFile('graphiql', 'graphiql.min.js'),
  'graphql-ws.js': packageFile('graphql-ws', 'umd/graphql-ws.min.js'),
  'react.js': packageFile('react', 'umd/react.production.min.js'),
  'react-dom.js': packageFile('react-dom', 'umd/react-dom.production.min.js'),
};

/**
 * What the page may do: run its own scripts and call this gateway. GraphiQL's editor writes style elements of its own, and
 * draws with data: images.
 */
export const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'", 'ws:', 'wss:'],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

interface PageFile {
  content: Buffer;
  mediaType: string;
  etag: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
};

/** Serves GraphiQL at `/graphiql`, and sends browsers there from `/`. The files, 1.5 MB, are kept in memory. */
export async function registerGraphiql(app: FastifyInstance): Promise<void> {
  const page = await pageFile(ownFile('index.html'));
  const files = new Map(
    await Promise.all(
      Object.entries(FILES).map(async ([name, path]) => [name, await pageFile(path)] as const),
    ),
  );
  app.get('/', (_request, reply) => reply.redirect('/graphiql'));
  app.get(
    '/graphiql',
    { helmet: { contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY } } },
    (request, reply) => send(request, reply, page),
  );
  app.get<{ Params: { file: string } }>('/graphiql/:file', (request, reply) => {
    const file = files.get(request.params.file);
    return file ? send(request, reply, file) : reply.callNotFound();
  });
}

async function pageFile(path: string): Promise<PageFile> {
  const content = await readFile(path);
  return {
    content,
    mediaType: MEDIA_TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url')}"`,
  };
}

function send(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  // Asked for at each visit, and sent only when an update has changed it.
  reply.headers({ etag: file.etag, 'cache-control': 'no-cache', 'content-type': file.mediaType });
  return request.headers['if-none-match'] === file.etag ? reply.code(304).send() : reply.send(file.content);
}
