import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, it } from '@jest/globals';
import { compile } from './testing/worker-process.js';

beforeAll(compile, 60_000);

/** A worker that must not get as far as to ask for its nats-server, which isn't there. */
async function endOf(environment: Record<string, string>) {
  const { PATH } = process.env;
  const worker = spawn(process.execPath, [join('dist', 'gpu-worker', 'main.js')], {
    env: { PATH, NATS_URL: 'nats://127.0.0.1:1', ...environment },
  });
  const [out, error, [code]] = await Promise.all([
    text(worker.stdout),
    text(worker.stderr),
    once(worker, 'exit') as Promise<[number | null]>,
  ]);
  return { out, error, code };
}

it('ends with one line that says what may be chosen when its engine is none', async () => {
  const { out, error, code } = await endOf({ ENGINE: 'abacus' });
  expect(error).toMatch(/^There is no engine "abacus"\. Set ENGINE to one of .*\n$/);
  expect({ out, code }).toEqual({ out: '', code: 1 });
});

it('ends with a line for each variable that is wrong', async () => {
  const { out, error, code } = await endOf({ SLOTS: 'many', MEMORY_LIMIT_MB: '1' });
  expect(error.match(/^ {2}(SLOTS|MEMORY_LIMIT_MB): /gm)).toHaveLength(2);
  expect({ out, code }).toEqual({ out: '', code: 1 });
});
