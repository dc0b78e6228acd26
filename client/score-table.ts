import Table from 'cli-table3';
import type { Score } from './operations.js';

/** The scores as a table for a terminal. */
export function scoreTable(scores: readonly Score[]): string {
  const table = new Table({
    head: ['score', 'value', 'real data', 'better', 'meaning'],
    style: { head: [], border: [] },
    colWidths: [undefined as unknown as number, 10, 14, 8, 64],
    wordWrap: true,
  });
  for (const { name, value, reference, better, meaning } of scores) {
    table.push([
      name,
      number(value),
      reference === null ? '–' : number(reference),
      better.toLowerCase(),
      meaning,
    ]);
  }
  return table.toString();
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}
