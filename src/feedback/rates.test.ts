import { judge, Verdict } from './comparison.js';
import { differenceOf, rateOf, type Outcomes } from './rates.js';

/** Wilson's interval for 10 of 100: 5.52–17.44 %. */
test('one part has the interval of Wilson', () => {
  const rate = rateOf([{ shown: 100, followed: 10 }]);
  expect(rate?.value).toBe(0.1);
  expect(rate?.low).toBeCloseTo(0.0552, 4);
  expect(rate?.high).toBeCloseTo(0.1744, 4);
});

test('none and all have intervals, nothing shown and more followed than shown have no rate', () => {
  expect(rateOf([{ shown: 20, followed: 0 }])).toMatchObject({ value: 0, low: 0 });
  expect(rateOf([{ shown: 20, followed: 20 }])).toMatchObject({ value: 1, high: 1 });
  expect(rateOf([])).toBeNull();
  expect(rateOf([{ shown: 1, followed: 2 }])).toBeNull();
});

/** Newcombe (1998), Statistics in Medicine 17, table II, example (a): 56/70 − 48/80, method 10: 0.0524 to 0.3339. */
test('the difference of two single parts has the interval of Newcombe', () => {
  const [first, second] = [rateOf([{ shown: 80, followed: 48 }]), rateOf([{ shown: 70, followed: 56 }])];
  const { value, low, high } = differenceOf(first!, second!);
  expect(value).toBeCloseTo(0.2, 10);
  expect(low).toBeCloseTo(0.0524, 4);
  expect(high).toBeCloseTo(0.3339, 4);
});

/** People differ: a person's own rate is drawn, then each of their 30 impressions. Answers 16 parts of 320 people. */
function people(mean: number, random: () => number): Outcomes[] {
  const parts = Array.from({ length: 16 }, () => ({ shown: 0, followed: 0 }));
  for (let person = 0; person < 320; person++) {
    const own = random() < 0.2 ? 5 * mean : 0;
    const part = parts[person % 16]!;
    for (let impression = 0; impression < 30; impression++) {
      part.shown += 1;
      if (random() < own) part.followed += 1;
    }
  }
  return parts;
}

test('where people differ, 95 % of the intervals hold the true rate, which those of independent impressions do not', () => {
  const random = seeded(7);
  const mean = 0.06;
  const [rounds, held] = [600, { parts: 0, impressions: 0, difference: 0 }];
  for (let round = 0; round < rounds; round++) {
    const [parts, others] = [people(mean, random), people(mean, random)];
    const rate = rateOf(parts)!;
    const whole = rateOf([
      {
        shown: parts.reduce((sum, { shown }) => sum + shown, 0),
        followed: parts.reduce((sum, { followed }) => sum + followed, 0),
      },
    ])!;
    const difference = differenceOf(rate, rateOf(others)!);
    if (rate.low <= mean && mean <= rate.high) held.parts += 1;
    if (whole.low <= mean && mean <= whole.high) held.impressions += 1;
    if (difference.low <= 0 && difference.high >= 0) held.difference += 1;
  }
  expect(held.parts / rounds).toBeGreaterThan(0.92);
  expect(held.difference / rounds).toBeGreaterThan(0.92);
  expect(held.impressions / rounds).toBeLessThan(0.8);
});

describe('two versions are judged', () => {
  const side = (number: number, shown: number, followed: number) => ({
    number,
    impressions: shown,
    ctr: rateOf([{ shown, followed }]),
  });

  test('by the interval of their difference, in words', () => {
    const better = judge(side(1, 10_000, 500), side(2, 10_000, 620), 'among the first 10');
    expect(better.verdict).toBe(Verdict.SECOND_BETTER);
    expect(better.summary).toMatch(
      /^Version 2 is clicked more often among the first 10: 6\.20 % of what is shown, against 5\.00 % for version 1\. .* \+1\.20 points \(95 %: \+0\.5\d to \+1\.8\d\)\.$/,
    );
    expect(judge(side(1, 10_000, 620), side(2, 10_000, 500), '')).toMatchObject({
      verdict: Verdict.FIRST_BETTER,
      summary: expect.stringMatching(/^Version 1 .* −1\.20 points/) as unknown,
    });
  });

  test('not before it can be told, and with how much more would tell it', () => {
    const open = judge(side(1, 1_000, 50), side(3, 1_000, 62), 'in its lists');
    expect(open.verdict).toBe(Verdict.UNDECIDED);
    const [, more] = /about ([\d,]+) more impressions/.exec(open.summary) ?? [];
    const wanted = (2_000 + Number(more?.replaceAll(',', ''))) / 2;
    const decided = judge(
      side(1, wanted * 1.05, wanted * 1.05 * 0.05),
      side(3, wanted * 1.05, wanted * 1.05 * 0.062),
      '',
    );
    expect(decided.verdict).toBe(Verdict.SECOND_BETTER);
    expect(judge(side(1, 1_000, 50), side(3, 1_000, 50), '').summary).not.toMatch(/more impressions/);
  });

  test('as without data when nothing was shown, or more was clicked than shown', () => {
    expect(judge(side(1, 10, 1), side(2, 0, 0), 'in its lists').summary).toMatch(
      /^Nothing that version 2 recommended/,
    );
    expect(judge(side(1, 10, 11), side(2, 10, 0), '')).toMatchObject({
      verdict: Verdict.NO_DATA,
      difference: null,
      summary: expect.stringContaining('More clicks than impressions') as unknown,
    });
  });
});

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
