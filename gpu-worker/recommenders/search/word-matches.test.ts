import { describe, expect, it } from '@jest/globals';
import { wordsOf } from './text/analysis.js';
import { isOneErrorAway, wordMatches } from './word-matches.js';

const LANTERN = {
  title: 'Red Lantern',
  brand: 'Laterna & Co',
  category: 'garden',
  description: 'a lantern in red',
};
const matched = (query: string) =>
  wordMatches(wordsOf(query), LANTERN).map(({ queryWord, productWord, field, match }) =>
    [queryWord, productWord, field, match].join(' '),
  );

describe('what a product has of a query', () => {
  it('is told word by word, the most alike first found from the title on', () => {
    expect(matched('RED lantern in the gard')).toEqual([
      'red red TITLE EXACT',
      'lantern lantern TITLE EXACT',
      'in in DESCRIPTION EXACT',
      'gard garden CATEGORY BEGINNING',
    ]);
    expect(matched('latern')).toEqual(['latern laterna BRAND BEGINNING']);
    expect(matched('lanten lanten')).toEqual(['lanten lantern TITLE MISSPELT']);
  });

  it('is nothing where only a letter or a short word is alike', () => {
    expect(matched('g ret bed')).toEqual([]);
  });
});

test.each([
  ['lantern', 'lantren', true],
  ['lantern', 'latern', true],
  ['lantern', 'lanttern', true],
  ['lantern', 'lentern', true],
  ['lantern', 'lantern', false],
  ['lantern', 'lnatren', false],
  ['lantern', 'lantnre', false],
  ['lantern', 'lanterns', true],
  ['lantern', 'antern', true],
])('of %s and %s, that one error is between them is %s', (one, other, expected) => {
  expect(isOneErrorAway(one, other)).toBe(expected);
  expect(isOneErrorAway(other, one)).toBe(expected);
});
