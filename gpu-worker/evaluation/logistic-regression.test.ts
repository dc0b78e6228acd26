import { minimize } from './lbfgs.js';
import { areaUnderCurve, fitLogistic } from './logistic-regression.js';

const pause = () => Promise.resolve();

describe('limited-memory BFGS', () => {
  it('finds the minimum of Rosenbrock’s valley', async () => {
    const { at, converged } = await minimize(
      (point, gradient) => {
        const [a, b] = [point[0]!, point[1]!];
        gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
        gradient[1] = 200 * (b - a * a);
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
      },
      Float64Array.of(-1.2, 1),
      { tolerance: 1e-8, maxIterations: 200, pause },
    );
    expect(converged).toBe(true);
    expect(at[0]).toBeCloseTo(1, 6);
    expect(at[1]).toBeCloseTo(1, 6);
  });

  it('says when it ran out of iterations', async () => {
    const { converged, iterations } = await minimize(
      (point, gradient) => {
        gradient[0] = 4 * point[0]! ** 3;
        return point[0]! ** 4;
      },
      Float64Array.of(100),
      { tolerance: 1e-12, maxIterations: 2, pause },
    );
    expect({ converged, iterations }).toEqual({ converged: false, iterations: 2 });
  });

  it('stops where the pause rejects', async () => {
    const stopped = minimize((_, gradient) => ((gradient[0] = 1), 0), Float64Array.of(0), {
      tolerance: 1e-12,
      maxIterations: 10,
      pause: () => Promise.reject(new Error('cancelled')),
    });
    await expect(stopped).rejects.toThrow('cancelled');
  });
});

describe('logistic regression', () => {
  it('gives a category its log-odds when hardly penalized', async () => {
    // Category 0: 3 of 4 are positive; category 1: 1 of 5.
    const features = { rows: 9, dense: [], oneHot: [Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1, 1)], sizes: [2] };
    const labels = Uint8Array.of(1, 1, 1, 0, 1, 0, 0, 0, 0);
    const rows = Int32Array.from({ length: 9 }, (_, row) => row);
    const model = await fitLogistic(features, labels, rows, { c: 1e6, pause });
    const odds = model.logOdds(features, Int32Array.of(0, 4));
    expect(odds[0]).toBeCloseTo(Math.log(3), 3);
    expect(odds[1]).toBeCloseTo(Math.log(1 / 4), 3);
  });

  it('meets the optimality condition of the penalized problem', async () => {
    // One feature ±1, labels as its sign, n of each: Σ σ(−w) = w / C by symmetry, that is 2n σ(−w) = w / C.
    const features = { rows: 6, dense: [Float64Array.of(1, 1, 1, -1, -1, -1)], oneHot: [], sizes: [] };
    const labels = Uint8Array.of(1, 1, 1, 0, 0, 0);
    const model = await fitLogistic(features, labels, Int32Array.of(0, 1, 2, 3, 4, 5), { c: 0.5, pause });
    const weight = model.logOdds(features, Int32Array.of(0))[0]!;
    expect(6 / (1 + Math.exp(weight))).toBeCloseTo(weight / 0.5, 4);
  });

  it('gives the same odds whatever unit a barely penalized feature has', async () => {
    const column = Float64Array.from({ length: 40 }, (_, row) => Math.sin(row * 3.7) + row / 40);
    const labels = Uint8Array.from({ length: 40 }, (_, row) => ((row * 7) % 10 < row / 4 ? 1 : 0));
    const rows = Int32Array.from({ length: 40 }, (_, row) => row);
    const odds = async (unit: number) => {
      const features = { rows: 40, dense: [column.map((value) => value * unit)], oneHot: [], sizes: [] };
      const model = await fitLogistic(features, labels, rows, { c: 1e9, pause });
      return model.logOdds(features, rows);
    };
    const [small, large] = [await odds(1), await odds(1e6)];
    small.forEach((value, row) => expect(large[row]).toBeCloseTo(value, 3));
  });
});

describe('area under the ROC curve', () => {
  it('is the share of pairs in the right order, ties half', () => {
    // Positives 0.8, 0.4; negatives 0.5, 0.4, 0.1: 3 + 1 + ½ of 6 pairs.
    const scores = Float64Array.of(0.8, 0.4, 0.5, 0.4, 0.1);
    expect(areaUnderCurve(scores, Uint8Array.of(1, 1, 0, 0, 0))).toBeCloseTo(4.5 / 6, 12);
  });

  it('is ½ for equal scores, and where a label is absent', () => {
    expect(areaUnderCurve(Float64Array.of(1, 1, 1), Uint8Array.of(1, 0, 0))).toBe(0.5);
    expect(areaUnderCurve(Float64Array.of(1, 2), Uint8Array.of(1, 1))).toBe(0.5);
  });
});
