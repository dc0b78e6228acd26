import type { SearchedQueries } from '../../../../schema/messages/search-ranking.js';
import { Random } from '../../../compute/random.js';
import { UserFailure } from '../../../failure.js';
import type { LoggedQuery } from '../datasets/search-log.js';
import type { ShopCatalogue } from '../datasets/shop-catalogue.js';
import type { JudgedQuery, SearchTraining } from '../search-ranker.js';
import { wordsKey } from '../text/analysis.js';
import { knownItemsOf, type QueryKind } from './known-items.js';

export interface TestQuery extends JudgedQuery {
  readonly from: Exclude<SearchedQueries, 'ALL'>;
  /** Queries of one group are alike: a bootstrap draws them together. */
  readonly group: number;
}

/** What a ranker learns from, and what it is tested on, in the whole catalogue. */
export interface HeldOut {
  readonly training: SearchTraining & { readonly queries: readonly JudgedQuery[] };
  readonly test: readonly TestQuery[];
  readonly heldOutProducts: number;
  /** Plain sentences. */
  readonly notes: readonly string[];
}

/** More would take long and make intervals hardly narrower. */
const MOST_TESTED = 2000;
/** Products to hold out, at most; each gives two queries or more. */
const MOST_PRODUCTS = 1000;

const FROM: Readonly<Record<QueryKind, TestQuery['from']>> = {
  spelling: 'SPELLING',
  prefix: 'PREFIX',
  'typing error': 'TYPING_ERROR',
};

/**
 * Holds out judged queries: those that the log names, else a share of them, drawn by the seed. Queries of the same words are one in
 * a log, so that none is on both sides. Throws UserFailure INSUFFICIENT_DATA where none is to be tested.
 */
export function heldOutQueries(
  { products }: ShopCatalogue,
  queries: readonly LoggedQuery[],
  testShare: number,
  seed: number,
): HeldOut {
  const random = Random.seeded(seed).derive('held-out queries');
  const told = queries.some(({ heldOut }) => heldOut !== undefined);
  const order = [...random.permutation(queries.length)].map((place) => queries[place]!);
  const cut = Math.max(1, Math.round(queries.length * testShare));
  const test = told ? order.filter(({ heldOut }) => heldOut) : order.slice(0, cut);
  if (test.length === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      'The column that splits the searches says `test` of none that a product of the catalogue answers, so that none can be tested. Name ' +
        'another column, or leave it out and have a share held out.',
      { field: 'searchesColumns.split' },
    );
  }
  const held = new Set<LoggedQuery>(test);
  const tested = test.slice(0, MOST_TESTED);
  return {
    training: { products, queries: queries.filter((query) => !held.has(query)) },
    test: tested.map((query, group) => ({ ...query, from: 'JUDGED', group })),
    heldOutProducts: 0,
    notes: fewerNote(tested.length, test.length),
  };
}

/**
 * Known-item search: holds out a share of the products, drawn by the seed, and looks for them, among all, by the other spellings of
 * their titles, by beginnings of titles and by titles with typing errors. Products of the same words are held out together. Other
 * spellings of the products that remain are judged queries to learn from.
 */
export function heldOutProducts(
  { products, spellings }: ShopCatalogue,
  testShare: number,
  seed: number,
): HeldOut {
  const random = Random.seeded(seed).derive('held-out products');
  const none = `None of the catalogue's ${products.length.toLocaleString('en')} products has a word in its texts. Name the columns that hold them.`;
  const known = knownItemsOf(spellings, random.derive('queries'), none);
  const groups = 1 + Math.max(...known.groups);
  // With one there would be nothing to learn from.
  const count =
    groups < 2 ? 0 : Math.min(MOST_PRODUCTS, groups - 1, Math.max(1, Math.round(groups * testShare)));
  const order = random.derive('groups').permutation(groups);
  const held = new Set(order.subarray(0, count));
  const isHeld = (target: number): boolean => held.has(known.groups[target]!);
  const ids = new Set(known.products.flatMap(({ id }, place) => (isHeld(place) ? [id] : [])));
  const asked = known.queries.filter(({ target }) => count === 0 || isHeld(target));
  const tested = [...random.derive('tested').permutation(asked.length)]
    .slice(0, MOST_TESTED)
    .sort((a, b) => a - b);
  return {
    training: {
      products: products.filter(({ id }) => !ids.has(id)),
      queries: known.queries.filter(({ kind, target }) => kind === 'spelling' && !isHeld(target)),
    },
    test: tested.map((place) => {
      const { query, judgements, kind, target } = asked[place]!;
      return { query, judgements, from: FROM[kind], group: known.groups[target]! };
    }),
    heldOutProducts: ids.size,
    notes: [
      'There are no judged queries: products are looked for by texts that are made of their own titles, which nobody has typed.',
      ...(count === 0 ? ['All products have the same words: what is looked for was learnt from.'] : []),
      ...fewerNote(tested.length, asked.length),
    ],
  };
}

const fewerNote = (tested: number, all: number): string[] =>
  tested < all
    ? [
        `Of ${all.toLocaleString('en')} queries that were held out, ${tested.toLocaleString('en')} were tested.`,
      ]
    : [];

/** Synthetic queries without those that have the words of a tested one, and how many those are. */
export function withoutTested<Query extends JudgedQuery>(
  queries: readonly Query[],
  test: readonly TestQuery[],
): { readonly queries: readonly Query[]; readonly dropped: number } {
  const tested = new Set(test.map(({ query }) => wordsKey(query)));
  const kept = queries.filter(({ query }) => !tested.has(wordsKey(query)));
  return { queries: kept, dropped: queries.length - kept.length };
}
