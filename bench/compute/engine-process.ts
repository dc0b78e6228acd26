import { createInterface } from 'node:readline';
import { startEngine } from '../../gpu-worker/compute/engine.js';
import { Pace } from '../../gpu-worker/compute/pace.js';
import type { Losses } from './models/model.js';
import { modelOf } from './models/index.js';

/** An engine's side of the bench. Usage: engine-process.js MODEL THREADS ENGINE; the lines are `contender.ts`'s. */
async function main([modelName = '', threads = '1', forced = '']: readonly string[]): Promise<void> {
  const model = modelOf(modelName);
  const begun = performance.now();
  const engine = await startEngine({ forced, threads: Number(threads) });
  const started = performance.now();
  const run = await model.compile(engine);
  const compiled = performance.now();
  const { version, device } = engine;
  say({ ready: { version, device, startMs: started - begun, compileMs: compiled - started } });

  let number = 0;
  // As many steps a call as a fit of ours takes.
  const pace = new Pace();
  for await (const line of createInterface({ input: process.stdin })) {
    const { steps } = JSON.parse(line) as { steps?: number };
    if (steps === undefined) {
      say({ peakMiB: process.resourceUsage().maxRSS / 1024 });
      continue;
    }
    const times: number[] = [];
    const losses: Losses[] = [];
    const before = process.cpuUsage();
    while (times.length < steps) {
      const count = Math.min(steps - times.length, pace.steps(1));
      const begun = performance.now();
      losses.push(...(await pace.timed(count, () => run(number + 1, count))));
      const each = (performance.now() - begun) / count;
      for (let step = 0; step < count; step++) times.push(each);
      number += count;
    }
    const { user, system } = process.cpuUsage(before);
    say({ times, cpuMs: (user + system) / 1000, losses });
  }
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
