import Table from 'cli-table3';
import type { CompletionReport } from './commands/complete.js';

type Column = CompletionReport['columns'][number];

/** What was done about each column, as a table for a terminal; then the notes, a line each. */
export function completionTable({ columns, notes }: CompletionReport): string {
  const table = new Table({
    head: ['column', 'missing', 'filled', 'doubtful', 'hidden cells', 'model', 'mean or mode', 'neighbours'],
    style: { head: [], border: [] },
  });
  for (const column of columns) table.push(rowOf(column));
  return [table.toString(), ...notes].join('\n');
}

function rowOf({ name, missing, filled, doubtful, score }: Column): string[] {
  const counts = [missing, filled, doubtful].map(String);
  if (!score) return [name, ...counts, '–', '–', '–', '–'];
  const shown = ({ value }: { value: number }): string =>
    score.measure === 'ACCURACY' ? `${(100 * value).toFixed(1)} %` : value.toFixed(3);
  const measured = `${score.cells}, ${score.measure === 'ACCURACY' ? 'right' : 'error'}`;
  return [name, ...counts, measured, shown(score.model), shown(score.simple), shown(score.neighbours)];
}
