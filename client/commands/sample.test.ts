import { describe, expect, test } from '@jest/globals';
import { UnreadableCondition, withCondition, withShare, type Condition, type Rebalance } from './sample.js';

describe('conditions on the command line', () => {
  const read = (...texts: string[]) =>
    texts.reduce<Condition[]>((conditions, text) => withCondition(text, conditions), []);

  test('are values, of which several mean any of them, and bounds', () => {
    expect(read('Month=Nov', 'Price>=10', 'Month=May', 'Price<=20')).toEqual([
      { column: 'Month', in: ['Nov', 'May'] },
      { column: 'Price', min: '10', max: '20' },
    ]);
  });

  test('keep what a value is made of', () => {
    expect(read('Time=2026-01-31 12:00:00', 'Formula=a=b')).toEqual([
      { column: 'Time', in: ['2026-01-31 12:00:00'] },
      { column: 'Formula', in: ['a=b'] },
    ]);
  });

  test.each(['Month', '=Nov', 'Month=', 'Price>10'])(
    'of the form "%s" are refused with what would be read',
    (text) => {
      expect(() => read(text)).toThrow(UnreadableCondition);
      expect(() => read(text)).toThrow('Write column=value, column>=least or column<=most.');
    },
  );
});

describe('shares on the command line', () => {
  const read = (...texts: string[]) =>
    texts.reduce<Rebalance | undefined>((rebalance, text) => withShare(text, rebalance), undefined);

  test('are of one column', () => {
    expect(read('Revenue=True:0.5', 'Revenue=False:0.25')).toEqual({
      column: 'Revenue',
      shares: [
        { value: 'True', share: 0.5 },
        { value: 'False', share: 0.25 },
      ],
    });
    expect(() => read('Revenue=True:0.5', 'Month=May:0.1')).toThrow('"Revenue" and "Month" are two');
  });

  test.each(['Revenue', 'Revenue=True', 'Revenue=True:half', 'Revenue=True:1.5'])('"%s" is none', (text) => {
    expect(() => read(text)).toThrow('Write column=value:share');
  });
});
