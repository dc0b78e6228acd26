import type { EvidenceUnit, Explanation } from '../../../schema/messages/explanation.js';
import { html, type Html } from '../../evaluation/report/html.js';
import { formatCount } from '../../evaluation/report/numbers.js';
import { lineageFooter, reportPage, type Lineage } from '../../evaluation/report/page.js';
import { faithfulnessSection } from './faithfulness.js';
import { importanceSection } from './importances.js';
import { userSection } from './users.js';

export interface ExplanationContext {
  readonly title: string;
  /** When the lists are shown, in ms since 1970; NaN where the log has no times. */
  readonly now: number;
  readonly lineage: Lineage;
}

export const UNITS: Readonly<Record<EvidenceUnit, string>> = {
  LOG_PROBABILITY: 'natural logarithms of the probability: 0.7 doubles it',
  LOGIT: "the network's logits",
  SIMILARITY: 'sums of similarities',
  COUNT: 'interactions',
};

/** Why a recommender recommends what it does, as one HTML file that needs nothing else. */
export function renderExplanation(
  explanation: Explanation,
  { title, now, lineage }: ExplanationContext,
): string {
  return reportPage(
    title,
    html`${header(explanation, title)} ${importanceSection(explanation)} ${faithfulnessSection(explanation)}
    ${userSection(explanation, now)} ${lineageFooter(lineage, explanation.notes)}`,
  );
}

function header(explanation: Explanation, title: string): Html {
  const { users, items, k, explained, unit, worlds } = explanation;
  return html`<header>
    <h1>${title}</h1>
    <p class="verdict">${verdictOf(explanation)}</p>
    <p class="details">
      For each of ${formatCount(explained.length)} users, the first ${k} items were ranked again as if some of
      what they did hadn't happened. What an event or a feature adds is told in ${UNITS[unit]}.
    </p>
    <dl class="facts">
      ${fact('Recommender', explanation.recommender)} ${fact('Users of the log', formatCount(users))}
      ${fact('Items', formatCount(items))} ${fact('Users explained', formatCount(explained.length))}
      ${fact('Rankings it took', formatCount(worlds))}
    </dl>
  </header>`;
}

const fact = (name: string, value: string): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

/** What the explanations are worth, in a sentence: by how much sooner the first item falls than in random orders. */
export function verdictOf({ faithfulness, faithfulUsers }: Explanation): string {
  const shapley = faithfulness.find(({ method }) => method === 'SHAPLEY');
  const random = faithfulness.find(({ method }) => method === 'RANDOM');
  if (!shapley || !random)
    return 'No user has two events, so that explanations could not be put to the test.';
  const { value, low, high } = shapley.deletionGain;
  // A no-break space, so that the sign stays with its number.
  const share = `${Math.round((100 * Math.abs(value)) / random.deletion.value)}\u00a0%`;
  if (low > 0)
    return `The explanations hold: without the events they name first, the first item keeps ${share} less of its place than without random ones.`;
  if (high < 0)
    return `The explanations don't hold: without the events they name first, the first item keeps ${share} more of its place than without random ones.`;
  return `The events that are named first can't be told from random ones for these ${formatCount(faithfulUsers)} users.`;
}
