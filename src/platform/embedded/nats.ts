import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'nats';
import { PROJECT_ROOT } from '../project-root.js';
import { claim } from './claim.js';
import { findNatsServer } from './find-nats-server.mjs';
import { freePort } from './free-port.js';
import { keepPort, keptPassword, keptPort } from './kept-value.js';
import type { EmbeddedServer, EmbeddedServerOptions } from './postgres.js';
import { commandLine } from './process-table.js';
import { ServerEnded, ServerProcess, stopOrphan } from './server-process.js';

const USER = 'synthcart';

/** The first is a shutdown in order. What was acknowledged is with the operating system by then, so the last loses nothing. */
const STOP_SIGNALS = ['SIGTERM', 'SIGKILL'] as const;

/**
 * Starts a nats-server with JetStream on 127.0.0.1, its streams in `folder/nats`. One that a killed platform left running
 * is ended first; the port stays, so that clients find it again. README.md tells which files there are.
 *
 * @throws when another live process runs one there, or there is no nats-server to start; the message says why.
 */
export async function startEmbeddedNats(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { log, port: wished } = options;
  const program = findNatsServer(PROJECT_ROOT);
  if (!program) {
    throw new Error(
      'nats-server is missing: run "node scripts/setup.mjs", or set NATS_URL to a server that runs with JetStream.',
    );
  }
  const folder = join(resolve(options.folder), 'nats');
  const release = await claim(folder);
  try {
    const password = await keptPassword(join(folder, 'password'));
    const config = join(folder, 'nats.conf');
    await mkdir(join(folder, 'jetstream'), { recursive: true });
    await endOrphan(folder, config, options);
    const version = await versionOf(program);
    const portFile = join(folder, 'port');
    for (let attempt = 1; ; attempt++) {
      const port = wished ?? (await freePort(await keptPort(portFile)));
      await writeFile(config, configuration({ folder, port, password, version }), { mode: 0o600 });
      try {
        const server = await ServerProcess.start(
          {
            name: 'nats-server',
            program,
            arguments: ['-c', config],
            environment: { PATH: process.env['PATH'] },
            user: undefined,
            logPath: join(folder, 'nats.log'),
            probe: () => probe(port, password),
            stopSignals: STOP_SIGNALS,
          },
          log,
        );
        await keepPort(portFile, port);
        return {
          url: `nats://${USER}:${password}@127.0.0.1:${port}`,
          port,
          async stop() {
            await server.stop();
            await release();
          },
        };
      } catch (error) {
        const isTaken = error instanceof ServerEnded && /address already in use/i.test(error.message);
        if (!isTaken || wished !== undefined || attempt === 5) throw error;
      }
    }
  } catch (error) {
    await release();
    throw error;
  }
}

async function endOrphan(folder: string, config: string, { log }: EmbeddedServerOptions): Promise<void> {
  const pid = Number(await readFile(join(folder, 'nats.pid'), 'utf8').catch(() => ''));
  if (!(pid > 0) || !(await commandLine(pid))?.endsWith(`nats-server -c ${config}`)) return;
  await stopOrphan(pid, { name: 'nats-server', stopSignals: STOP_SIGNALS }, log);
}

async function versionOf(program: string): Promise<{ major: number; minor: number }> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  const [, major, minor] = /v?(\d+)\.(\d+)\./.exec(stdout) ?? [];
  return { major: Number(major ?? 0), minor: Number(minor ?? 0) };
}

function configuration(options: {
  folder: string;
  port: number;
  password: string;
  version: { major: number; minor: number };
}): string {
  const { folder, port, password, version } = options;
  const quoted = (text: string) => JSON.stringify(text);
  // A message is safe from a killed process once it is acknowledged; from a power cut only once it is synced, which the
  // server does every two minutes unless told otherwise, and 2.9 can't be told. A second costs next to nothing. What a
  // power cut takes all the same, the record in PostgreSQL brings back: leases expire, and runs are queued again.
  const canSync = version.major > 2 || (version.major === 2 && version.minor >= 10);
  return `# Written at every start.
listen: ${quoted(`127.0.0.1:${port}`)}
server_name: ${quoted(`synthcart-${port}`)}
pid_file: ${quoted(join(folder, 'nats.pid'))}
# Metric batches and profiles of wide tables; anything larger travels as an object.
max_payload: 4MB
authorization { user: ${USER}, password: ${quoted(password)} }
jetstream {
  store_dir: ${quoted(join(folder, 'jetstream'))}
  max_memory_store: 256MB
  max_file_store: 16GB
${canSync ? '  sync_interval: "1s"\n' : ''}}
`;
}

/** Connects, and sees that JetStream answers: it does so only after it has recovered its streams. */
async function probe(port: number, password: string): Promise<void> {
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    user: USER,
    pass: password,
    reconnect: false,
    timeout: 2_000,
  });
  try {
    await connection.jetstreamManager({ timeout: 2_000 });
  } finally {
    await connection.close();
  }
}
