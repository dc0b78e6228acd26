import type { SampleConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import type { Session } from '../session.js';
import { loadModel } from '../steps/load-model.js';
import { sampleRows } from '../steps/sample.js';
import type { RunResult } from './runners.js';

/** Draws more rows from a model that an earlier run published. */
export async function sample(session: Session): Promise<RunResult> {
  const { rows } = session.job.config as SampleConfig;
  const model = await session.step('load', async () => {
    await startEngine({ forced: session.engine });
    return loadModel(session);
  });
  const sampled = await session.step('sample', (progress) => sampleRows(session, model, rows, progress));
  const outputs = await session.step('publish', (progress) => session.publish(sampled.files, progress));
  return { outputs, rows: sampled.rows };
}
