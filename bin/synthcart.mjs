#!/usr/bin/env node
// The `synthcart` executable: makes a fresh check-out ready, then hands over to the command line.
import { ensureReady } from '../scripts/setup.mjs';

try {
  await ensureReady({ log: (line) => process.stderr.write(`${line}\n`) });
} catch (error) {
  process.stderr.write(`Set-up: ${error.message}\n`);
  process.exit(1);
}
await import('../dist/client/cli.js');
