import type {
  SearchBaseline,
  SearchedQueries,
  SearchMeasure,
  SearchRanking,
  SearchScore,
} from '../../../schema/messages/search-ranking.js';
import { html, type Html } from '../../evaluation/report/html.js';
import { formatCount } from '../../evaluation/report/numbers.js';
import { lineageFooter, reportPage } from '../../evaluation/report/page.js';
import type { RankingContext } from '../report.js';
import { besideChart, fact } from '../score-report.js';

/** How well a search ranker answers queries, as one HTML file that needs nothing else. */
export function renderSearchRanking(ranking: SearchRanking, { title, lineage }: RankingContext): string {
  return reportPage(
    title,
    html`${header(ranking, title)} ${scoreTables(ranking)} ${lineageFooter(lineage, ranking.notes)}`,
  );
}

const MEASURES: Readonly<Record<SearchMeasure, readonly [name: string, shortName: string]>> = {
  NDCG: ['NDCG', 'NDCG'],
  MRR: ['Mean reciprocal rank', 'MRR'],
  RECALL: ['Recall', 'Recall'],
  DIVERSITY: ['Diversity', 'Diversity'],
};
const QUERIES: Readonly<Record<SearchedQueries, string>> = {
  ALL: 'All queries',
  JUDGED: 'Judged queries',
  SPELLING: 'Other spellings of titles',
  PREFIX: 'Beginnings of titles',
  TYPING_ERROR: 'Titles with typing errors',
};
const BASELINES: Readonly<Record<SearchBaseline, string>> = {
  BM25: 'BM25',
  BM25_TRIGRAMS: 'BM25 over runs of three characters',
};

function header(ranking: SearchRanking, title: string): Html {
  const { products, heldOutProducts, realQueries, syntheticQueries, tested } = ranking;
  const count = tested.find(({ queries }) => queries === 'ALL')?.count ?? tested[0]?.count ?? 0;
  return html`<header>
    <h1>${title}</h1>
    <p class="verdict">${searchVerdict(ranking)}</p>
    <p class="details">
      Each of ${formatCount(count)} queries that were not learnt from got a list of products; scores say where
      those stand that answer it.
    </p>
    <dl class="facts">
      ${fact('Products', formatCount(products))}
      ${fact('Held out from learning', formatCount(heldOutProducts))}
      ${fact('Judged queries learnt from', formatCount(realQueries))}
      ${fact('Synthetic ones', formatCount(syntheticQueries))} ${fact('Tested queries', formatCount(count))}
    </dl>
  </header>`;
}

/** What the scores come to, in a sentence: NDCG over all tested queries, beside whole words. */
export function searchVerdict({ scores, ranker }: SearchRanking): string {
  const ndcg = scores.find(({ measure }) => measure === 'NDCG');
  if (!ndcg) return `${ranker} was not tested.`;
  const found = `${nameOf(ndcg)} of ${ranker} is ${ndcg.score.value.toFixed(3)}`;
  const told = ndcg.beside.map(({ baseline, score, difference }) => {
    const of = `${BASELINES[baseline]} (${score.value.toFixed(3)})`;
    if (difference.low > 0) return `better than ${of}`;
    return difference.high < 0 ? `worse than ${of}` : `not clearly different from ${of}`;
  });
  return `${[found, ...told].join(', ')}.`;
}

const nameOf = ({ measure, cutoff }: SearchScore): string => withCutoff(MEASURES[measure][0], cutoff);
const shortNameOf = ({ measure, cutoff }: SearchScore): string => withCutoff(MEASURES[measure][1], cutoff);
const withCutoff = (name: string, cutoff: number | undefined): string =>
  name + (cutoff === undefined ? '' : `@${cutoff}`);

function scoreTables({ scores, ranker }: SearchRanking): Html {
  const kinds = [...new Set(scores.map(({ queries }) => queries))];
  const first = scores.filter(({ queries, beside }) => queries === kinds[0] && beside.length > 0);
  const baselines = [...new Set(scores.flatMap(({ beside }) => beside.map(({ baseline }) => baseline)))];
  return html`<section>
    <h2>Finding what answers a query</h2>
    <p class="lead">
      Means over queries with 95 % bootstrap intervals; 1 is best. Diversity is the mean distance of two
      products of a list by their words: neither more nor less of it is better by itself.
    </p>
    ${
      first.length > 0 &&
      besideChart({
        model: ranker,
        baseline: BASELINES[first[0]!.beside[0]!.baseline],
        scores: first.map((score) => ({
          name: nameOf(score),
          shortName: shortNameOf(score),
          value: score.score.value,
          beside: score.beside[0]!.score.value,
        })),
      })
    }
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col" class="number">${ranker}</th>
            <th scope="col" class="number">Interval</th>
            ${baselines.map(
              (baseline) =>
                html`<th scope="col" class="number">${BASELINES[baseline]}</th>
                  <th scope="col" class="number">Difference, interval</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${kinds.map(
            (kind) =>
              html`<tr class="family">
                  <th scope="colgroup" colspan="${String(3 + 2 * baselines.length)}">${QUERIES[kind]}</th>
                </tr>
                ${scores.filter(({ queries }) => queries === kind).map((score) => scoreRow(score, baselines))}`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function scoreRow(row: SearchScore, baselines: readonly SearchBaseline[]): Html {
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  return html`<tr>
    <th scope="row">${nameOf(row)}</th>
    <td class="number">${row.score.value.toFixed(4)}</td>
    <td class="number">${row.score.low.toFixed(4)} – ${row.score.high.toFixed(4)}</td>
    ${baselines.map((name) => {
      const beside = row.beside.find(({ baseline }) => baseline === name);
      if (!beside)
        return html`<td class="number reference">–</td>
          <td class="number reference">–</td>`;
      const { low, high } = beside.difference;
      return html`<td class="number reference">${beside.score.value.toFixed(4)}</td>
        <td class="number reference">${signed(low)} to ${signed(high)}</td>`;
    })}
  </tr>`;
}
