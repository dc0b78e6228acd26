import Table from 'cli-table3';
import type { RankingReport } from './commands/recommend-train.js';

const MEASURES: Readonly<Record<string, string>> = {
  HIT_RATE: 'HR',
  NDCG: 'NDCG',
  RECALL: 'Recall',
  MRR: 'MRR',
};

/** Scores and traits of a recommender beside popularity's, as tables for a terminal; then the notes, a line each. */
export function rankingTable({ recommender, tested, scores, traits, notes }: RankingReport): string {
  const table = new Table({
    head: ['users', 'score', recommender, '95 % interval', 'popularity', '95 % interval'],
    style: { head: [], border: [] },
  });
  for (const { measure, cutoff, group, score, popularity } of scores) {
    const name = MEASURES[measure] ?? measure;
    const shown = ({ value, low, high }: typeof score) => [
      value.toFixed(4),
      `${low.toFixed(4)} – ${high.toFixed(4)}`,
    ];
    table.push([
      group.toLowerCase(),
      cutoff === null ? name : `${name}@${cutoff}`,
      ...shown(score),
      ...shown(popularity),
    ]);
  }
  const lists = new Table({ head: ['lists', recommender, 'popularity'], style: { head: [], border: [] } });
  for (const { trait, value, popularity } of traits)
    lists.push([trait.toLowerCase().replace('_', ' '), value.toFixed(3), popularity.toFixed(3)]);
  return [`${tested.toLocaleString('en')} users tested.`, table.toString(), lists.toString(), ...notes].join(
    '\n',
  );
}
