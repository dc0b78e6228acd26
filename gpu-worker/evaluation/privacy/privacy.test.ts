import type { Table } from '../../tables/table.js';
import { alignTables } from '../align.js';
import { randomNumbers } from '../random.js';
import { categoricalColumn, numericColumn, tableOf } from '../testing.js';
import { closestRecord } from './closest-record.js';
import { privacyScores } from './privacy.js';

/** People whose income nothing else tells; `rows` of them are drawn anew for each seed. */
function people(rows: number, seed: number): Table {
  const random = randomNumbers(seed);
  const cells = <Cell>(cell: () => Cell) => Array.from({ length: rows }, cell);
  return tableOf(
    numericColumn(
      'age',
      cells(() => Math.floor(random() * 60)),
    ),
    numericColumn('income', cells(random)),
    numericColumn('height', cells(random)),
    categoricalColumn(
      'town',
      cells(() => `t${Math.floor(random() * 12)}`),
    ),
  );
}

const train = people(600, 1);
const unseen = people(300, 2);

async function scored(synthetic: Table, test: Table | undefined = unseen, real: Table = train) {
  const scores = await privacyScores(
    alignTables(real, synthetic, 'synthetic table'),
    test && alignTables(real, test, 'test table'),
    { mostRows: 10_000, seed: 1, pause: () => Promise.resolve() },
  );
  return Object.fromEntries(scores.map((score) => [score.name, score]));
}

describe('privacy scores', () => {
  it('find nothing in rows that were drawn without looking at the training rows', async () => {
    const found = await scored(people(600, 3));
    expect(Math.abs(found['closerToTrain']!.value - 0.5)).toBeLessThan(0.05);
    expect(Math.abs(found['membershipAttack']!.value - 0.5)).toBeLessThan(0.06);
    const { value, reference } = found['attributeInference']!;
    expect(Math.abs(value - reference!)).toBeLessThan(0.05);
    for (const name of ['closestRecord', 'closestRecordLow', 'neighbourRatio']) {
      const distance = found[name]!;
      expect(distance.value / distance.reference!).toBeGreaterThan(0.7);
      expect(distance.value / distance.reference!).toBeLessThan(1.4);
    }
  });

  it('give away a table that is the training rows', async () => {
    const found = await scored(train);
    expect(found['closestRecord']).toMatchObject({ value: 0, unit: 'distance', referenceSource: 'HOLDOUT' });
    expect(found['closestRecordLow']!.value).toBe(0);
    expect(found['neighbourRatio']!.value).toBe(0);
    // Half the synthetic rows are in either cut of the training rows, and lie on a row of it; the others have a fair chance.
    expect(found['closerToTrain']!.value).toBeGreaterThan(0.7);
    expect(found['membershipAttack']).toMatchObject({ value: 1, reference: 0.5, referenceSource: 'IDEAL' });
    expect(found['attributeInference']!.value).toBe(1);
    expect(found['attributeInference']!.reference).toBeLessThan(0.4);
  });

  it('give away training rows that were but slightly changed', async () => {
    const random = randomNumbers(9);
    const near = {
      ...train,
      columns: train.columns.map((column) =>
        'values' in column && column.schema.name !== 'age'
          ? { ...column, values: column.values.map((value) => value + 0.02 * (random() - 0.5)) }
          : column,
      ),
    };
    const found = await scored(near);
    expect(found['closestRecord']!.value).toBeLessThan(0.1 * found['closestRecord']!.reference!);
    expect(found['neighbourRatio']!.value).toBeLessThan(0.1);
    expect(found['membershipAttack']!.value).toBeGreaterThan(0.95);
    expect(found['attributeInference']!.value).toBeGreaterThan(0.9);
  });

  it('without unseen rows compare distances among the real rows, and try no attack', async () => {
    const found = await privacyScores(alignTables(train, people(600, 3), 'synthetic table'), undefined, {
      ...{ mostRows: 10_000, seed: 1 },
      pause: () => Promise.resolve(),
    });
    expect(found.map(({ name }) => name)).toEqual(['closestRecord', 'closestRecordLow', 'neighbourRatio']);
    for (const { value, reference, referenceSource } of found) {
      expect(referenceSource).toBe('REAL');
      expect(value / reference!).toBeGreaterThan(0.7);
      expect(value / reference!).toBeLessThan(1.4);
    }
  });

  it('cut long tables, and are the same for the same seed', async () => {
    const short = () =>
      privacyScores(
        alignTables(train, people(600, 3), 'synthetic table'),
        alignTables(train, unseen, 'test table'),
        { mostRows: 100, seed: 4, pause: () => Promise.resolve() },
      );
    const found = await short();
    expect(await short()).toEqual(found);
    // Fewer rows lie further apart.
    const whole = await scored(people(600, 3));
    expect(found.find(({ name }) => name === 'closestRecord')!.value).toBeGreaterThan(
      1.2 * whole['closestRecord']!.value,
    );
  });

  it('make do with single rows, constant columns and columns of IDs', async () => {
    const one = tableOf(numericColumn('n', [1]), categoricalColumn('c', ['a']));
    expect(Object.values(await scored(one, one, one)).map(({ value }) => value)).toEqual([0.5, 0.5]);
    const constant = tableOf(numericColumn('n', [1, 1, 1]), categoricalColumn('c', ['a', 'a', 'a']));
    const found = await scored(constant, constant, constant);
    expect(found['neighbourRatio']!.value).toBe(1);
    expect(Object.keys(found)).not.toContain('attributeInference');
    const ids = tableOf(categoricalColumn('id', ['a', 'b'], 'ID'));
    expect(await scored(ids, ids, ids)).toEqual({});
  });
});

describe('the closest record', () => {
  const neighbours = (...distances: number[]) => ({
    count: 2,
    distances: Float64Array.from(distances),
    rows: new Int32Array(distances.length),
  });

  it('is at the median and the 5th percentile of distances, and beside the second closest', () => {
    // Distances 1 … 21, each with the next twice as far.
    const twice = Array.from({ length: 21 }, (_, row) => [row + 1, 2 * (row + 1)]).flat();
    expect(closestRecord(neighbours(...twice))).toEqual({ median: 11, low: 2, ratio: 0.5 });
  });

  it('singles nobody out between two equal real rows', () => {
    expect(closestRecord(neighbours(0, 0, 0, 0))).toEqual({ median: 0, low: 0, ratio: 1 });
    expect(closestRecord(neighbours(0, 3))).toEqual({ median: 0, low: 0, ratio: 0 });
  });

  it('has no ratio where there is no second real row', () => {
    expect(closestRecord(neighbours(1, Infinity))).toBeUndefined();
  });
});
