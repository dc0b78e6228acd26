import type { SampleConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import { rebalanced } from '../conditions/rebalancing.js';
import { rowsThatMeet } from '../conditions/rejection-sampling.js';
import type { Session } from '../session.js';
import { loadModel } from '../steps/load-model.js';
import { sampleRows } from '../steps/sample.js';
import type { RunResult } from './runners.js';

/** Draws more rows from a model that an earlier run published. */
export async function sample(session: Session): Promise<RunResult> {
  const { rows, where = [], rebalance } = session.job.config as SampleConfig;
  const { engine, model } = await session.step('load', async () => {
    const { engine: forced, threads } = session;
    const model = rebalanced(rebalance, rowsThatMeet(where, await loadModel(session)));
    return { engine: await startEngine({ forced, threads }), model };
  });
  const sampled = await session.step('sample', (progress) =>
    sampleRows(session, engine, model, rows, progress),
  );
  const outputs = await session.step('publish', (progress) => session.publish(sampled.files, progress));
  return { outputs, rows: sampled.rows };
}
