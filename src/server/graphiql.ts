import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

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

/** Serves GraphiQL at `/graphiql`, and sends browsers there from `/`. */
export async function registerGraphiql(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { root: dirname(ownFile('index.html')), serve: false });
  app.get('/', (_request, reply) => reply.redirect('/graphiql'));
  app.get(
    '/graphiql',
    { helmet: { contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY } } },
    (_request, reply) => reply.sendFile('index.html'),
  );
  app.get<{ Params: { file: string } }>('/graphiql/:file', (request, reply) => {
    const path = Object.hasOwn(FILES, request.params.file) ? FILES[request.params.file] : undefined;
    if (!path) return reply.callNotFound();
    return reply.sendFile(path.slice(dirname(path).length + 1), dirname(path));
  });
}
