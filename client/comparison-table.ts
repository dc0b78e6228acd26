import Table from 'cli-table3';
import { armName, type TrainingComparison } from './commands/recommend-compare.js';

const NAMES: Readonly<Record<string, string>> = { HIT_RATE: 'HR', NDCG: 'NDCG', MRR: 'MRR' };

/** A comparison as a table for a terminal, a row a measure and group; then what failed, the verdicts and the notes, a line each. */
export function comparisonTable({ arms, synthesis, notes }: TrainingComparison): string {
  const rows = arms.find(({ scores }) => scores.length > 0)?.scores ?? [];
  const table = new Table({
    head: ['', ...arms.map((arm) => armName(arm))],
    style: { head: [], border: [] },
  });
  for (const { measure, cutoff, group, users } of rows) {
    const cells = arms.map(({ scores }) => {
      const score = scores.find(
        (one) => one.measure === measure && one.cutoff === cutoff && one.group === group,
      );
      if (!score) return '–';
      const { value, low, high } = score.mean;
      const mean = `${value.toFixed(4)} (${low.toFixed(4)}–${high.toFixed(4)})`;
      if (!score.difference) return mean;
      const { difference } = score;
      return `${mean}\n${signed(difference.value)} (${signed(difference.low)} to ${signed(difference.high)})`;
    });
    const name = NAMES[measure] ?? measure;
    table.push([
      `${cutoff === null ? name : `${name}@${cutoff}`}, ${group.toLowerCase()} (${users})`,
      ...cells,
    ]);
  }
  const failures = [
    ...synthesis.map((run) => ({ ...run, label: 'synthesize' })),
    ...arms.flatMap((arm) => arm.runs.map((run) => ({ ...run, label: armName(arm) }))),
  ].filter(({ state }) => state !== 'SUCCEEDED');
  return [
    ...(rows.length > 0
      ? [table.toString(), 'Below a score: its difference to real only. In brackets: 95 % intervals.']
      : []),
    ...failures.map(
      ({ label, seed, state, runId, failure }) =>
        `${label}, seed ${seed} (${runId}): ${state.toLowerCase()}${failure ? `: ${failure.message}` : ''}`,
    ),
    ...arms.flatMap(({ verdict }) => verdict ?? []),
    ...notes,
  ].join('\n');
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
