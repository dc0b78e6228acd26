/**
 * How texts become terms. Queries and products go through the same functions, or nothing would match.
 */

/** Accents and the like of Latin, Greek and Cyrillic; marks of other scripts carry sounds and stay. */
const ACCENTS = /[\u0300-\u036f]/gu;
/** Within a word: `children's`, `t'light`. */
const APOSTROPHES = /(?<=[\p{L}\p{N}])['’ʼ](?=[\p{L}\p{N}])/gu;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Runs of scripts that are written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu;

/**
 * A text in the form in which texts are compared: compatibility forms made plain (ﬁ → fi, ２ → 2), upper and lower case the
 * same (ß as ss), without accents.
 */
export function foldText(text: string): string {
  // By way of the capital, which brings together small letters that have one capital.
  return text.normalize('NFKD').toUpperCase().toLowerCase().replace(ACCENTS, '').normalize('NFC');
}

/**
 * The words of a text, folded, in order: runs of letters and digits. An apostrophe within a word is dropped. Of scripts
 * without spaces between words, each pair of neighbouring characters counts as a word, as a dictionary would be needed
 * to find words.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of foldText(text).replace(APOSTROPHES, '').matchAll(WORD)) {
    let end = 0;
    for (const run of word.matchAll(UNSPACED)) {
      if (run.index > end) words.push(word.slice(end, run.index));
      words.push(...pairsOf([...run[0]]));
      end = run.index + run[0].length;
    }
    if (end < word.length) words.push(word.slice(end));
  }
  return words;
}

/** The same for texts that have the same words. */
export const wordsKey = (text: string): string => wordsOf(text).join(' ');

function pairsOf(characters: readonly string[]): string[] {
  if (characters.length < 2) return [...characters];
  return characters.slice(1).map((character, index) => characters[index]! + character);
}

/** Marks of a word's ends within n-grams; no word has them. */
const [START, END] = ['^', '$'];

/**
 * The runs of `length` characters of a word between marks of its ends: `cup` in threes is `^cu`, `cup`, `up$`. A word that
 * is shorter than that with its marks is one n-gram.
 */
export function characterNgrams(word: string, length: number): string[] {
  const characters = [START, ...word, END];
  if (characters.length <= length) return [characters.join('')];
  return Array.from({ length: characters.length - length + 1 }, (_, at) =>
    characters.slice(at, at + length).join(''),
  );
}

/**
 * A term's place among `buckets`: 32-bit FNV-1a over its UTF-16 code units (Fowler, Noll, Vo), with the finish of
 * MurmurHash3, since the low bits of FNV are weak.
 */
export function hashedTerm(term: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % buckets;
}
