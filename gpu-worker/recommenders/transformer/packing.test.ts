import { describe, expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { packed, rowsOf, type Window } from './packing.js';

describe('packing', () => {
  const random = Random.seeded(1);
  const windows: Window[] = [];
  let events = 0;
  for (let user = 0; user < 400; user++) {
    const size = 1 + random.integer(20);
    windows.push({ from: events, size });
    events += size + 1;
  }
  const itemAt = (at: number): number => 1000 + at;
  const rows = packed(windows, 32, itemAt, random.derive('packing'));

  test('keeps each window in one piece, with the item after each as its target', () => {
    windows.forEach(({ from, size }, index) => {
      const last = rows.last[index]!;
      const first = last - size + 1;
      expect(Math.floor(first / 32)).toBe(Math.floor(last / 32));
      expect([...rows.item.subarray(first, last + 1)]).toEqual(
        Array.from({ length: size }, (_, step) => itemAt(from + step)),
      );
      expect(rows.target[last]).toBe(itemAt(from + size));
      expect([...rows.place.subarray(first, last + 1)]).toEqual([...Array(size).keys()]);
      expect(new Set(rows.history.subarray(first, last + 1)).size).toBe(1);
    });
  });

  test('gives every place of a row to one window or to none, and leaves few empty', () => {
    const taken = rows.weight.reduce((sum, weight) => sum + weight, 0);
    expect(taken).toBe(windows.reduce((sum, { size }) => sum + size, 0));
    expect(taken / rows.weight.length).toBeGreaterThan(0.9);
    rows.weight.forEach((weight, cell) => expect(rows.history[cell]! >= 0).toBe(weight === 1));
  });

  test('takes some rows for a step', () => {
    const { item, weight } = rowsOf(rows, Uint32Array.of(3, 0));
    expect([...item.subarray(0, 32)]).toEqual([...rows.item.subarray(96, 128)]);
    expect([...weight.subarray(32)]).toEqual([...rows.weight.subarray(0, 32)]);
  });

  test('refuses a window that is longer than a row', () => {
    expect(() => packed([{ from: 0, size: 33 }], 32, itemAt, random)).toThrow("doesn't fit a row of 32");
  });
});
