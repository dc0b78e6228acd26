import type { Table } from '../tables/table.js';
import { alignTables } from './align.js';
import { exactCopies } from './copies.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';

const copies = (real: Table, other: Table) =>
  exactCopies(alignTables(real, other, 'other'), () => Promise.resolve());

describe('exact copies', () => {
  it('are rows that equal a real row in every column, missing cells included', async () => {
    const real = tableOf(numericColumn('n', [1, 2, null, 4]), categoricalColumn('c', ['a', 'b', 'a', null]));
    const other = tableOf(
      numericColumn('n', [2, 1, null, 4, 4]),
      categoricalColumn('c', ['b', 'b', 'a', null, 'a']),
    );
    expect(await copies(real, other)).toMatchObject({ copied: 3 / 5 });
  });

  it('stay copies under another ID', async () => {
    const real = tableOf(categoricalColumn('id', ['u1', 'u2'], 'ID'), numericColumn('n', [1, 2]));
    const other = tableOf(categoricalColumn('id', ['v1', 'v2'], 'ID'), numericColumn('n', [2, 3]));
    expect(await copies(real, other)).toMatchObject({ copied: 0.5 });
  });

  it('tells rows apart that differ in the last digit or the sign of zero only by value', async () => {
    const real = tableOf(numericColumn('n', [0, 0.1 + 0.2]));
    expect(await copies(real, tableOf(numericColumn('n', [-0, 0.3])))).toMatchObject({ copied: 0.5 });
  });

  it('counts repeats after the first', async () => {
    const real = tableOf(numericColumn('n', [1, 1, 1, 2]));
    const other = tableOf(numericColumn('n', [3, 4, 3, 3, 5]));
    expect(await copies(real, other)).toEqual({ copied: 0, repeated: 2 / 5, realRepeated: 2 / 4 });
  });

  it('has no answer for a table of IDs alone', async () => {
    const ids = tableOf(categoricalColumn('id', ['a'], 'ID'));
    expect(await copies(ids, ids)).toBeUndefined();
  });
});
