import { describe, expect, it } from '@jest/globals';
import { characterNgrams, foldText, hashedTerm, wordsOf } from './analysis.js';

describe('words of a text', () => {
  it('are the same whatever the case, the accents and the form of the characters', () => {
    for (const text of ['Crème Brûlée', 'CREME BRULEE', 'cre\u0300me bru\u0302le\u0301e', 'ｃreme brulee'])
      expect(wordsOf(text)).toEqual(['creme', 'brulee']);
    expect(foldText('STRASSE')).toBe(foldText('Straße'));
    expect(foldText('ΟΔΟΣ')).toBe(foldText('οδός'));
  });

  it('are cut at everything that is no letter or digit, but not at an apostrophe within', () => {
    expect(wordsOf("CHILDREN'S T-LIGHT, 50’s (x2) 'BIG'")).toEqual([
      'childrens',
      't',
      'light',
      '50s',
      'x2',
      'big',
    ]);
  });

  it('are pairs of characters where a script has no spaces', () => {
    expect(wordsOf('木製テーブル 2人用')).toEqual(['木製', '製テ', 'テー', 'ーブ', 'ブル', '2', '人用']);
    // A voiced sound isn't an accented one.
    expect(wordsOf('ガス')).not.toEqual(wordsOf('カス'));
  });

  it('of a text without any are none', () => {
    expect(wordsOf('')).toEqual([]);
    expect(wordsOf(' – !? ')).toEqual([]);
  });
});

describe('character n-grams', () => {
  it('know where a word begins and ends', () => {
    expect(characterNgrams('cup', 3)).toEqual(['^cu', 'cup', 'up$']);
  });

  it('of a short word are the word', () => {
    expect(characterNgrams('t', 3)).toEqual(['^t$']);
    expect(characterNgrams('t', 5)).toEqual(['^t$']);
  });

  it('never cut a character in two', () => {
    expect(characterNgrams('😀a', 3)).toEqual(['^😀a', '😀a$']);
  });
});

describe('a hashed term', () => {
  it('has the same place in every process', () => {
    expect([hashedTerm('heart', 1 << 16), hashedTerm('^he', 1 << 16)]).toEqual([10794, 27700]);
  });

  it('shares a bucket with about as many others as chance would have', () => {
    const buckets = 4096;
    const used = new Set(Array.from({ length: buckets }, (_, index) => hashedTerm(`term ${index}`, buckets)));
    // Of as many buckets as terms, a share of 1 − 1/e is used.
    expect(Math.abs(used.size / buckets - (1 - Math.exp(-1)))).toBeLessThan(0.03);
  });
});
