import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Evaluation } from '../../schema/messages/scores.js';
import { UserFailure } from '../failure.js';
import type { Column, Table } from '../tables/table.js';
import { evaluate, type EvaluateOptions } from './evaluate.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';

const CODES = new Set(['Month', 'OperatingSystems', 'Browser', 'Region', 'TrafficType', 'VisitorType']);
const BOOLEANS = new Set(['Weekend', 'Revenue']);
const shoppers = readFileSync(
  fileURLToPath(new URL('../../examples/online-shoppers/online-shoppers.csv', import.meta.url)),
  'utf8',
)
  .trim()
  .split(/\r?\n/)
  .map((line) => line.split(','));

/** Every second row of Online Shoppers. `damaged`: PageValues belong to the row before, and a minute is added. */
function everySecondRow(first: 0 | 1, damaged: boolean): Table {
  const [names, ...rows] = shoppers;
  const chosen = rows.filter((_, index) => index % 2 === first);
  return tableOf(
    ...names!.map((name, index): Column => {
      const cells = chosen.map((row) => row[index]!);
      if (CODES.has(name)) return categoricalColumn(name, cells);
      if (BOOLEANS.has(name)) {
        return numericColumn(
          name,
          cells.map((cell) => (cell === 'TRUE' ? 1 : 0)),
          'BOOLEAN',
        );
      }
      const numbers = cells.map(Number);
      if (damaged && name === 'PageValues') numbers.unshift(numbers.pop()!);
      if (damaged && name === 'Administrative_Duration') {
        return numericColumn(
          name,
          numbers.map((value) => value + 60),
        );
      }
      return numericColumn(name, numbers);
    }),
  );
}

const run = (options: Partial<EvaluateOptions> & Pick<EvaluateOptions, 'real' | 'synthetic'>) =>
  evaluate({ seed: 1, signal: new AbortController().signal, progress: () => {}, ...options });

const valueOf = (evaluation: Evaluation, name: string) =>
  evaluation.scores.find((score) => score.name === name)!;

describe('evaluating a synthetic table', () => {
  it('agrees with NumPy and scikit-learn on Online Shoppers', async () => {
    const real = everySecondRow(0, false);
    const evaluation = await run({
      real,
      synthetic: everySecondRow(1, true),
      test: everySecondRow(1, false),
    });
    // Both from an implementation of the same definitions in NumPy.
    expect(valueOf(evaluation, 'shapeError').value).toBeCloseTo(0.049427773272055386, 9);
    expect(valueOf(evaluation, 'trendError').value).toBeCloseTo(0.02496819242801651, 9);
    const shapes = Object.fromEntries(evaluation.columns.map(({ name, shape }) => [name, shape]));
    expect(shapes['Administrative_Duration']).toBeCloseTo(0.3330089213300892, 9);
    expect(shapes['Month']).toBeCloseTo(0.989294403892944, 9);
    expect(shapes['Revenue']).toBeCloseTo(0.9967558799675588, 9);
    // scikit-learn's RobustScaler and LogisticRegression, converged; 0.420, 0.410, 0.403 for three ways to cut folds.
    const detection = valueOf(evaluation, 'logisticDetection');
    expect(detection.value).toBeGreaterThan(0.39);
    expect(detection.value).toBeLessThan(0.43);
    expect(detection.reference).toBeGreaterThan(0.96);
    expect(detection.referenceSource).toBe('HOLDOUT');
    // Boosted trees see that PageValues belong to other rows, and that durations below a minute are gone.
    const boosted = valueOf(evaluation, 'boostedDetection');
    expect(boosted.value).toBeLessThan(0.2);
    expect(boosted.reference).toBeGreaterThan(0.98);
    expect(evaluation.scores.map(({ name }) => name)).not.toContain('utility');
    expect(evaluation.pairs).toHaveLength((18 * 17) / 2);
    expect(Evaluation.parse(JSON.parse(JSON.stringify(evaluation)))).toEqual(evaluation);
  }, 60_000);

  const numbers = (rows: number, shift: number) =>
    numericColumn(
      'n',
      Array.from({ length: rows }, (_, row) => ((row * 37 + shift) % 101) / 7),
    );
  const letters = (rows: number, shift: number) =>
    categoricalColumn(
      'c',
      Array.from({ length: rows }, (_, row) => 'abcde'[(row * 3 + shift) % 5]!),
    );

  it('gives the same answer for the same seed', async () => {
    const tables = {
      real: tableOf(numbers(300, 0), letters(300, 1)),
      synthetic: tableOf(numbers(300, 5), letters(300, 0)),
    };
    expect(await run(tables)).toEqual(await run(tables));
  });

  it('adds the utility for a target, and fails for one that the real table lacks', async () => {
    const tables = {
      real: tableOf(numbers(300, 0), letters(300, 1)),
      synthetic: tableOf(numbers(300, 5), letters(300, 0)),
    };
    expect(valueOf(await run({ ...tables, target: 'c' }), 'utility')).toMatchObject({ better: 'higher' });
    await expect(run({ ...tables, target: 'C' })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      location: { field: 'target' },
    });
  });

  it('compares the real table with itself by halves when there is no holdout', async () => {
    const real = tableOf(numbers(300, 0), letters(300, 1));
    const evaluation = await run({ real, synthetic: real });
    expect(valueOf(evaluation, 'shapeError')).toMatchObject({ value: 0, referenceSource: 'HALVES' });
    expect(valueOf(evaluation, 'shapeError').reference).toBeGreaterThan(0);
    expect(valueOf(evaluation, 'exactCopies').value).toBe(1);
  });

  it('finds that tables which do not overlap are always told apart', async () => {
    const evaluation = await run({
      real: tableOf(
        numericColumn(
          'n',
          Array.from({ length: 60 }, (_, row) => row),
        ),
      ),
      synthetic: tableOf(
        numericColumn(
          'n',
          Array.from({ length: 60 }, (_, row) => 1000 + row),
        ),
      ),
    });
    expect(valueOf(evaluation, 'logisticDetection').value).toBe(0);
    expect(valueOf(evaluation, 'shapeError').value).toBe(1);
  });

  it('scores tables with constant, empty and partly missing columns', async () => {
    const odd = (rows: number) =>
      tableOf(
        numericColumn('constant', new Array<number>(rows).fill(5)),
        numericColumn('empty', new Array<null>(rows).fill(null)),
        categoricalColumn('nothing', new Array<null>(rows).fill(null)),
        numericColumn(
          'holes',
          Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? null : row % 10)),
        ),
        categoricalColumn(
          'id',
          Array.from({ length: rows }, (_, row) => `id ${row}`),
          'ID',
        ),
      );
    const evaluation = await run({ real: odd(90), synthetic: odd(60) });
    expect(valueOf(evaluation, 'shapeError').value).toBeCloseTo(0, 2);
    expect(valueOf(evaluation, 'missingError').value).toBe(0);
    expect(evaluation.correlations.real[0]).toEqual([null, null, null]);
    expect(evaluation.columns.find(({ name }) => name === 'id')).toMatchObject({ drawing: { type: 'NONE' } });
    expect(evaluation.notes.join(' ')).toContain('"id"');
    expect(evaluation.rows.compared).toEqual({ real: 90, synthetic: 60 });
  });

  it('cuts a longer synthetic table to as many rows as the real one has', async () => {
    const evaluation = await run({ real: tableOf(numbers(50, 0)), synthetic: tableOf(numbers(500, 0)) });
    expect(evaluation.rows).toMatchObject({ synthetic: 500, compared: { real: 50, synthetic: 50 } });
    expect(evaluation.notes.join(' ')).toContain('50 random synthetic rows');
  });

  it('survives a single row', async () => {
    const one = tableOf(numericColumn('n', [1]), categoricalColumn('c', ['a']));
    const evaluation = await run({ real: one, synthetic: one });
    expect(valueOf(evaluation, 'shapeError').value).toBe(0);
    expect(evaluation.scores.map(({ name }) => name)).not.toContain('logisticDetection');
  });

  it('refuses a table without rows', async () => {
    const failure = run({ real: tableOf(numbers(5, 0)), synthetic: tableOf(numericColumn('n', [])) });
    await expect(failure).rejects.toBeInstanceOf(UserFailure);
    await expect(failure).rejects.toMatchObject({ code: 'INSUFFICIENT_DATA' });
  });

  it('stops when the run is cancelled', async () => {
    const controller = new AbortController();
    const real = tableOf(numbers(300, 0), letters(300, 1));
    const stopped = run({
      real,
      synthetic: real,
      signal: controller.signal,
      progress: () => controller.abort(new Error('cancelled')),
    });
    await expect(stopped).rejects.toThrow('cancelled');
  });

  it('reports progress that rises to 1', async () => {
    const fractions: number[] = [];
    const real = tableOf(numbers(300, 0), letters(300, 1));
    await run({ real, synthetic: real, progress: (fraction) => fractions.push(fraction) });
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });
});

