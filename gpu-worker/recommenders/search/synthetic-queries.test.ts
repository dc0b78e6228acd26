import { describe, expect, it } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { syntheticQuery } from './synthetic-queries.js';
import { foldText, wordsOf } from './text/analysis.js';
import { withTypingError } from './text/typing-errors.js';

describe('a made query', () => {
  const product = { id: 'a', title: 'Large RED retrospot umbrella', brand: 'Ruby', category: 'Outdoor' };
  const made = Array.from({ length: 400 }, (_, index) => syntheticQuery(product, Random.seeded(index)));

  it('always has a word, and mostly one of the product', () => {
    const words = new Set(wordsOf('large red retrospot umbrella ruby outdoor'));
    expect(made.every((query) => wordsOf(query).length > 0)).toBe(true);
    const sharing = made.filter((query) => wordsOf(query).some((word) => words.has(word)));
    expect(sharing.length / made.length).toBeGreaterThan(0.8);
  });

  it('is now a beginning, now without a word, now misspelt, now with the brand before', () => {
    const title = foldText(product.title);
    expect(made.some((query) => query.length < title.length && title.startsWith(query))).toBe(true);
    expect(made).toContain('red retrospot umbrella');
    expect(made.some((query) => query.startsWith('ruby '))).toBe(true);
    expect(new Set(made).size).toBeGreaterThan(200);
  });

  it('is of the description, or of the brand, where there is no title', () => {
    const described = syntheticQuery({ id: 'b', description: 'a very small cup' }, Random.seeded(1));
    expect(wordsOf(described).length).toBeGreaterThan(0);
    expect(syntheticQuery({ id: 'c', brand: 'Ruby' }, Random.seeded(1))).not.toBe('');
    expect(syntheticQuery({ id: 'd', title: '…' }, Random.seeded(1))).toBe('');
  });
});

describe('a typing error', () => {
  it('is one: a letter less, more, other, or two swapped; the first stays', () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const word = withTypingError('lantern', Random.seeded(seed));
      lengths.add(word.length);
      expect(word[0]).toBe('l');
      const swapped = [...word].sort().join('') === [...'lantern'].sort().join('');
      expect(swapped || distance('lantern', word) <= 1).toBe(true);
    }
    expect([...lengths].sort()).toEqual([6, 7, 8]);
  });

  it('leaves a word of one letter', () => {
    expect(withTypingError('t', Random.seeded(1))).toBe('t');
  });
});

/** Insertions, deletions and substitutions (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}
