import {
  SCORE_NAMES,
  type ColumnComparison,
  type Evaluation,
  type PairComparison,
  type Score,
} from '../../schema/messages/scores.js';
import { isComparable, type AlignedColumn, type AlignedTables } from './align.js';
import type { ComparedTables } from './compared-rows.js';
import { compareColumn, missingShare } from './drawings.js';
import { faithfulness } from './faithfulness.js';
import { partOf, type Pause } from './pause.js';
import { scoreNamed } from './score.js';
import { columnShape } from './shape.js';
import { correlationMatrix, pairTrend, trendColumn, type TrendColumn } from './trend.js';

/** Pairs grow with the square of the columns: trends look at the first of them only. */
export const MAX_TREND_COLUMNS = 150;

export type Fidelity = Pick<Evaluation, 'scores' | 'columns' | 'pairs' | 'correlations'>;

/** Whether the synthetic table is like the real one: by columns, by pairs of columns, and by whole rows. */
export async function fidelity(
  { compared, reference, mostNeighbours }: ComparedTables,
  seed: number,
  pause: Pause,
): Promise<Fidelity> {
  const columns: ColumnComparison[] = [];
  for (const column of compared.columns) {
    columns.push(compareColumn(column));
    await pause(0.05);
  }
  const trends = await comparePairs(compared, partOf(pause, 0.05, 0.3));
  const referenceTrends = reference && (await comparePairs(reference.tables, partOf(pause, 0.3, 0.5)));
  const faith = await faithfulness(compared, {
    ...{ mostRows: mostNeighbours, seed },
    pause: partOf(pause, 0.5, 0.9),
  });
  const referenceFaith =
    reference &&
    (await faithfulness(reference.tables, {
      ...{ mostRows: mostNeighbours, seed },
      pause: partOf(pause, 0.9, 1),
    }));

  const scores: Score[] = [];
  const add = (name: Parameters<typeof scoreNamed>[0], value?: number, of?: number): void => {
    if (value !== undefined) scores.push(scoreNamed(name, value, of, reference?.source));
  };
  const referenceColumns = reference?.tables.columns;
  add(
    SCORE_NAMES.shapeError,
    meanShapeError(compared.columns),
    referenceColumns && meanShapeError(referenceColumns),
  );
  add(
    SCORE_NAMES.trendError,
    meanTrendError(trends.pairs),
    referenceTrends && meanTrendError(referenceTrends.pairs),
  );
  if (columns.some(({ missing }) => missing.real > 0 || missing.synthetic > 0)) {
    add(
      SCORE_NAMES.missingError,
      meanMissingError(compared.columns),
      referenceColumns && meanMissingError(referenceColumns),
    );
  }
  add(SCORE_NAMES.alphaPrecision, faith?.precision, referenceFaith?.precision);
  add(SCORE_NAMES.betaRecall, faith?.recall, referenceFaith?.recall);
  return {
    scores,
    columns,
    pairs: trends.pairs,
    correlations: {
      columns: trends.columns.filter(({ numbers }) => numbers).map(({ name }) => name),
      real: correlationMatrix(trends.columns, 'real'),
      synthetic: correlationMatrix(trends.columns, 'other'),
    },
  };
}

async function comparePairs(
  tables: AlignedTables,
  pause: Pause,
): Promise<{ columns: TrendColumn[]; pairs: PairComparison[] }> {
  const columns: TrendColumn[] = [];
  for (const column of tables.columns.filter(isComparable).slice(0, MAX_TREND_COLUMNS)) {
    columns.push(trendColumn(column));
    await pause(0);
  }
  const pairs: PairComparison[] = [];
  for (const [index, left] of columns.entries()) {
    for (const right of columns.slice(index + 1)) {
      const trend = Math.max(0, Math.min(1, pairTrend(left, right)));
      pairs.push({ left: left.name, right: right.name, trend });
      await pause(index / columns.length);
    }
  }
  return { columns, pairs };
}

function meanShapeError(columns: readonly AlignedColumn[]): number | undefined {
  const shapes = columns.filter(isComparable).map(columnShape);
  return shapes.length === 0 ? undefined : 1 - mean(shapes);
}

function meanTrendError(pairs: readonly PairComparison[]): number | undefined {
  return pairs.length === 0 ? undefined : 1 - mean(pairs.map(({ trend }) => trend));
}

function meanMissingError(columns: readonly AlignedColumn[]): number {
  return mean(columns.map(({ real, other }) => Math.abs(missingShare(real) - missingShare(other))));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
