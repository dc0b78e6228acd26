import type { SampleConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import { rebalanced } from '../conditions/rebalancing.js';
import { rowsThatMeet, type RowSource } from '../conditions/rejection-sampling.js';
import { UserFailure } from '../failure.js';
import { LinkedModel } from '../generators/linked/linked-model.js';
import type { Session } from '../session.js';
import { loadAnyModel } from '../steps/load-model.js';
import { sampleLinked } from '../steps/sample-linked.js';
import { sampleRows } from '../steps/sample.js';
import type { RunResult } from './runners.js';

/** Draws more rows from a model that an earlier run published: of one table, or of several. */
export async function sample(session: Session): Promise<RunResult> {
  const config = session.job.config as SampleConfig;
  const { engine, model } = await session.step('load', async () => {
    const { engine: forced, threads } = session;
    const loaded = await loadAnyModel(session);
    const model = loaded instanceof LinkedModel ? unconditional(loaded, config) : conditional(loaded, config);
    return { engine: await startEngine({ forced, threads }), model };
  });
  const sampled = await session.step('sample', async (progress) => {
    if (!(model instanceof LinkedModel)) return sampleRows(session, engine, model, config.rows, progress);
    const { files, tables } = await sampleLinked(
      session,
      engine,
      model,
      config.rows / model.root.rows,
      progress,
    );
    return { files, rows: [...tables.values()].reduce((sum, { rows }) => sum + rows, 0) };
  });
  const outputs = await session.step('publish', (progress) => session.publish(sampled.files, progress));
  return { outputs, rows: sampled.rows };
}

function conditional(model: RowSource, { where = [], rebalance }: SampleConfig): RowSource {
  return rebalanced(rebalance, rowsThatMeet(where, model));
}

/** `rows` are those of the first table without parents; the others follow. */
function unconditional(model: LinkedModel, { where, rebalance }: SampleConfig): LinkedModel {
  if (!where?.length && !rebalance) return model;
  throw new UserFailure(
    'INVALID_CONFIG',
    'A model of several tables takes no conditions and no shares: a condition on one table would not hold for the others. ' +
      'Sample it without them, or fit the table in question by itself.',
    { field: where?.length ? 'where' : 'rebalance' },
  );
}
