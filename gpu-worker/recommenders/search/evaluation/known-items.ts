import type { Random } from '../../../compute/random.js';
import { UserFailure } from '../../../failure.js';
import type { Table } from '../../../tables/table.js';
import { textCells } from '../datasets/cells.js';
import type { JudgedQuery, Product } from '../search-ranker.js';
import { wordsKey, wordsOf } from '../text/analysis.js';
import { withTypingError } from '../text/typing-errors.js';

/** How a query differs from the text that is indexed. */
export const QUERY_KINDS = ['spelling', 'prefix', 'typing error'] as const;
export type QueryKind = (typeof QUERY_KINDS)[number];

export interface KnownItemQuery extends JudgedQuery {
  readonly kind: QueryKind;
  /** Place in the catalogue of the product that is looked for. */
  readonly target: number;
}

export interface KnownItems {
  /** Titles are the most frequent spellings. */
  readonly products: readonly Product[];
  readonly queries: readonly KnownItemQuery[];
  /** Of each product: those with the same words, which no query can tell apart, are in one group. */
  readonly groups: Int32Array;
}

/** Prefixes keep at least this many characters, and between these shares of the text. */
const PREFIX = { least: 4, from: 0.4, to: 0.9 };
/** Of so many words one gets a typing error; at least one does. */
const WORDS_AN_ERROR = 3;
/** In shorter words an error leaves nothing to go by. */
const ERROR_FROM_LENGTH = 4;

/**
 * Known-item search over products whose description was written in several ways: the most frequent spelling is indexed, and
 * asked for are
 *
 * - `spelling`: every other spelling, as it stands;
 * - `prefix`: the beginning of another spelling, or of the indexed one where there is no other;
 * - `typing error`: such a spelling with an error in every third word.
 *
 * Spellings are the same that have the same words. Products that have the words of what is asked for among their
 * spellings, or the target's own indexed words, are relevant too. Throws UserFailure INSUFFICIENT_DATA without products.
 */
export function knownItems(
  table: Table,
  columns: { readonly item: string; readonly text: string },
  counts: (row: number) => boolean,
  random: Random,
): KnownItems {
  return knownItemsOf(
    spellingsOf(table, columns, counts),
    random,
    `No row has both the column "${columns.item}" and the column "${columns.text}".`,
  );
}

/**
 * The same of products by their ids, each with its distinct spellings, that which is indexed first. `none` says what is wrong where
 * there is no product.
 */
export function knownItemsOf(
  spellings: ReadonlyMap<string, readonly string[]>,
  random: Random,
  none: string,
): KnownItems {
  if (spellings.size === 0) throw new UserFailure('INSUFFICIENT_DATA', none);
  const products = [...spellings].map(([id, [first]]) => ({ id, title: first! }));
  const byWords = new Map<string, Set<string>>();
  for (const [id, texts] of spellings)
    for (const text of texts) byWords.set(wordsKey(text), (byWords.get(wordsKey(text)) ?? new Set()).add(id));
  const members = new Map<string, { readonly group: number; readonly ids: string[] }>();
  const groups = Int32Array.from(products, ({ id, title }) => {
    const known = members.get(wordsKey(title)) ?? { group: members.size, ids: [] };
    members.set(wordsKey(title), known);
    known.ids.push(id);
    return known.group;
  });
  const queries = products.flatMap(({ id, title }, target): KnownItemQuery[] => {
    const own = members.get(wordsKey(title))!.ids;
    const others = spellings.get(id)!.slice(1);
    const stream = random.derive(id);
    const source = others.length > 0 ? others[stream.integer(others.length)]! : title;
    const asked = (kind: QueryKind, query: string, text: string): KnownItemQuery => ({
      ...{ kind, query, target },
      judgements: [...new Set([...own, ...byWords.get(wordsKey(text))!])].map((product) => ({
        product,
        gain: 1,
      })),
    });
    return [
      ...others.map((text) => asked('spelling', text, text)),
      asked('prefix', prefixOf(source, stream), source),
      asked('typing error', misspelt(source, stream), source),
    ];
  });
  return { products, queries, groups };
}

/** Distinct spellings of each item, the most frequent first, the first seen of equal ones. */
function spellingsOf(
  table: Table,
  columns: { readonly item: string; readonly text: string },
  counts: (row: number) => boolean,
): Map<string, string[]> {
  const item = textCells(table, 'The table', columns.item);
  const text = textCells(table, 'The table', columns.text);
  const found = new Map<string, Map<string, { readonly text: string; count: number }>>();
  for (let row = 0; row < table.rows; row++) {
    const [id, spelling] = [item(row), text(row)];
    if (!counts(row) || id === undefined || spelling === undefined) continue;
    const key = wordsKey(spelling);
    if (key === '') continue;
    const spellings = found.get(id) ?? new Map<string, { readonly text: string; count: number }>();
    found.set(id, spellings);
    const known = spellings.get(key);
    if (known) known.count++;
    else spellings.set(key, { text: spelling, count: 1 });
  }
  return new Map(
    [...found].map(([id, spellings]) => [
      id,
      [...spellings.values()].sort((a, b) => b.count - a.count).map((spelling) => spelling.text),
    ]),
  );
}

function prefixOf(text: string, random: Random): string {
  const characters = [...text.trim()];
  const share = PREFIX.from + (PREFIX.to - PREFIX.from) * random.uniform();
  return characters.slice(0, Math.max(PREFIX.least, Math.round(characters.length * share))).join('');
}

function misspelt(text: string, random: Random): string {
  const words = wordsOf(text);
  const long = [...words.keys()].filter((at) => [...words[at]!].length >= ERROR_FROM_LENGTH);
  const places = long.length > 0 ? long : [...words.keys()];
  const errors = Math.min(places.length, Math.ceil(words.length / WORDS_AN_ERROR));
  for (const place of random.permutation(places.length).subarray(0, errors))
    words[places[place]!] = withTypingError(words[places[place]!]!, random);
  return words.join(' ');
}
