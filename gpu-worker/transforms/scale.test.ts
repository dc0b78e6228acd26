import { expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { Random } from '../compute/random.js';
import { tableOf } from '../evaluation/testing.js';
import { numbersIn } from './replacing.js';
import { scale } from './scale.js';

const schemaOf = (rest: Partial<ColumnSchema> & Pick<ColumnSchema, 'kind'>): ColumnSchema => ({
  name: 'x',
  nullable: true,
  unique: false,
  ...rest,
});
const SECOND = 1000;
const DAY = 86_400 * SECOND;
const random = Random.seeded(11);
const each = (make: () => number): Float64Array =>
  Float64Array.from({ length: 5000 }, (_, row) => (row % 7 === 0 ? NaN : make()));

test.each<[string, ColumnSchema, Float64Array]>([
  ['integers', schemaOf({ kind: 'INTEGER' }), each(() => random.integer(1_000_000_000) - 500_000_000)],
  [
    'prices',
    schemaOf({ kind: 'REAL', decimals: 2 }),
    each(() => Number((random.uniform() * 1e6).toFixed(2))),
  ],
  ['small shares', schemaOf({ kind: 'REAL', decimals: 9 }), each(() => Number(random.uniform().toFixed(9)))],
  [
    'days',
    schemaOf({ kind: 'DATETIME', precision: 'date' }),
    each(() => Date.UTC(1950, 0, 1) + DAY * random.integer(40_000)),
  ],
  [
    'seconds',
    schemaOf({ kind: 'DATETIME', precision: 'second' }),
    each(() => Date.UTC(2024, 0, 1) + SECOND * random.integer(80_000_000)),
  ],
])('%s come back exactly as they were, whatever the scale', (_, schema, values) => {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const [low, high] = [present[0]!, present.at(-1)!];
  for (const [offset, factor] of [
    [low, high - low],
    [(low + high) / 2 + 1 / 3, (high - low) / 7.3],
  ]) {
    const transform = scale({ type: 'scale', schema, offset: offset!, factor: factor!, nonNegative: false });
    const scaled = transform.apply(tableOf({ schema, values }));
    expect(scaled.columns[0]!.schema.kind).toBe('REAL');
    const back = transform.undo(scaled);
    expect(back.columns[0]!.schema).toEqual(schema);
    expect(numbersIn(back, 'x')).toEqual(values);
  }
});

test('what never was negative never is, and nothing that is drawn is too large to write', () => {
  const schema = schemaOf({ kind: 'REAL', decimals: 2 });
  const transform = scale({ type: 'scale', schema, offset: 5, factor: 1e300, nonNegative: true });
  const drawn = tableOf({
    schema: { ...schema, decimals: undefined },
    values: Float64Array.of(-3, 1e10, NaN),
  });
  expect([...numbersIn(transform.undo(drawn), 'x')]).toEqual([0, Number.MAX_VALUE, NaN]);
});
