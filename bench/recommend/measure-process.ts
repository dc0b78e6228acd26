import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../gpu-worker/compute/engine.js';
import type { FitSession } from '../../gpu-worker/generators/generator.js';
import { evaluateRanking } from '../../gpu-worker/recommenders/evaluation/evaluate.js';
import { leaveOneOut, type Split } from '../../gpu-worker/recommenders/interactions/splits.js';
import type { FittedRecommender } from '../../gpu-worker/recommenders/recommender.js';
import { recommenderOf } from '../../gpu-worker/recommenders/recommenders.js';
import { dataIn } from './dataset.js';
import type { Measured, Measurement, Scores } from './measurement.js';

const CHECKPOINT_MS = 60_000;
const RANKED = 2000;

/** One recommender, one dataset, one seed: fits to all but each user's last item, and finds those. */
async function measure(request: Measurement): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-recommend-'));
  try {
    const { interactions, catalogue } = await dataIn(request.dataset, folder);
    const split = leaveOneOut(interactions);
    const engine = await startEngine({ forced: request.engine, threads: request.threads });
    const recommender = recommenderOf(request.recommender);
    const config = recommender.config.parse(request.options);
    const kept = await checkpoints(request);
    const begun = performance.now();
    const seconds = (): number => kept.seconds + (performance.now() - begun) / 1000;
    let last = performance.now();
    const session: FitSession = {
      engine,
      seed: request.seed,
      signal: new AbortController().signal,
      metric: (name, step, value) => {
        if (name.startsWith('validation/'))
          process.stderr.write(`  ${seconds().toFixed(0)} s, step ${step}: ${name} ${value.toFixed(4)}\n`);
      },
      progress: () => {},
      checkpointDue: () => kept.path !== undefined && performance.now() - last > CHECKPOINT_MS,
      saveCheckpoint: async (state) => {
        await writeFile(kept.path!, state);
        await writeFile(`${kept.path}.seconds`, String(seconds()));
        last = performance.now();
      },
      checkpoint: kept.state,
    };
    const model = await recommender.fit({ interactions: split.train, catalogue }, config, session);
    const fitSeconds = seconds();
    const scored = (excludeSeen: boolean) =>
      evaluateRanking(model, split.cases, split.train, { cutoffs: [10, 20], excludeSeen, engine });
    const [all, unseen] = [await scored(false), await scored(true)];
    return {
      users: interactions.users.length,
      items: interactions.items.length,
      interactions: interactions.item.length,
      coldUsers: all.cold.users,
      engine: `${engine.name}, ${engine.device}`,
      fitSeconds,
      all: scoresOf(all),
      unseen: scoresOf(unseen),
      ...timed(model, split),
      fileMiB: (await model.save()).length / 2 ** 20,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function scoresOf({ all, cold, warm, traits }: Awaited<ReturnType<typeof evaluateRanking>>): Scores {
  return {
    hitRate: all.hitRate.get(10)!,
    ndcg: all.ndcg.get(10)!,
    mrr: all.mrr.mean,
    recall20: all.recall.get(20)!.mean,
    coldNdcg: cold.ndcg.get(10)!.mean,
    warmNdcg: warm.ndcg.get(10)!.mean,
    traits,
  };
}

function timed(
  model: FittedRecommender,
  { train, cases }: Split,
): { readonly rankMedian: number; readonly rank99: number } {
  const times = cases.slice(0, RANKED).map(({ user }) => {
    const begun = performance.now();
    model.rank({ user: train.users[user]!, k: 10 });
    return performance.now() - begun;
  });
  times.sort((a, b) => a - b);
  return {
    rankMedian: times[Math.floor(times.length / 2)] ?? NaN,
    rank99: times[Math.floor(0.99 * times.length)] ?? NaN,
  };
}

async function checkpoints({ checkpoints: folder, dataset, recommender, seed }: Measurement): Promise<{
  readonly path: string | undefined;
  readonly state: Uint8Array | undefined;
  /** That earlier processes took. */
  readonly seconds: number;
}> {
  if (folder === undefined) return { path: undefined, state: undefined, seconds: 0 };
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${dataset.name}-${recommender}-${seed}.safetensors`);
  if (!existsSync(path)) return { path, state: undefined, seconds: 0 };
  return { path, state: await readFile(path), seconds: Number(await readFile(`${path}.seconds`, 'utf8')) };
}

process.once('message', (request: Measurement) => {
  void measure(request).then(
    (measured) => process.send?.({ type: 'measured', measured }),
    (error: unknown) =>
      process.send?.({ type: 'measured', error: error instanceof Error ? error.message : String(error) }),
  );
});
process.send?.({ ready: true });
