import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { put } from './objects.js';

const MEBIBYTE = 1024 * 1024;

test('a large file is sent without being held in memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objects-'));
  let received = 0;
  let most = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received % (8 * MEBIBYTE) < chunk.length) most = Math.max(most, process.memoryUsage().arrayBuffers);
    });
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const path = join(folder, 'large');
    const bytes = 256 * MEBIBYTE;
    await writeFile(path, '');
    await truncate(path, bytes);
    const before = process.memoryUsage().arrayBuffers;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await put(url, { path, bytes }, 'text/csv', new AbortController().signal);
    expect(received).toBe(bytes);
    // What the collector hasn't come to yet, and no more.
    expect(most - before).toBeLessThan(bytes / 2);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
});
