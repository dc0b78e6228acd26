import { Completion, type CompletionScore } from '../../schema/messages/completion.js';
import type { CompletionFinding, CompletionReport } from './completion-report.types.js';

/** What a COMPLETION artifact keeps, as the API shows it. Throws when it isn't one. */
export function readCompletion(stored: unknown): CompletionReport {
  const { columns, doubts, ...rest } = Completion.parse(stored);
  return {
    ...rest,
    columns: columns.map((column) => ({ ...column, score: column.score ? shownScore(column.score) : null })),
    doubts: doubts.map((doubt) => ({ ...doubt, suggestion: doubt.suggestion ?? null })),
  };
}

function shownScore({ model, simple, neighbours, ...rest }: CompletionScore) {
  const shown = ({ value, r2 }: CompletionScore['model']): CompletionFinding => ({ value, r2: r2 ?? null });
  return { ...rest, model: shown(model), simple: shown(simple), neighbours: shown(neighbours) };
}
