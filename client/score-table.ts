import Table from 'cli-table3';
import type { Score } from './operations.js';

/** The scores as a table for a terminal, by family. */
export function scoreTable(scores: readonly Score[]): string {
  const table = new Table({
    head: ['score', 'value', 'real data', 'better', 'meaning'],
    style: { head: [], border: [] },
    colWidths: [undefined as unknown as number, 10, 11, 8, 64],
    wordWrap: true,
  });
  for (const family of new Set(scores.map((score) => score.family))) {
    table.push([{ content: family.toLowerCase(), colSpan: 5 }]);
    for (const score of scores) if (score.family === family) table.push(rowOf(score));
  }
  return table.toString();
}

function rowOf({ name, value, reference, referenceSource, better, unit, meaning }: Score): string[] {
  return [
    name,
    shown(value, unit),
    reference === null ? '–' : shown(reference, unit),
    // What a generator that knows no single row reaches is what to aim at, from either side.
    referenceSource === 'IDEAL' ? 'near it' : better.toLowerCase(),
    meaning,
  ];
}

function shown(value: number, unit: string): string {
  switch (unit) {
    case 'PERCENT':
      return `${(100 * value).toFixed(2)} %`;
    case 'DISTANCE':
      return value === 0 ? '0' : value.toPrecision(3);
    default:
      return value.toFixed(4);
  }
}
