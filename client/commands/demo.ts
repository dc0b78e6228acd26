import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '../connection.js';
import { makeAccount, startPlatform } from '../platform.js';
import { RunDisplay } from '../run-display.js';
import { scoreTable } from '../score-table.js';
import { synthesize } from '../synthesize.js';

export interface DemoOptions {
  /** Ends after the main job instead of staying up. */
  once: boolean;
  folder: string;
  out: string;
  port: number;
}

/** The main job end to end on real data: what the platform is for, in one command. */
export async function demo(options: DemoOptions): Promise<void> {
  const started = performance.now();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say('Starting PostgreSQL, nats-server, the gateway and a worker …');
  const platform = await startPlatform({ folder: options.folder, port: options.port });
  const interrupted = new Promise<void>((done) => {
    process.once('SIGINT', () => done()).once('SIGTERM', () => done());
  });
  try {
    const work = mainJob(platform.url, options.out, say, started);
    const ended = await Promise.race([
      work.then(() => 'done'),
      interrupted.then(() => 'interrupted'),
      platform.died,
    ]);
    if (ended === 'interrupted' || options.once) return;
    say('The platform stays up; Ctrl-C ends it.');
    await Promise.race([interrupted, platform.died]);
  } finally {
    await platform.stop();
  }
}

async function mainJob(
  url: string,
  out: string,
  say: (line: string) => void,
  started: number,
): Promise<void> {
  const account = await makeAccount(url, { tenant: 'Demo shop', project: 'Online shoppers' });
  say(`Made the tenant ${account.tenantId} with a user, the project ${account.projectId} and an API key.`);
  const connection = new Connection(url, { token: account.apiKey, tenantId: account.tenantId });
  try {
    const { summary, scores, files } = await synthesize(
      connection,
      {
        projectId: account.projectId,
        file: fileURLToPath(
          new URL('../../../examples/online-shoppers/online-shoppers.csv', import.meta.url),
        ),
        generator: 'autoregressive',
        options: {},
        seed: 1,
        out,
      },
      (label) => {
        const display = new RunDisplay(process.stdout, label);
        return {
          event: (event) => display.event(event),
          points: (points) => display.points(points),
          close: () => display.close(),
        };
      },
    );
    say('');
    say(scoreTable(scores));
    say('');
    say(
      `${summary.rows} rows × ${summary.columns} columns; trained in ${summary.trainSeconds.toFixed(1)} s, sampled in ` +
        `${summary.sampleSeconds.toFixed(1)} s on ${summary.engine}; ${summary.metricPointsReceived} of ` +
        `${summary.metricPointsPublished} metric points received; ${((performance.now() - started) / 1000).toFixed(0)} s in all.`,
    );
    for (const file of files) say(`  ${relative(process.cwd(), file) || file}`);
    say('');
    say(`  GraphiQL       ${url}/graphiql`);
    say(`  GraphQL        ${url}/graphql   (WebSocket: ${url.replace(/^http/, 'ws')}/graphql)`);
    say(`  Report         ${join(out, 'report.html')}`);
    say(`  Sign in with   ${account.email} / ${account.password}`);
    say(`  or send        authorization: Bearer ${account.apiKey}`);
  } finally {
    await connection.close();
  }
}
