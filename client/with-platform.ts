import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Connection } from './connection.js';
import { EXIT } from './exit-codes.js';
import * as operations from './operations.js';
import { localAccount, startPlatform } from './platform.js';
import { RunDisplay } from './run-display.js';

/** The command line is wrong in a way that commander can't know. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Connects to the platform that the environment names, or to one of our own. Progress goes to stderr. */
export async function withPlatform(
  folder: string,
  work: (connection: Connection, projectId: string) => Promise<void>,
): Promise<void> {
  const url = process.env['SYNTHCART_URL'];
  if (url) {
    const token = process.env['SYNTHCART_API_KEY'];
    if (!token) throw new UsageError('SYNTHCART_URL is set; set SYNTHCART_API_KEY too.');
    const connection = new Connection(url, { token });
    try {
      const { projects } = await connection.request<operations.Projects>(operations.PROJECTS);
      const project = projects.nodes[0];
      if (!project) throw new UsageError('The API key sees no project. Make one, or use another key.');
      await work(connection, project.id);
    } finally {
      await connection.close();
    }
    return;
  }
  const platform = await startPlatform({ folder });
  const interrupt = () => void platform.stop().then(() => process.exit(EXIT.interrupted));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const account = await localAccount(platform.url, resolve(folder));
    const connection = new Connection(platform.url, { token: account.apiKey });
    await Promise.race([work(connection, account.projectId), platform.died]).finally(() =>
      connection.close(),
    );
  } finally {
    await platform.stop();
  }
}

export function observer(label: string) {
  const display = new RunDisplay(process.stderr, label);
  return {
    event: (event: operations.RunEvents['runEvents']) => display.event(event),
    points: (points: operations.RunMetrics['runMetrics']['points']) => display.points(points),
    close: () => display.close(),
  };
}

/** Throws UsageError. */
export function requireFile(path: string): void {
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}.`);
}
