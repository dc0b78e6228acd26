import { expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import type { EncodedRows, VectorLayout } from '../encoding/row-encoding.js';
import { codeCounts, ConditionSampler, conditionWidth, TrainingSampler } from './conditions.js';

const LAYOUT: VectorLayout = {
  scalars: [],
  spans: [
    { column: 0, width: 2, offset: 0, isCategory: true },
    { column: 1, width: 3, offset: 2, isCategory: true },
  ],
  groups: [],
  units: 5,
};

/** 1,000 rows: the second code of the first column is rare. */
const TABLE: EncodedRows = {
  rows: 1000,
  codes: Uint16Array.from({ length: 2000 }, (_, at) => (at % 2 === 0 ? Number(at < 20) : (at >> 1) % 3)),
  scalars: new Float32Array(),
};
const ALL = Uint32Array.from({ length: 1000 }, (_, row) => row);

test('rows of a batch meet their conditions, and rare codes are asked for more often than they occur', () => {
  const { rows, conditions } = new TrainingSampler(LAYOUT, TABLE, ALL).draw(2000, Random.seeded(1));
  const width = conditionWidth(LAYOUT);
  let rare = 0;
  rows.forEach((row, at) => {
    const asked = [...conditions.subarray(at * width, (at + 1) * width)];
    expect(asked.reduce((sum, value) => sum + value, 0)).toBe(1);
    const unit = asked.indexOf(1);
    const span = unit < 2 ? 0 : 1;
    expect(TABLE.codes[row * 2 + span]).toBe(unit - LAYOUT.spans[span]!.offset);
    if (unit === 1) rare++;
  });
  // 1 % of the rows; half of the conditions are of its column, log(11) of log(11) + log(991) of those.
  expect(rare / 2000).toBeGreaterThan(0.09);
  expect(rare / 2000).toBeLessThan(0.17);
});

test('conditions for sampling follow the real frequencies', () => {
  const conditions = new ConditionSampler(LAYOUT, codeCounts(LAYOUT, TABLE, ALL));
  const random = Random.seeded(2);
  const units = Array.from({ length: 4000 }, () => conditions.draw(random)!.unit);
  const share = (unit: number): number => units.filter((drawn) => drawn === unit).length / 4000;
  expect(share(0)).toBeCloseTo(0.495, 1);
  expect(share(1)).toBeLessThan(0.02);
  expect(share(3)).toBeCloseTo(1 / 6, 1);
});

test('conditions are of categories, unless there are only numbers', () => {
  const [first, second] = LAYOUT.spans as [VectorLayout['spans'][0], VectorLayout['spans'][0]];
  const spansBy = (layout: VectorLayout): Set<number> => {
    const conditions = new ConditionSampler(layout, codeCounts(layout, TABLE, ALL));
    const random = Random.seeded(3);
    return new Set(Array.from({ length: 200 }, () => conditions.draw(random)!.span));
  };
  const mixed = { ...LAYOUT, spans: [{ ...first, isCategory: false }, second] };
  expect(spansBy(mixed)).toEqual(new Set([1]));
  expect(conditionWidth(mixed)).toBe(second.width);
  const numbers = { ...LAYOUT, spans: [first, second].map((span) => ({ ...span, isCategory: false })) };
  expect(spansBy(numbers)).toEqual(new Set([0, 1]));
  expect(conditionWidth(numbers)).toBe(first.width + second.width);
});

test('a table without codes has no conditions', () => {
  const bare: VectorLayout = { ...LAYOUT, spans: [], units: 0 };
  expect(new ConditionSampler(bare, [0]).draw(Random.seeded(1))).toBeUndefined();
  expect(conditionWidth(bare)).toBe(1);
});