describe('what is drawn of a column', () => {
  const drawingOf = async (real: Column, synthetic: Column) =>
    (await run({ real: tableOf(real), synthetic: tableOf(synthetic) })).columns[0]!.drawing;

  it('gives each of a few integers a bar', async () => {
    const column = (cells: number[]) => numericColumn('n', cells, 'INTEGER');
    expect(
      await drawingOf(column([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]), column([1, 1, 1, 1, 1, 3, 3, 3, 3, 9])),
    ).toEqual({
      type: 'HISTOGRAM',
      edges: [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
      real: [0.2, 0.2, 0.2, 0.2, 0.2],
      synthetic: [0.5, 0, 0.4, 0, 0.1],
      openLow: false,
      openHigh: true,
    });
  });

  it('sets a value apart that most rows hold', async () => {
    const drawing = await drawingOf(
      numericColumn('n', [0, 0, 0, 0, 1, 2, 3, 4]),
      numericColumn('n', [0, 0, 1, 1, 2, 2, 3, 4]),
    );
    expect(drawing).toMatchObject({ atom: { value: 0, real: 0.5, synthetic: 0.25 }, openLow: false });
    if (drawing.type !== 'HISTOGRAM') throw new Error('a number is drawn as a histogram');
    expect(drawing.real.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.5, 12);
    expect(drawing.synthetic.reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.75, 12);
  });

  it('keeps the 20 most frequent categories, and the others as one', async () => {
    const cells = Array.from({ length: 25 }, (_, index) => new Array<string>(25 - index).fill(`c${index}`));
    const drawing = await drawingOf(categoricalColumn('c', cells.flat()), categoricalColumn('c', ['c24']));
    if (drawing.type !== 'CATEGORIES') throw new Error('a category is drawn as bars');
    expect(drawing.labels).toHaveLength(20);
    expect(drawing.labels[0]).toBe('c0');
    expect(drawing.other).toMatchObject({ categories: 5, synthetic: 1 });
    expect(drawing.other.real).toBeCloseTo(15 / 325, 12);
  });
});
