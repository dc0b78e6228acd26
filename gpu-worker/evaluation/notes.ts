import { isComparable } from './align.js';
import type { ComparedTables } from './compared-rows.js';
import { MAX_TREND_COLUMNS } from './fidelity.js';

/** Plain sentences: what the scores leave out or cut, and why. */
export function notesOn({ all, compared, reference, mostNeighbours }: ComparedTables): string[] {
  const notes: string[] = [];
  const left = all.columns.filter((column) => !isComparable(column)).map(({ name }) => `"${name}"`);
  if (left.length > 0) {
    notes.push(
      `IDs and free text are not scored: ${left.slice(0, 10).join(', ')}${left.length > 10 ? ' and others' : ''}.`,
    );
  }
  const comparable = all.columns.filter(isComparable).length;
  if (comparable > MAX_TREND_COLUMNS) {
    notes.push(
      `Pairs of columns are compared among the first ${MAX_TREND_COLUMNS} of ${comparable} columns.`,
    );
  }
  if (compared.realRows < all.realRows || compared.otherRows < all.otherRows) {
    notes.push(
      `Scores but copies and duplicates compare ${compared.otherRows} random synthetic rows with ${compared.realRows} ` +
        `real ones, of ${all.otherRows} and ${all.realRows}.`,
    );
  }
  if (compared.realRows > mostNeighbours) {
    notes.push(
      `Scores that search for the nearest rows (α-precision, β-recall, distances, attacks) look at ${mostNeighbours} random ` +
        'rows of each table.',
    );
  }
  if (compared.otherRows < compared.realRows) {
    notes.push(
      `The synthetic table has fewer rows than the real one: its scores contain more chance than with ${compared.realRows}.`,
    );
  }
  if (reference?.source !== 'HOLDOUT') {
    notes.push(
      'Attacks on privacy are tried only with a test table: real rows that the generator never saw, to compare with those it learnt from.',
    );
  }
  return notes;
}
