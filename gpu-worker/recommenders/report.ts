import type { Ranking, RankingScore, RankingTrait, UserGroup } from '../../schema/messages/ranking.js';
import { html, type Html } from '../evaluation/report/html.js';
import { formatCount, formatPercent } from '../evaluation/report/numbers.js';
import { lineageFooter, reportPage, type Lineage } from '../evaluation/report/page.js';
import { besideChart, fact } from './score-report.js';

export interface RankingContext {
  readonly title: string;
  readonly lineage: Lineage;
}

/** How well a recommender ranks, as one HTML file that needs nothing else. */
export function renderRanking(ranking: Ranking, { title, lineage }: RankingContext): string {
  return reportPage(
    title,
    html`${header(ranking, title)} ${scoreTable(ranking)} ${traitTable(ranking)}
    ${lineageFooter(lineage, ranking.notes)}`,
  );
}

function header(ranking: Ranking, title: string): Html {
  const { users, items, realInteractions, syntheticInteractions, tested, cold } = ranking;
  return html`<header>
    <h1>${title}</h1>
    <p class="verdict">${verdictOf(ranking)}</p>
    <p class="details">
      Each of ${formatCount(tested)} users got a list of all items, ranked by what they did before; scores say
      where the items stand that they went on to.
    </p>
    <dl class="facts">
      ${fact('Users', formatCount(users))} ${fact('Items', formatCount(items))}
      ${fact('Real interactions learnt from', formatCount(realInteractions))}
      ${fact('Synthetic ones', formatCount(syntheticInteractions))}
      ${fact('Tested users', `${formatCount(tested)}, ${formatCount(cold)} of them cold`)}
    </dl>
  </header>`;
}

/** What the scores come to, in a sentence; by NDCG in the middle one of the list lengths. */
export function verdictOf({ scores, recommender }: Ranking): string {
  const all = scores.filter(({ measure, group }) => measure === 'NDCG' && group === 'ALL');
  const middle = all[Math.floor((all.length - 1) / 2)];
  if (!middle) return `${recommender} was not tested.`;
  const hits = scores.find(
    ({ measure, group, cutoff }) => measure === 'HIT_RATE' && group === 'ALL' && cutoff === middle.cutoff,
  )!;
  const found = `${formatPercent(hits.score.value)} of the users find what they went on to among the first ${middle.cutoff}`;
  const { score, popularity } = middle;
  if (recommender === 'popularity') return `${found}.`;
  const times = score.value / popularity.value;
  const factor = Number.isFinite(times) ? `, ${times.toFixed(1)} times popularity's score` : '';
  if (score.low > popularity.high) return `${found}: better than popularity${factor}.`;
  if (score.high < popularity.low) return `${found}: worse than popularity.`;
  return `${found}: no clear difference to popularity.`;
}

const MEASURES: Readonly<Record<RankingScore['measure'], string>> = {
  HIT_RATE: 'Hit rate',
  NDCG: 'NDCG',
  RECALL: 'Recall',
  MRR: 'Mean reciprocal rank',
};

const GROUPS: Readonly<Record<UserGroup, string>> = { ALL: 'All users', COLD: 'Cold', WARM: 'Warm' };

function scoreTable({ scores, recommender, coldEvents }: Ranking): Html {
  const groups = [...new Set(scores.map(({ group }) => group))];
  return html`<section>
    <h2>Finding what was held out</h2>
    <p class="lead">
      Means over users with 95 % bootstrap intervals; 1 is best. Cold users had at most ${coldEvents}
      interactions before, warm ones more.
    </p>
    ${chartOf(scores, recommender)}
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col" class="number">${recommender}</th>
            <th scope="col" class="number">Interval</th>
            <th scope="col" class="number">Popularity</th>
            <th scope="col" class="number">Interval</th>
          </tr>
        </thead>
        <tbody>
          ${groups.map(
            (group) =>
              html`<tr class="family">
                  <th scope="colgroup" colspan="5">${GROUPS[group]}</th>
                </tr>
                ${scores.filter((score) => score.group === group).map(scoreRow)}`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

const nameOf = ({ measure, cutoff }: RankingScore): string =>
  MEASURES[measure] + (cutoff === undefined ? '' : `@${cutoff}`);

const shortNameOf = (score: RankingScore): string =>
  nameOf(score).replace('Hit rate', 'HR').replace('Mean reciprocal rank', 'MRR');

function scoreRow(row: RankingScore): Html {
  const interval = ({ low, high }: RankingScore['score']) => `${low.toFixed(4)} – ${high.toFixed(4)}`;
  return html`<tr>
    <th scope="row">${nameOf(row)}</th>
    <td class="number">${row.score.value.toFixed(4)}</td>
    <td class="number">${interval(row.score)}</td>
    <td class="number reference">${row.popularity.value.toFixed(4)}</td>
    <td class="number reference">${interval(row.popularity)}</td>
  </tr>`;
}

/** Scores of all users as bars, the recommender's beside popularity's. */
function chartOf(scores: readonly RankingScore[], recommender: string): Html {
  const shown = scores.filter(({ group, measure }) => group === 'ALL' && measure !== 'RECALL');
  return besideChart({
    model: recommender,
    baseline: 'popularity',
    scores: shown.map((score) => ({
      name: nameOf(score),
      shortName: shortNameOf(score),
      value: score.score.value,
      beside: score.popularity.value,
    })),
  });
}

const TRAITS: Readonly<Record<RankingTrait['trait'], readonly [name: string, meaning: string]>> = {
  COVERAGE: ['Coverage', 'share of the catalogue that is in any list'],
  GINI: ['Gini', 'of how often items are shown: 0 all alike, 1 one item takes all'],
  DIVERSITY: ['Diversity', 'mean distance of two items of a list, by who interacted with them, 0–1'],
  NOVELTY: ['Novelty', 'bits of surprise: 1 more is half as many users'],
  POPULARITY_LIFT: ['Popularity lift', 'how popular what is shown is, by what the same users had before'],
};

function traitTable({ traits, recommender }: Ranking): Html {
  return html`<section>
    <h2>What the lists are like</h2>
    <p class="lead">Of the longest lists that were scored.</p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Trait</th>
            <th scope="col">What it is</th>
            <th scope="col" class="number">${recommender}</th>
            <th scope="col" class="number">Popularity</th>
          </tr>
        </thead>
        <tbody>
          ${traits.map(({ trait, value, popularity }) => {
            const [name, meaning] = TRAITS[trait];
            return html`<tr>
              <th scope="row">${name}</th>
              <td class="meaning">${meaning}</td>
              <td class="number">${value.toFixed(3)}</td>
              <td class="number reference">${popularity.toFixed(3)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </section>`;
}
