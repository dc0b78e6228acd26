import type { Random } from '../../../compute/random.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * A word with one typing error: two neighbours swapped, a letter too few, one too many, or another one, each as likely.
 * These four are four fifths of all misspellings (Damerau, "A technique for computer detection and correction of
 * spelling errors", 1964). The first letter stays, as it mostly does; a word of one letter stays as it is.
 */
export function withTypingError(word: string, random: Random): string {
  const letters = [...word];
  if (letters.length < 2) return word;
  const at = 1 + random.integer(letters.length - 1);
  const other = LETTERS[random.integer(LETTERS.length)]!;
  switch (random.integer(4)) {
    case 0:
      // Before the last letter, so that there is one to swap with.
      return swapped(letters, Math.min(at, letters.length - 2));
    case 1:
      letters.splice(at, 1);
      break;
    case 2:
      letters.splice(at, 0, other);
      break;
    default:
      letters[at] = other;
  }
  return letters.join('');
}

function swapped(letters: readonly string[], at: number): string {
  const changed = [...letters];
  [changed[at], changed[at + 1]] = [letters[at + 1]!, letters[at]!];
  return changed.join('');
}
