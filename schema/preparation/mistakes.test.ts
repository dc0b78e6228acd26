import { expect, test } from '@jest/globals';
import { PreparationStep } from '../messages/preparation.js';
import type { KnownColumn } from './cell-value.js';
import { mistakeIn } from './mistakes.js';

const columns: KnownColumn[] = [
  { name: 'price', kind: 'REAL' },
  { name: 'items', kind: 'INTEGER' },
  { name: 'day', kind: 'DATETIME' },
  { name: 'paid', kind: 'BOOLEAN', booleanLabels: ['no', 'yes'] },
  { name: 'order', kind: 'ID' },
];
const mistake = (...steps: unknown[]) =>
  mistakeIn(
    steps.map((step) => PreparationStep.parse(step)),
    columns,
  );

test('steps that follow one another have no mistake, also about columns that were made or dropped on the way', () => {
  expect(
    mistake(
      { type: 'bounds', column: 'price', minimum: 0, maximum: 9.5 },
      { type: 'fillMissing', columns: ['paid'], with: 'value', value: 'Yes' },
      { type: 'fillMissing', columns: ['day'], with: 'value', value: '2026-01-31' },
      { type: 'scale', columns: ['items'], method: 'minMax', keep: true },
      { type: 'outliers', columns: ['items'], method: 'quantile', action: 'clip' },
      { type: 'dropColumns', columns: ['price'] },
      { type: 'derive', column: 'price', formula: 'items * 2' },
      { type: 'bounds', column: 'price', minimum: 1, maximum: 2 },
      { type: 'scale', columns: ['price', 'day'], method: 'zScore' },
    ),
  ).toBeUndefined();
});

test.each<[string, unknown[], { index: number; field: string; message: string }]>([
  [
    'bounds between which no whole number lies',
    [{ type: 'bounds', column: 'items', minimum: 0.2, maximum: 0.8 }],
    { index: 0, field: 'minimum', message: 'no whole number from 0.2 to 0.8' },
  ],
  [
    'bounds that are given twice',
    [
      { type: 'bounds', column: 'items', minimum: 0, maximum: 8 },
      { type: 'bounds', column: 'items', minimum: 1, maximum: 9 },
    ],
    { index: 1, field: 'column', message: '"items" has bounds already' },
  ],
  [
    'bounds after a formula has read the column',
    [
      { type: 'derive', column: 'x', formula: 'price * items' },
      { type: 'bounds', column: 'items', minimum: 0, maximum: 8 },
    ],
    { index: 1, field: 'column', message: 'step 1 has looked at "items"' },
  ],
  [
    'a filling of identifiers',
    [{ type: 'fillMissing', columns: ['order'], with: 'mode' }],
    { index: 0, field: 'columns', message: '"order" holds IDs' },
  ],
  [
    'a mean of yes and no',
    [{ type: 'fillMissing', columns: ['paid'], with: 'mean' }],
    { index: 0, field: 'with', message: '"paid" is BOOLEAN; only numbers and dates have a mean' },
  ],
  [
    'a fraction in whole numbers',
    [{ type: 'fillMissing', columns: ['items'], with: 'value', value: '1.5' }],
    { index: 0, field: 'value', message: '"1.5" is no value of "items"' },
  ],
  [
    'a second scale of what is scaled back',
    [
      { type: 'scale', columns: ['price'], method: 'zScore' },
      { type: 'scale', columns: ['items', 'price'], method: 'minMax' },
    ],
    { index: 1, field: 'columns', message: '"price" is scaled by step 1 until' },
  ],
])('%s: the first step that is wrong, and its field', (_, steps, { message, ...where }) => {
  expect(mistake(...steps)).toEqual({ ...where, message: expect.stringContaining(message) });
});

test.each([
  [{ type: 'dropRows' }, 'either missingIn or where'],
  [{ type: 'dropRows', missingIn: ['a'], where: 'missing(a)' }, 'either missingIn or where'],
  [{ type: 'dropColumns', columns: [] }, 'columns'],
  [{ type: 'dropColumns', columns: ['a', 'a'] }, 'columns that differ'],
  [{ type: 'outliers', columns: ['a'], method: 'quantile', factor: 2, action: 'clip' }, 'without a factor'],
  [{ type: 'outliers', columns: ['a'], method: 'iqr', share: 0.1, action: 'clip' }, 'with a share only'],
  [{ type: 'bounds', column: 'a', minimum: 1 }, 'minimum and maximum, or with earliest and latest'],
  [{ type: 'bounds', column: 'a', minimum: 2, maximum: 2 }, 'less than its maximum'],
  [{ type: 'bounds', column: 'a', earliest: '2026-13-01', latest: '2027-01-01' }, 'a time such as'],
  [{ type: 'bounds', column: 'a', earliest: '2026-02-01', latest: '2026-01-01' }, 'before its latest'],
  [{ type: 'rareCategories', columns: ['a'], minimumSupport: 2, as: 'missing', label: 'x' }, 'only as label'],
  [{ type: 'scale', columns: ['a'], method: 'minMax', kept: true }, 'kept'],
])('%j is no step', (step, problem) => {
  const { success, error } = PreparationStep.safeParse(step);
  expect(success).toBe(false);
  expect(error!.message).toContain(problem);
});
