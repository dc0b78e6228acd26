import { describe, expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { matchParents, mutualInformation } from './matching.js';

describe('children that are given parents', () => {
  test('get ones with the codes that they ask for', () => {
    const parents = 60;
    const children = 600;
    const first = {
      children: Int32Array.from({ length: children }, (_, child) => (child % 10 === 0 ? 0 : 1)),
      parents: Int32Array.from({ length: parents }, (_, parent) => parent % 2),
      ordered: 0,
    };
    const second = {
      children: Int32Array.from({ length: children }, (_, child) => child % 3),
      parents: Int32Array.from({ length: parents }, (_, parent) => Math.floor(parent / 2) % 3),
      ordered: 0,
    };
    const weights = new Float64Array(parents).fill(1);
    const chosen = matchParents([first, second], weights, children, Random.seeded(1));
    for (const column of [first, second]) {
      expect([...chosen].map((parent) => column.parents[parent])).toEqual([...column.children]);
    }
  });

  test('get ones with the nearest code where none has theirs, or any where there is no near', () => {
    const parents = Int32Array.from({ length: 20 }, (_, parent) => (parent < 10 ? 2 : 7));
    const children = Int32Array.of(0, 4, 5, 9, -1);
    const weights = new Float64Array(20).fill(1);
    const match = (ordered: number): (number | undefined)[] =>
      [...matchParents([{ children, parents, ordered }], weights, 5, Random.seeded(2))].map(
        (one) => parents[one],
      );
    expect(match(8).slice(0, 3)).toEqual([2, 2, 7]);
    for (const code of [...match(8), ...match(0)]) expect([2, 7]).toContain(code);
  });

  test('leave each parent its share of its group, to within one child', () => {
    const weights = Float64Array.from({ length: 50 }, (_, parent) => 1 + (parent % 7));
    const parents = Int32Array.from(weights, (_, parent) => parent % 2);
    const children = Int32Array.from({ length: 1000 }, (_, child) => (child < 700 ? 0 : 1));
    const counts = new Float64Array(50);
    const chosen = matchParents([{ children, parents, ordered: 0 }], weights, 1000, Random.seeded(2));
    for (const parent of chosen) counts[parent]!++;
    const total = [0, 1].map((code) =>
      weights.reduce((sum, one, row) => sum + (parents[row] === code ? one : 0), 0),
    );
    counts.forEach((count, parent) => {
      const group = parents[parent]!;
      expect(Math.abs(count - ([700, 300][group]! * weights[parent]!) / total[group]!)).toBeLessThan(
        1 + 1e-9,
      );
    });
  });

  test('share parents evenly when none has a weight', () => {
    const chosen = matchParents([], new Float64Array(4), 40, Random.seeded(3));
    expect([0, 1, 2, 3].map((parent) => chosen.filter((one) => one === parent).length)).toEqual([
      10, 10, 10, 10,
    ]);
  });
});

describe('mutual information', () => {
  test('is the entropy of a column with itself, and next to nothing of independent ones', () => {
    const random = Random.seeded(4);
    const draw = (): Int32Array => Int32Array.from({ length: 4000 }, () => random.integer(4));
    const column = draw();
    expect(mutualInformation(column, column)).toBeCloseTo(Math.log(4), 2);
    expect(mutualInformation(column, draw())).toBeLessThan(0.002);
  });
});
