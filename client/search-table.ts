import Table from 'cli-table3';
import type { SearchRankingReport } from './commands/search-train.js';
import type { SearchProducts } from './operations.js';

const BASELINES: Readonly<Record<string, string>> = { BM25: 'bm25', BM25_TRIGRAMS: 'bm25, trigrams' };

/** Scores of a search ranker beside baselines, as a table for a terminal; then the notes, a line each. */
export function searchRankingTable({ ranker, products, tested, scores, notes }: SearchRankingReport): string {
  const baselines = [...new Set(scores.flatMap(({ beside }) => beside.map(({ baseline }) => baseline)))];
  const table = new Table({
    head: ['queries', '', ranker, ...baselines.map((name) => `− ${BASELINES[name] ?? name}`)],
    style: { head: [], border: [] },
  });
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  for (const { measure, cutoff, queries, score, beside } of scores) {
    const differences = baselines.map((name) => {
      const found = beside.find(({ baseline }) => baseline === name)?.difference;
      return found ? `${signed(found.value)} (${signed(found.low)} to ${signed(found.high)})` : '';
    });
    table.push([
      queries.toLowerCase().replace('_', ' '),
      cutoff === null ? measure : `${measure}@${cutoff}`,
      `${score.value.toFixed(4)} (${score.low.toFixed(4)}–${score.high.toFixed(4)})`,
      ...differences,
    ]);
  }
  const counts = tested
    .filter(({ queries }) => queries !== 'ALL')
    .map(({ queries, count }) => `${count.toLocaleString('en')} ${queries.toLowerCase().replace('_', ' ')}`);
  return [
    `${products.toLocaleString('en')} products; queries tested: ${counts.join(', ')}. In brackets: 95 % intervals.`,
    ...[table.toString(), ...notes],
  ].join('\n');
}

/** Products that were found, as a table for a terminal, with what they have of the query. */
export function foundTable({ products, unknownWords, model }: SearchProducts['searchProducts']): string {
  const table = new Table({
    head: ['', 'product', 'title', 'score', 'has of the query'],
    style: { head: [], border: [] },
  });
  for (const [at, { product, title, score, reasons }] of products.entries()) {
    const has = reasons.map(({ queryWord, productWord }) =>
      queryWord === productWord ? productWord : `${productWord} (${queryWord})`,
    );
    table.push([at + 1, product, title ?? '', score.toPrecision(4), has.join(', ')]);
  }
  return [
    products.length > 0 ? table.toString() : 'Nothing is found.',
    `By ${model.ranker} of the run ${model.runId}.`,
    ...(unknownWords.length > 0 ? [`No product has the words ${unknownWords.join(', ')}.`] : []),
  ].join('\n');
}
