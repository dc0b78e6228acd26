import { describe, expect, it } from '@jest/globals';
import { Random } from '../../../compute/random.js';
import { fittedWeights, fuseRanks, fuseScores } from './fusion.js';

const pause = (): Promise<void> => Promise.resolve();

describe('reciprocal rank fusion', () => {
  it('adds 1 / (60 + rank) of each list, and nothing for what a list lacks', () => {
    const fused = new Float32Array(3);
    fuseRanks([Float32Array.of(0.2, 9, 0), Float32Array.of(5, 0, 3)], fused);
    const expected = [1 / 62 + 1 / 61, 1 / 61, 1 / 62];
    for (const [place, value] of expected.entries()) expect(fused[place]).toBeCloseTo(value, 7);
  });
});

describe('fusion by weights', () => {
  it('adds scores up by the highest of each ranker, whatever its scale', () => {
    const fused = new Float32Array(3);
    fuseScores([Float32Array.of(100, 50, 0), Float32Array.of(-0.1, 0.2, 0.4)], [1, 2], fused);
    expect([...fused].map((value) => Number(value.toFixed(5)))).toEqual([1, 1.5, 2]);
  });

  it('of a ranker that finds nothing is that of the others', () => {
    const fused = new Float32Array(2);
    fuseScores([new Float32Array(2), Float32Array.of(1, 4)], [3, 1], fused);
    expect([...fused]).toEqual([0.25, 1]);
  });
});

/** Of 20 products: a ranker that is right, with noise of that deviation, and one of noise alone. */
function rankers(right: number, deviation: number, random: Random): Float32Array[] {
  const noise = (by: number): Float32Array =>
    Float32Array.from({ length: 20 }, () => 1 + by * random.normal());
  const knowing = noise(deviation);
  knowing[right]! += 1;
  return [knowing, noise(0.3)];
}

describe('learnt weights', () => {
  const query = (index: number, judged: boolean) => ({
    text: String(index),
    answers: new Set([index % 20]),
    judged,
  });

  it('trust the ranker that is right', async () => {
    const random = Random.seeded(2);
    const queries = Array.from({ length: 60 }, (_, index) => query(index, false));
    const [knowing, noise] = (await fittedWeights(
      queries,
      (text) => rankers(Number(text) % 20, 0.2, random),
      2,
      pause,
    )) as [number, number];
    expect(knowing).toBeGreaterThan(5 * noise);
    expect(noise).toBeGreaterThanOrEqual(0);
  });

  it('heed a few judged queries as much as many made ones', async () => {
    const random = Random.seeded(3);
    // The second ranker is right about what people type, the first about what is made.
    const scores = (text: string): Float32Array[] => {
      const index = Number(text);
      const [knowing, noise] = rankers(index % 20, 0.05, random) as [Float32Array, Float32Array];
      return index < 8 ? [noise, knowing] : [knowing, noise];
    };
    const queries = Array.from({ length: 200 }, (_, index) => query(index, index < 8));
    const [made, typed] = (await fittedWeights(queries, scores, 2, pause)) as [number, number];
    expect(typed / made).toBeGreaterThan(0.6);
    const alike = queries.map((one) => ({ ...one, judged: false }));
    const [most, few] = (await fittedWeights(alike, scores, 2, pause)) as [number, number];
    expect(few / most).toBeLessThan(typed / made);
  });

  it('are equal where there is nothing to learn from', async () => {
    const weights = await fittedWeights([], () => [], 3, pause);
    expect(new Set(weights.map((weight) => weight.toFixed(6))).size).toBe(1);
  });
});
