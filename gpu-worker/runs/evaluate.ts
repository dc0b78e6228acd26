import type { EvaluateConfig } from '../../schema/messages/run-config.js';
import type { Session } from '../session.js';
import { evaluateTables, type Compared } from '../steps/evaluate.js';
import { loadTable } from '../steps/load-table.js';
import type { RunResult } from './runners.js';

/** Scores a synthetic table against a real one, beside a real holdout if there is one. */
export async function evaluateRun(session: Session): Promise<RunResult> {
  const { target, constraints, events } = session.job.config as EvaluateConfig;
  const compared = await session.step('load', async (progress): Promise<Compared> => {
    const [real, synthetic, test] = [
      session.input('REAL'),
      session.input('SYNTHETIC'),
      session.optionalInput('TEST'),
    ];
    const realTable = await loadTable(session, real);
    progress(0.4);
    const table = await loadTable(session, synthetic);
    progress(0.8);
    return {
      real: { table: realTable, input: real },
      synthetic: { table, rows: table.rows, input: synthetic },
      test: test && { table: await loadTable(session, test), input: test },
      target,
      constraints,
      events,
    };
  });
  const { files } = await session.step('evaluate', (progress) => evaluateTables(session, compared, progress));
  const outputs = await session.step('publish', (progress) => session.publish(files, progress));
  return { outputs };
}
