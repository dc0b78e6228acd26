import { RequestError, type Connection } from '../connection.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { fetchArtifacts, finish } from '../synthesize.js';

/** As the API's `ConditionInput`. */
export interface Condition {
  column: string;
  in?: string[];
  min?: string;
  max?: string;
}

/** As the API's `RebalanceInput`. */
export interface Rebalance {
  column: string;
  shares: { value: string; share: number }[];
}

export interface SampleRequest {
  projectId: string;
  /** The run that fitted the model. */
  run: string;
  rows: number;
  seed?: number;
  where: Condition[];
  rebalance?: Rebalance;
  /** Folder for synthetic.csv and synthetic.parquet. */
  out: string;
}

/** Makes more rows with the model of an earlier run. */
export async function sample(
  connection: Connection,
  { projectId, run: modelRun, rows, seed, where, rebalance, out }: SampleRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{ runId: string; rows: number; files: string[] }> {
  const { run: fitted } = await connection.request<operations.RunResult>(operations.RUN_RESULT, {
    id: modelRun,
  });
  const model = fitted.artifacts.nodes.find(({ kind }) => kind === 'MODEL');
  if (!model)
    throw new RequestError(`The run ${modelRun} made no model. Give a run of synthesize.`, 'NO_MODEL');
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId,
      seed,
      sample: { modelArtifactId: model.id, rows, where: where.length > 0 ? where : undefined, rebalance },
    },
  });
  const { run } = await finish(connection, started.run.id, observe('Sample'));
  const files = await fetchArtifacts(run, ['SYNTHETIC_CSV', 'SYNTHETIC_PARQUET'], out);
  return { runId: run.id, rows: run.rows ?? 0, files };
}

/** A text that is no condition or share; the message says what would be. */
export class UnreadableCondition extends Error {
  override readonly name = 'UnreadableCondition';
}

/**
 * Adds one of `column=value`, `column>=least`, `column<=most` to conditions. Several values of a column mean any of them.
 *
 * @throws UnreadableCondition for anything else
 */
export function withCondition(text: string, conditions: readonly Condition[]): Condition[] {
  const [, column, operator, value] = /^([^=<>]+)(>=|<=|=)(.+)$/s.exec(text) ?? [];
  if (column === undefined || value === undefined)
    throw new UnreadableCondition(
      `"${text}" is no condition. Write column=value, column>=least or column<=most.`,
    );
  const earlier = conditions.find((condition) => condition.column === column);
  const others = conditions.filter((condition) => condition !== earlier);
  const own: Condition = earlier ?? { column };
  switch (operator) {
    case '>=':
      return [...others, { ...own, min: value }];
    case '<=':
      return [...others, { ...own, max: value }];
    default:
      return [...others, { ...own, in: [...(own.in ?? []), value] }];
  }
}

/**
 * Adds `column=value:share` to shares of the same column.
 *
 * @throws UnreadableCondition for anything else, and for a second column
 */
export function withShare(text: string, rebalance: Rebalance | undefined): Rebalance {
  const [, column, value, number] = /^([^=]+)=(.+):([^:]+)$/s.exec(text) ?? [];
  const share = Number(number);
  if (column === undefined || value === undefined || !(share >= 0 && share <= 1))
    throw new UnreadableCondition(
      `"${text}" is no share. Write column=value:share, such as Revenue=True:0.5.`,
    );
  if (rebalance && rebalance.column !== column)
    throw new UnreadableCondition(
      `Shares can be given of one column at a time; "${rebalance.column}" and "${column}" are two.`,
    );
  return { column, shares: [...(rebalance?.shares ?? []), { value, share }] };
}
