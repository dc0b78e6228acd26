import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Connection } from '../../client/connection.js';
import { followRun } from '../../client/follow-run.js';
import { makeAccount } from '../../client/platform.js';
import { sharedServices } from '../platform/services.js';
import { smallTable } from '../platform/shop.js';

/** One operation of the README, with what the comments before it say to the test. */
interface Example {
  document: string;
  /** Placeholder → path in the answer. */
  keeps: [placeholder: string, path: string][];
  /** Placeholder of a run that must have ended before. */
  after: string | undefined;
}

function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  for (const [, comments = '', document = ''] of markdown.matchAll(
    /((?:<!-- test: [^\n]* -->\s*)*)```graphql\n([\s\S]*?)```/g,
  )) {
    const keeps = [...comments.matchAll(/test: (\w+) = ([\w.]+)/g)].map(
      ([, placeholder, path]) => [placeholder, path] as [string, string],
    );
    examples.push({ document, keeps, after: /test: after (\w+)/.exec(comments)?.[1] });
  }
  return examples;
}

test('the operations of the README work when they are copied in order', async () => {
  const { gatewayUrl } = sharedServices();
  const account = await makeAccount(gatewayUrl, { tenant: 'Reader', project: 'First steps' });
  const connection = new Connection(gatewayUrl, { token: account.apiKey });
  const file = Buffer.from(smallTable());
  const known = new Map([
    ['FILE_BYTES', String(file.length)],
    ['FILE_SHA256', createHash('sha256').update(file).digest('hex')],
  ]);
  const filled = (text: string) =>
    [...known].reduce((filling, [placeholder, value]) => filling.replaceAll(placeholder, value), text);

  const examples = examplesOf(readFileSync('README.md', 'utf8'));
  expect(examples).toHaveLength(7);
  try {
    for (const { document, keeps, after } of examples) {
      const operation = filled(document);
      if (operation.startsWith('subscription')) {
        const points = [];
        for await (const data of connection.subscribe<{ runMetrics: { points: unknown[] } }>(operation, {})) {
          points.push(...data.runMetrics.points);
        }
        expect(points.length).toBeGreaterThan(0);
        continue;
      }
      if (after) await followRun(connection, known.get(after) as string, {});
      const data = await connection.request<Record<string, unknown>>(operation);
      expect(JSON.stringify(data)).not.toContain('"code":');
      for (const [placeholder, path] of keeps) known.set(placeholder, String(at(data, path)));
      if (keeps.some(([placeholder]) => placeholder === 'UPLOAD_URL')) {
        const put = await fetch(known.get('UPLOAD_URL') as string, { method: 'PUT', body: file });
        expect(put.ok).toBe(true);
      }
    }
    const result = await connection.request<{ run: { state: string } }>(
      'query ($id: ID!) { run(id: $id) { state } }',
      { id: known.get('RUN_ID') },
    );
    expect(result.run.state).toBe('SUCCEEDED');
  } finally {
    await connection.close();
  }
}, 120_000);

function at(data: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], data);
}
