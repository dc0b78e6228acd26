import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from '@jest/globals';
import { compile } from './testing/worker-process.js';

beforeAll(compile, 60_000);

/** Of an error of `startEngine`, in a process of plain Node: Jest has stacks of its own. */
const PROGRAM = `
  import { showSourcesInStacks } from './dist/gpu-worker/source-stacks.js';
  import { startEngine } from './dist/gpu-worker/compute/engine.js';
  showSourcesInStacks();
  await startEngine({ forced: 'abacus' }).catch((error) => console.log(error.stack));
`;

it('a stack names the line of the source where an error was made', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM]);
  const [message, frame] = stdout.split('\n');
  expect(message).toMatch(/^UserFailure: There is no engine "abacus"/);
  const [, line] =
    /^ {4}at startEngine \(.*\/gpu-worker\/compute\/engine\.ts:(\d+):\d+\)$/.exec(frame!) ?? [];
  const source = await readFile(join('gpu-worker', 'compute', 'engine.ts'), 'utf8');
  expect(source.split('\n')[Number(line) - 1]).toContain('new UserFailure(');
});
