import type { Explanation, ItemExplanation, UserExplanation } from '../../../schema/messages/explanation.js';
import { shortened } from '../../evaluation/report/chart.js';
import { html, Html } from '../../evaluation/report/html.js';
import { formatCount } from '../../evaluation/report/numbers.js';
import { detailsOf } from '../in-words.js';

/** Users that are drawn; all are in the JSON. */
const MOST_USERS = 8;
/** Events of a user that are drawn: those that matter most for any item. */
const MOST_EVENTS = 8;
const MOST_FEATURES = 6;
/** Cells of a table share its scale: 11 colours from −1 over 0 to 1. */
const STEPS = 10;

export function userSection({ explained, k }: Explanation, now: number): Html {
  const drawn = explained.filter(({ items }) => items.length > 0).slice(0, MOST_USERS);
  if (drawn.length === 0) return html``;
  const more = explained.length - drawn.length;
  return html`<section>
    <h2>User by user</h2>
    <p class="lead">
      What each event adds to the evidence for each of the first ${k} items: orange speaks for it, blue
      against it. Below, where an item would stand without some of
      them.${more > 0 && ` ${formatCount(more)} more users are in explanation.json.`}
    </p>
    ${drawn.map((user) => userCard(user, now))}
  </section>`;
}

function userCard({ user, events, items }: UserExplanation, now: number): Html {
  const all = items[0]!.events;
  const weightOf = (at: number): number =>
    Math.max(...items.map((item) => Math.abs(item.events[at]!.shapley)));
  const shown = [...all.keys()]
    .sort((a, b) => weightOf(b) - weightOf(a))
    .slice(0, MOST_EVENTS)
    .sort((a, b) => b - a);
  const attended = all.some(({ attention }) => attention !== undefined);
  const left = all.length - shown.length;
  return html`<div class="card wide" style="margin-bottom:14px">
    <table>
      <thead>
        <tr>
          <th scope="col" style="color:var(--ink)">
            <b>${shortened(user, 32)}</b>, ${formatCount(events)} ${events === 1 ? 'event' : 'events'}
          </th>
          ${items.map(
            ({ item }, place) =>
              html`<th scope="col" class="number" title="${item}">${place + 1}. ${shortened(item, 14)}</th>`,
          )}
          ${attended && html`<th scope="col" class="number" title="Where the network looks; no cause">Attention</th>`}
        </tr>
      </thead>
      <tbody>
        ${heatRows(
          shown.map((at) => {
            const event = all[at]!;
            const details = detailsOf(event, now);
            const earlier = event.events > 1 ? `${event.events} events up to ` : '';
            return {
              name: `${earlier}${shortened(event.item, 28)}`,
              ...(details !== undefined && { details }),
              values: items.map((item) => item.events[at]!.shapley),
              ...(event.attention !== undefined && { attention: event.attention }),
            };
          }),
        )}
        ${
          left > 0 &&
          html`<tr>
            <td class="meaning" colspan="${items.length + 1}">
              ${formatCount(left)} more events that matter less
            </td>
          </tr>`
        }
        ${counterfactualRow(items)} ${featureRows(items)}
      </tbody>
    </table>
  </div>`;
}

interface HeatRow {
  readonly name: string;
  readonly details?: string;
  readonly values: readonly number[];
  /** 0–1. */
  readonly attention?: number;
}

function heatRows(rows: readonly HeatRow[]): Html[] {
  const most = Math.max(...rows.flatMap(({ values }) => values.map(Math.abs)), Number.MIN_VALUE);
  return rows.map(
    ({ name, details, values, attention }) =>
      html`<tr>
        <th scope="row">${name} ${details !== undefined && html`<span class="kind">${details}</span>`}</th>
        ${values.map((value) => heatCell(value, most))}
        ${attention !== undefined && html`<td class="number reference">${Math.round(100 * attention)} %</td>`}
      </tr>`,
  );
}

/** The strongest colours take the page's own colour as ink, so that they can be read in light and in dark. */
function heatCell(value: number, most: number): Html {
  const step = Math.round(((value / most + 1) / 2) * STEPS);
  const ink = Math.abs(step - STEPS / 2) > 3 ? 'var(--page)' : 'var(--ink)';
  return html`<td class="number" style="background:var(--diverging${step});color:${ink};font-weight:400">
    ${signed(value)}
  </td>`;
}

function counterfactualRow(items: readonly ItemExplanation[]): Html {
  return html`<tr>
    <th scope="row">Falls to</th>
    ${items.map(({ counterfactual, events }) => {
      if (!counterfactual)
        return html`<td class="number reference" title="No small set of events was found">stays</td>`;
      const { without, rank } = counterfactual;
      const names = without.map((at) => shortened(events[at]!.item, 16));
      const told =
        without.length === events.length
          ? 'without any event'
          : `without ${names.slice(0, 2).join(' and ')}${names.length > 2 ? ` and ${names.length - 2} more` : ''}`;
      return html`<td class="number">
        ${formatCount(rank)}<br /><span class="kind" style="white-space:normal">${told}</span>
      </td>`;
    })}
  </tr>`;
}

function featureRows(items: readonly ItemExplanation[]): Html {
  const features = items[0]!.features;
  if (features.length === 0) return html``;
  const weightOf = (at: number): number =>
    Math.max(...items.map((item) => Math.abs(item.features[at]!.shapley)));
  const shown = [...features.keys()].sort((a, b) => weightOf(b) - weightOf(a)).slice(0, MOST_FEATURES);
  return html`<tr class="family">
      <th scope="colgroup" colspan="${items.length + 1}">Features, against other users</th>
    </tr>
    ${heatRows(
      shown.map((at) => ({
        name: features[at]!.feature,
        ...(features[at]!.value !== undefined && { details: features[at]!.value }),
        values: items.map((item) => item.features[at]!.shapley),
      })),
    )}`;
}

/** Three significant digits, with a sign. */
const signed = (value: number): string => {
  if (Math.abs(value) < 5e-4) return '0';
  return `${value > 0 ? '+' : '−'}${Number(Math.abs(value).toPrecision(2))}`;
};
