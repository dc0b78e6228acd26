import { describe, expect, it } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { Random } from '../compute/random.js';
import { fitNumericBins, decodeNumeric } from './discretisation/numeric-bins.js';
import { fitColumnEncoding } from './encoding/column-encoding.js';
import { fitMarginal } from './marginals/marginal.js';

// Whatever learns a column with public bounds takes its range from them, never from the rows.
const random = Random.seeded(8);
const values = Float64Array.from({ length: 2000 }, () => 31.25 + 40 * random.uniform());
const schema: ColumnSchema = { name: 'age', kind: 'REAL', nullable: false, unique: false, bounds: [0, 120] };

describe('a column with public bounds', () => {
  it('is encoded from bound to bound where numbers are scaled to their range', () => {
    const encoding = fitColumnEncoding(
      { schema, values },
      { numbers: 'RANGE', modes: 10, categories: 10, support: 1 },
    );
    expect(encoding).toEqual({ type: 'range', low: 0, high: 120, missing: false });
  });

  it('is uniform from bound to bound where it is uniform at all', () => {
    const spread = Float64Array.from({ length: 2000 }, (_, row) => 0.5 + (row * 119) / 2000);
    const marginal = fitMarginal({ schema, values: spread }, { parametric: true, bins: 10, support: 1 });
    expect(marginal).toMatchObject({ distribution: { name: 'uniform', low: 0, high: 120 } });
  });

  it('has bins that give no value outside, even where all rows are at a bound', () => {
    const crowded = values.map((value, row) => (row % 3 === 0 ? 120 : row % 3 === 1 ? 0 : value));
    const bins = fitNumericBins(crowded, schema, { bins: 10, support: 5 })!;
    const each = Uint16Array.from({ length: 5000 }, (_, row) => row % bins.quantiles.length);
    const made = decodeNumeric(bins, schema, each, Random.seeded(2));
    expect(made.every((value) => value >= 0 && value <= 120)).toBe(true);
  });
});
