import { Evaluation, SCORE_FAMILIES } from '../../schema/messages/scores.js';
import type { EvaluationReport, Score } from './evaluation-report.types.js';

/** What a SCORES artifact keeps, as the API shows it. Throws when it isn't an evaluation. */
export function readEvaluation(stored: unknown): EvaluationReport {
  const { rows, scores, columns, pairs, correlations, relations = [], notes } = Evaluation.parse(stored);
  return {
    rows: {
      real: rows.real,
      synthetic: rows.synthetic,
      test: rows.test ?? null,
      comparedReal: rows.compared.real,
      comparedSynthetic: rows.compared.synthetic,
    },
    scores: scores.map(shownScore),
    columns: columns.map((column) => ({
      ...column,
      shape: column.shape ?? null,
      mean: column.mean ?? null,
      drawing: column.drawing.type === 'NONE' ? null : column.drawing,
    })),
    pairs,
    correlations: correlatedPairs(correlations),
    relations: relations.map((scores) => ({
      ...scores,
      trend: scores.trend ?? null,
      siblings: scores.siblings ?? null,
    })),
    notes,
  };
}

export function shownScore(score: Evaluation['scores'][number]): Score {
  return {
    ...score,
    family: SCORE_FAMILIES[score.name],
    reference: score.reference ?? null,
    referenceSource: score.referenceSource ?? null,
  };
}

/** The upper triangles of the two matrices, without the diagonal. */
function correlatedPairs({
  columns,
  real,
  synthetic,
}: Evaluation['correlations']): EvaluationReport['correlations'] {
  return columns.flatMap((left, i) =>
    columns.slice(i + 1).map((right, offset) => {
      const j = i + 1 + offset;
      return { left, right, real: real[i]?.[j] ?? null, synthetic: synthetic[i]?.[j] ?? null };
    }),
  );
}
