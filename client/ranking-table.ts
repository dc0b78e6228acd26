import Table from 'cli-table3';
import type { RankingReport } from './commands/recommend-train.js';

const MEASURES: Readonly<Record<string, string>> = {
  HIT_RATE: 'HR',
  NDCG: 'NDCG',
  RECALL: 'Recall',
  MRR: 'MRR',
};

const GROUPS = ['ALL', 'COLD', 'WARM'];

/** Scores and traits of a recommender beside popularity's, as tables for a terminal; then the notes, a line each. */
export function rankingTable({
  recommender,
  tested,
  cold,
  coldEvents,
  scores,
  traits,
  notes,
}: RankingReport): string {
  const groups = GROUPS.filter((group) => scores.some((score) => score.group === group));
  const table = new Table({
    head: [recommender, ...groups.map((group) => `${group.toLowerCase()} users`), 'popularity, all'],
    style: { head: [], border: [] },
  });
  const shown = ({ value, low, high }: (typeof scores)[number]['score']): string =>
    `${value.toFixed(4)} (${low.toFixed(4)}–${high.toFixed(4)})`;
  for (const { measure, cutoff, popularity } of scores.filter(({ group }) => group === 'ALL')) {
    const of = (group: string) =>
      scores.find((other) => other.group === group && other.measure === measure && other.cutoff === cutoff);
    const name = MEASURES[measure] ?? measure;
    table.push([
      cutoff === null ? name : `${name}@${cutoff}`,
      ...groups.map((group) => shown(of(group)!.score)),
      shown(popularity),
    ]);
  }
  const lists = new Table({ head: ['lists', recommender, 'popularity'], style: { head: [], border: [] } });
  for (const { trait, value, popularity } of traits)
    lists.push([trait.toLowerCase().replace('_', ' '), value.toFixed(3), popularity.toFixed(3)]);
  const count = (number: number): string => number.toLocaleString('en');
  return [
    `${count(tested)} users tested, ${count(cold)} of them cold: at most ${coldEvents} interactions before. In brackets: 95 % intervals.`,
    ...[table.toString(), lists.toString(), ...notes],
  ].join('\n');
}
