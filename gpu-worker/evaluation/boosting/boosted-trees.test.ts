import { randomNumbers } from '../random.js';
import { binCategories, binNumbers } from './binned-features.js';
import { fitBoostedTrees, type BoostingOptions } from './boosted-trees.js';
import type { Objective } from './objectives.js';

const OPTIONS: BoostingOptions = {
  rounds: 40,
  rate: 0.3,
  limits: { depth: 3, leastWeight: 1, shrinkage: 1, leastGain: 0 },
  pause: () => Promise.resolve(),
};

const ROWS = 600;
const random = randomNumbers(7);
const x = Float64Array.from({ length: ROWS }, () => random() * 4 - 2);
const y = Float64Array.from({ length: ROWS }, () => random() * 4 - 2);
const rows = Int32Array.from(x.keys());
const plane = [binNumbers(x), binNumbers(y)];

const fit = async (objective: Objective, options: Partial<BoostingOptions> = {}, columns = plane) => {
  const model = await fitBoostedTrees(columns, objective, rows, { ...OPTIONS, ...options });
  return { scores: model.scores(columns, rows) };
};

describe('boosted trees', () => {
  it('learn a class that depends on two columns together', async () => {
    const truth = x.map((value, row) => (value * y[row]! > 0 ? 1 : 0));
    const { scores } = await fit({ loss: 'logistic', truth });
    expect(scores[0]!.filter((score, row) => score > 0 === (truth[row] === 1)).length).toBeGreaterThan(
      0.97 * ROWS,
    );
  });

  it('learn which of several classes a row has', async () => {
    const truth = x.map((value) => (value < -1 ? 0 : value < 1 ? 1 : 2));
    const { scores } = await fit({ loss: 'softmax', truth, classes: 3 });
    const highest = truth.map((_, row) =>
      [0, 1, 2].reduce((best, output) => (scores[output]![row]! > scores[best]![row]! ? output : best)),
    );
    expect(highest).toEqual(truth);
  });

  it('learn a number', async () => {
    const truth = x.map((value, row) => value ** 2 + 3 * y[row]!);
    const { scores } = await fit({ loss: 'squared', truth });
    const squares = scores[0]!.map((score, row) => (score - truth[row]!) ** 2);
    expect(squares.reduce((sum, square) => sum + square, 0) / ROWS).toBeLessThan(0.05);
  });

  it('grow a first tree as exact sums of gradients say', async () => {
    // Truth 0 0 1 1 at x 1 2 3 4: cut in the middle, where each leaf is −G ÷ (H + 1) = ∓1 ÷ 1.5.
    const columns = [binNumbers(Float64Array.of(1, 2, 3, 4))];
    const model = await fitBoostedTrees(
      columns,
      { loss: 'logistic', truth: Float64Array.of(0, 0, 1, 1) },
      Int32Array.of(0, 1, 2, 3),
      { ...OPTIONS, rounds: 1, rate: 1, limits: { depth: 1, leastWeight: 0.1, shrinkage: 1, leastGain: 0 } },
    );
    const [scores] = model.scores(columns, Int32Array.of(0, 1, 2, 3));
    const expected = [-2 / 3, -2 / 3, 2 / 3, 2 / 3];
    scores!.forEach((score, row) => expect(score).toBeCloseTo(expected[row]!, 12));
  });

  it('part missing cells, and one category, from all others', async () => {
    const gaps = x.map((value, row) => (row % 3 === 0 ? NaN : value));
    const codes = Int32Array.from(rows, (row) => (row % 5) - 1);
    const missing = Float64Array.from(rows, (row) => (row % 3 === 0 ? 1 : 0));
    const third = Float64Array.from(codes, (code) => (code === 2 ? 1 : 0));
    const one = { rounds: 1, rate: 1, limits: { depth: 1, leastWeight: 1, shrinkage: 0, leastGain: 0 } };
    const found = await fit({ loss: 'squared', truth: missing }, one, [binNumbers(gaps)]);
    found.scores[0]!.forEach((score, row) => expect(score).toBeCloseTo(missing[row]!, 12));
    const other = await fit({ loss: 'squared', truth: third }, one, [binCategories(codes, 4)]);
    other.scores[0]!.forEach((score, row) => expect(score).toBeCloseTo(third[row]!, 12));
  });

  it('take back twigs that gain too little, and keep those that a later split makes worth it', async () => {
    const grown = async (leastGain: number) => {
      const columns = [binNumbers(Float64Array.of(1, 1, 2, 2)), binNumbers(Float64Array.of(1, 2, 1, 2))];
      const model = await fitBoostedTrees(
        columns,
        { loss: 'squared', truth: Float64Array.of(0, 1, 1, 0.2) },
        Int32Array.of(0, 1, 2, 3),
        { ...OPTIONS, rounds: 1, rate: 1, limits: { depth: 2, leastWeight: 1, shrinkage: 0, leastGain } },
      );
      return [...model.scores(columns, Int32Array.of(0, 1, 2, 3))[0]!].map((score) =>
        Number(score.toFixed(9)),
      );
    };
    // The first split gains (0.05 ² × 4) = 0.01, those below it 0.5 and 0.32.
    expect(await grown(0)).toEqual([0, 1, 1, 0.2]);
    expect(await grown(0.3)).toEqual([0, 1, 1, 0.2]);
    expect(await grown(0.4)).toEqual([0, 1, 0.6, 0.6]);
    expect(await grown(0.6)).toEqual([0.55, 0.55, 0.55, 0.55]);
  });

  it('answer for fewer rounds what a model of fewer rounds would', async () => {
    const objective = { loss: 'squared', truth: y } as const;
    const options = { ...OPTIONS, rounds: 3 };
    const [long, short] = await Promise.all([
      fitBoostedTrees(plane, objective, rows, OPTIONS),
      fitBoostedTrees(plane, objective, rows, options),
    ]);
    expect(long.scores(plane, rows, 3)).toEqual(short.scores(plane, rows));
    expect(long.scores(plane, rows)).not.toEqual(short.scores(plane, rows));
  });

  it('stop where the pause rejects', async () => {
    const stopped = fit(
      { loss: 'squared', truth: x },
      { pause: () => Promise.reject(new Error('cancelled')) },
    );
    await expect(stopped).rejects.toThrow('cancelled');
  });
});

describe('binning', () => {
  it('gives few values a bin each, and many values bins of like weight', () => {
    const few = binNumbers(Float64Array.of(5, NaN, 1, 5, 3));
    expect([...few.bins]).toEqual([3, 0, 1, 3, 2]);
    const many = binNumbers(Float64Array.from({ length: 25_500 }, (_, row) => row));
    expect(many.count).toBe(256);
    const sizes = new Array<number>(256).fill(0);
    for (const bin of many.bins) sizes[bin]!++;
    expect(sizes[0]).toBe(0);
    expect(Math.max(...sizes.slice(1)) - Math.min(...sizes.slice(1))).toBeLessThanOrEqual(2);
  });

  it('keeps the most frequent of very many categories, and the others as one', () => {
    const codes = Int32Array.from({ length: 1000 }, (_, row) => (row < 500 ? 7 : row - 500));
    const { bins, count } = binCategories(codes, 500);
    expect(count).toBe(256);
    expect(bins[0]).toBe(2);
    expect(bins[999]).toBe(1);
  });
});
