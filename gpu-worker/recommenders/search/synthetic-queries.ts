import type { Random } from '../../compute/random.js';
import type { Product } from './search-ranker.js';
import { wordsOf } from './text/analysis.js';
import { withTypingError } from './text/typing-errors.js';

/** Odds of what becomes of a text. */
const WAYS = { prefix: 3, dropped: 3, misspelt: 3, moved: 1, respelt: 1, whole: 1 } as const;
type Way = keyof typeof WAYS;
const NAMES = Object.keys(WAYS) as Way[];
const ODDS = Object.values(WAYS);
/** How often a second thing happens to a text. */
const AGAIN = 0.3;
/** How often a query names the brand or the category, too, where the product has one. */
const WITH_CONTEXT = 0.2;
/** Of a description, a query has at most so many words. */
const MOST_DESCRIPTION_WORDS = 6;

/**
 * A query that somebody might type who looks for the product; '' for one without text. It is made of the title, or of a
 * stretch of the description where there is no title: cut short as one types, words left out, misspelt, moved or written
 * in another way.
 */
export function syntheticQuery(product: Product, random: Random): string {
  let words = wordsOf(product.title ?? '');
  if (words.length === 0) words = stretch(wordsOf(product.description ?? ''), random);
  for (const more of [product.brand, product.category]) {
    if (more && (words.length === 0 || random.uniform() < WITH_CONTEXT)) words = [...wordsOf(more), ...words];
  }
  if (words.length === 0) return '';
  let text = changed(words, random);
  if (random.uniform() < AGAIN) text = changed(text, random);
  return text.join(' ');
}

function changed(words: readonly string[], random: Random): string[] {
  const way = NAMES[random.categorical(ODDS)]!;
  switch (way) {
    case 'prefix':
      return prefix(words, random);
    case 'dropped':
      return someOf(words, random);
    case 'misspelt':
      return misspelt(words, random);
    case 'moved':
      return moved(words, random);
    case 'respelt':
      return respelt(words, random);
    case 'whole':
      return [...words];
  }
}

function prefix(words: readonly string[], random: Random): string[] {
  const characters = [...words.join(' ')];
  const least = Math.min(3, characters.length);
  const cut = characters.slice(0, least + random.integer(characters.length - least + 1)).join('');
  return cut.split(' ').filter((word) => word !== '');
}

/** Each word with even odds, one at least. */
function someOf(words: readonly string[], random: Random): string[] {
  const kept = words.filter(() => random.uniform() < 0.6);
  return kept.length > 0 ? kept : [words[random.integer(words.length)]!];
}

function misspelt(words: readonly string[], random: Random): string[] {
  const sure = random.integer(words.length);
  return words.map((word, at) =>
    at === sure || random.uniform() < 0.25 ? withTypingError(word, random) : word,
  );
}

/** What stood before a place comes behind what stood after it. */
function moved(words: readonly string[], random: Random): string[] {
  const at = random.integer(words.length);
  return [...words.slice(at), ...words.slice(0, at)];
}

/** One word split in two, run together with the next, cut to its beginning, or in the other number. */
function respelt(words: readonly string[], random: Random): string[] {
  const at = random.integer(words.length);
  const word = words[at]!;
  const rest = words.slice(at + 1);
  const before = words.slice(0, at);
  const cut = 1 + random.integer(Math.max(1, word.length - 1));
  switch (random.integer(4)) {
    case 0:
      return [...before, ...[word.slice(0, cut), word.slice(cut)].filter((part) => part !== ''), ...rest];
    case 1:
      return [...before, word + (rest[0] ?? ''), ...rest.slice(1)];
    case 2:
      return [...before, word.slice(0, cut), ...rest];
    default:
      return [...before, word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : `${word}s`, ...rest];
  }
}

function stretch(words: readonly string[], random: Random): string[] {
  if (words.length === 0) return [];
  const at = random.integer(words.length);
  return words.slice(at, at + 1 + random.integer(MOST_DESCRIPTION_WORDS));
}
