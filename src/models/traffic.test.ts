import { newId } from '../platform/ids.js';
import { answeringVersion, recommendationId } from './recommendation-id.js';
import { versionFor, type LiveVersion } from './traffic.js';

const KEYS = Array.from({ length: 20_000 }, (_, index) => `visitor-${index}`);
const pair = (secondShare: number, ids = ['mdv_a', 'mdv_b']): LiveVersion[] => [
  { id: ids[0]!, number: 1, share: 1 - secondShare },
  { id: ids[1]!, number: 2, share: secondShare },
];
const dealt = (live: readonly LiveVersion[]) => KEYS.map((key) => versionFor(live, key).number);
const shareOf = (numbers: readonly number[], number: number) =>
  numbers.filter((other) => other === number).length / numbers.length;

test('one live version answers everybody', () => {
  expect(new Set(dealt([{ id: 'mdv_a', number: 3, share: 1 }]))).toEqual(new Set([3]));
});

test('two versions answer their shares, and the same visitor always the same', () => {
  for (const share of [0.02, 0.3, 0.5, 0.98]) {
    const numbers = dealt(pair(share));
    // Four standard deviations.
    expect(Math.abs(shareOf(numbers, 2) - share)).toBeLessThan(
      4 * Math.sqrt((share * (1 - share)) / KEYS.length),
    );
    expect(dealt([...pair(share)].reverse())).toEqual(numbers);
  }
});

test('a share that grows moves visitors to its version and nobody away from it', () => {
  const before = dealt(pair(0.1));
  const after = dealt(pair(0.6));
  expect(before.filter((number, index) => number === 2 && after[index] !== 2)).toEqual([]);
});

test('another pair of versions deals the visitors anew', () => {
  const before = dealt(pair(0.5));
  const after = dealt(pair(0.5, ['mdv_c', 'mdv_d']));
  const stayed = before.filter((number, index) => number === after[index]).length / KEYS.length;
  expect(Math.abs(stayed - 0.5)).toBeLessThan(0.02);
});

test('without a name chance decides, by the shares', () => {
  const numbers = KEYS.map(() => versionFor(pair(0.3)).number);
  expect(Math.abs(shareOf(numbers, 2) - 0.3)).toBeLessThan(0.02);
});

test('the id of an answer tells its version, and other texts tell none', () => {
  const version = newId('modelVersion');
  const ids = Array.from({ length: 100 }, () => recommendationId(version));
  expect(new Set(ids).size).toBe(100);
  expect(ids.map(answeringVersion)).toEqual(ids.map(() => version));
  for (const text of ['', 'x', ids[0]!.slice(1), `${ids[0]}x`, ids[0]!.replace(/^./, '!')])
    expect(answeringVersion(text)).toBeUndefined();
});
