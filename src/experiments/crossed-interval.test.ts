import { crossedInterval } from './crossed-interval.js';

const ANY = [-Infinity, Infinity] as const;

/** Reproducible, evenly spread over (0, 1). */
function draws(): () => number {
  let state = 7;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test('holds the true mean about as often as it says, over users and seeds that differ', () => {
  const draw = draws();
  const normal = () => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());
  let held = 0;
  for (let trial = 0; trial < 400; trial++) {
    const users = Array.from({ length: 40 }, () => 0.5 * normal());
    const values = Array.from({ length: 3 }, () => {
      const seed = 0.1 * normal();
      return Float64Array.from(users, (user) => 1 + seed + user + normal());
    });
    const { low, high } = crossedInterval(values, ANY)!;
    if (low <= 1 && 1 <= high) held++;
  }
  expect(held / 400).toBeGreaterThan(0.93);
});

test('of equal seeds is that of users alone, and of one user there is none', () => {
  const values = Float64Array.from([0, 1, 1, 0, 1]);
  const one = crossedInterval([values], ANY)!;
  expect(one.value).toBeCloseTo(0.6, 12);
  // t of 4 degrees of freedom times the standard error.
  expect(one.high - one.value).toBeCloseTo(2.776 * Math.sqrt(0.3 / 5), 6);
  expect(crossedInterval([values, values], ANY)).toEqual(one);
  expect(crossedInterval([Float64Array.of(1)], ANY)).toBeUndefined();
  expect(crossedInterval([], ANY)).toBeUndefined();
});

test('ends where the values can go no further, as two seeds that differ much would have it', () => {
  const seeds = [Float64Array.of(1, 1, 1), Float64Array.of(1, 0, 1)];
  expect(crossedInterval(seeds, ANY)!.high).toBeGreaterThan(1);
  expect(crossedInterval(seeds, [0, 1])!.high).toBe(1);
});
