import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Connection } from './connection.js';
import * as operations from './operations.js';

export interface PlatformProcess {
  readonly url: string;
  /** Rejects when the platform ends by itself; never resolves otherwise. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

/** Starts a platform of one's own as a child process; it ends with this one. */
export function startPlatform(options: {
  folder: string;
  port?: number;
  workers?: number;
  logLevel?: string;
}): Promise<PlatformProcess> {
  const child = fork(fileURLToPath(new URL('../src/up.js', import.meta.url)), {
    env: {
      ...process.env,
      SYNTHCART_FOLDER: resolve(options.folder),
      PORT: String(options.port ?? 0),
      WORKERS: String(options.workers ?? 1),
      LOG_LEVEL: options.logLevel ?? process.env['LOG_LEVEL'] ?? 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A group of its own: Ctrl-C must reach this process alone, which then stops the platform in good order.
    detached: true,
  });
  return new Promise((ready, failed) => {
    child.once('error', failed);
    child.once('exit', () => failed(new Error('The platform did not start; the lines above say why.')));
    child.on('message', (message: { ready: boolean; url?: string; error?: string }) => {
      if (!message.ready) return failed(new Error(message.error));
      ready({ url: message.url as string, died: deathOf(child), stop: () => stop(child) });
    });
  });
}

function deathOf(child: ChildProcess): Promise<never> {
  const died = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`The platform stopped (${signal ?? `code ${code}`}).`)),
    );
  });
  died.catch(() => undefined);
  return died;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.send({ stop: true });
  await gone;
}

const Account = z.object({
  email: z.string(),
  password: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  apiKey: z.string(),
});
export type Account = z.infer<typeof Account>;

/** The account that commands use on the platform of this folder: made on first use, kept beside the platform's data. */
export async function localAccount(url: string, folder: string): Promise<Account> {
  const path = join(folder, 'account.json');
  const known = Account.safeParse(JSON.parse(await readFile(path, 'utf8').catch(() => 'null')));
  if (known.success) return known.data;
  const account = await makeAccount(url, { tenant: 'Local', project: 'Local' });
  await mkdir(folder, { recursive: true });
  await writeFile(path, JSON.stringify(account, null, 2), { mode: 0o600 });
  return account;
}

/** Signs up a user with a tenant, a project and an API key of their own. */
export async function makeAccount(url: string, names: { tenant: string; project: string }): Promise<Account> {
  const suffix = randomBytes(4).toString('hex');
  const email = `owner-${suffix}@example.com`;
  const password = randomBytes(18).toString('base64url');
  const stranger = new Connection(url);
  const { tokens } = await stranger.mutate<operations.SignUp>(operations.SIGN_UP, {
    input: { email, password, name: 'Owner' },
  });
  const user = stranger.as({ token: tokens.accessToken });
  const { tenant } = await user.mutate<operations.CreateTenant>(operations.CREATE_TENANT, {
    input: { name: names.tenant },
  });
  const owner = user.as({ token: tokens.accessToken, tenantId: tenant.id });
  const { project } = await owner.mutate<operations.CreateProject>(operations.CREATE_PROJECT, {
    input: { name: names.project },
  });
  const { secret } = await owner.mutate<operations.CreateApiKey>(operations.CREATE_API_KEY, {
    input: { name: 'Command line', scopes: operations.COMMAND_LINE_SCOPES, projectId: project.id },
  });
  return { email, password, tenantId: tenant.id, projectId: project.id, apiKey: secret };
}
