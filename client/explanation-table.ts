import Table from 'cli-table3';
import type { ExplanationReport } from './commands/explain.js';

/** Users that are shown; the JSON has all. */
const MOST_USERS = 5;
const MOST_FEATURES = 8;

const METHODS: Readonly<Record<string, string>> = {
  SHAPLEY: 'Shapley values',
  LEAVE_ONE_OUT: 'leaving one out',
  LOCAL: 'local surrogate',
  ATTENTION: 'attention',
  RECENCY: 'newest first',
  RANDOM: 'random',
};

/** Why users are recommended what they are, what matters over all, and how faithful that is, as tables for a terminal; then the notes. */
export function explanationTable(explanation: ExplanationReport): string {
  const { explained, importances, surrogates, faithfulness, faithfulUsers, notes } = explanation;
  const users = explained.slice(0, MOST_USERS).flatMap(({ user, events, items }) => {
    const table = tableOf([`user ${user}, ${events} events`, 'why']);
    items.forEach(({ item, text }, place) => table.push([`${place + 1}. ${item}`, text]));
    return [table.toString()];
  });
  const more = explained.length - MOST_USERS;
  const boosted = surrogates.find(({ kind }) => kind === 'BOOSTED_TREES');
  const features = tableOf(['what matters over all', 'mean |Shapley value|']);
  for (const source of ['MODEL', 'SURROGATE'])
    for (const { feature, importance } of importances
      .filter((one) => one.source === source)
      .slice(0, MOST_FEATURES))
      features.push([
        `${feature}${source === 'MODEL' ? ' (its own feature)' : ''}`,
        importance.toPrecision(3),
      ]);
  const rules = tableOf(['in rules', 'ranked above', 'of pairs']);
  for (const { conditions, answer, share } of surrogates.find(({ kind }) => kind === 'TREE')?.rules ?? [])
    rules.push([conditions.join(', ') || 'always', percent(answer), percent(share)]);
  const faith = tableOf([
    `order, ${faithfulUsers} users`,
    'area, taken away',
    'below random',
    'area, given',
    'above random',
  ]);
  const gain = ({ value, low, high }: ExplanationReport['faithfulness'][number]['deletion']): string =>
    `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
  for (const { method, deletion, deletionGain, insertion, insertionGain } of faithfulness)
    faith.push([
      METHODS[method] ?? method,
      deletion.value.toFixed(3),
      method === 'RANDOM' ? '' : gain(deletionGain),
      insertion.value.toFixed(3),
      method === 'RANDOM' ? '' : gain(insertionGain),
    ]);
  return [
    ...users,
    ...(more > 0 ? [`${more} more users are in explanation.json.`] : []),
    ...(importances.length > 0 ? [features.toString()] : []),
    ...(boosted
      ? [
          rules.toString(),
          `Fidelity on unseen users (R²): rules ${fidelityOf(surrogates, 'TREE')}, boosted trees ${fidelityOf(surrogates, 'BOOSTED_TREES')}.`,
        ]
      : []),
    ...(faithfulness.length > 0 ? [faith.toString()] : []),
    ...notes,
  ].join('\n');
}

const tableOf = (head: string[]) => new Table({ head, style: { head: [], border: [] } });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const fidelityOf = (surrogates: ExplanationReport['surrogates'], kind: string): string =>
  surrogates.find((one) => one.kind === kind)!.fidelity.toFixed(2);
