import type { AlignedTables } from './align.js';

export interface Copies {
  /** Share of the other rows that equal some real row. */
  readonly copied: number;
  /** Share of the other rows that repeat an earlier one of them. */
  readonly repeated: number;
  /** Share of the real rows that repeat an earlier one of them. */
  readonly realRepeated: number;
}

/**
 * Rows that are the same in every column but IDs (a copy under a new ID is still a copy); missing equals missing.
 * `pause` is called between stretches of work and may reject to stop. Undefined when all columns are IDs.
 */
export async function exactCopies(
  tables: AlignedTables,
  pause: () => Promise<void>,
): Promise<Copies | undefined> {
  const columns = tables.columns.filter(({ kind }) => kind !== 'ID');
  if (columns.length === 0) return undefined;
  const realHashes = await rowHashes(tables, 'real', pause);
  const otherHashes = await rowHashes(tables, 'other', pause);
  const same = (side: 'real' | 'other', row: number, firstSide: 'real' | 'other', first: number): boolean =>
    columns.every((column) => Object.is(column[side][row]! + 0, column[firstSide][first]! + 0));

  const firstReal = new Map<number, number>();
  let realRepeated = 0;
  realHashes.forEach((hash, row) => {
    const first = firstReal.get(hash);
    if (first === undefined) firstReal.set(hash, row);
    else if (same('real', row, 'real', first)) realRepeated++;
  });
  await pause();
  const firstOther = new Map<number, number>();
  let copied = 0;
  let repeated = 0;
  otherHashes.forEach((hash, row) => {
    const real = firstReal.get(hash);
    if (real !== undefined && same('other', row, 'real', real)) copied++;
    const first = firstOther.get(hash);
    if (first === undefined) firstOther.set(hash, row);
    else if (same('other', row, 'other', first)) repeated++;
  });
  const shareOf = (count: number, rows: number) => (rows === 0 ? 0 : count / rows);
  return {
    copied: shareOf(copied, tables.otherRows),
    repeated: shareOf(repeated, tables.otherRows),
    realRepeated: shareOf(realRepeated, tables.realRows),
  };
}

/** A 53-bit hash of each row; rows that collide are told apart by comparing them. */
async function rowHashes(
  tables: AlignedTables,
  side: 'real' | 'other',
  pause: () => Promise<void>,
): Promise<Float64Array> {
  const rows = side === 'real' ? tables.realRows : tables.otherRows;
  const high = new Uint32Array(rows).fill(0x811c9dc5);
  const low = new Uint32Array(rows).fill(0x9e3779b9);
  const cell = new Float64Array(1);
  const words = new Uint32Array(cell.buffer);
  for (const column of tables.columns) {
    if (column.kind === 'ID') continue;
    const cells = column[side];
    for (let row = 0; row < rows; row++) {
      // Adding 0 makes −0 equal 0.
      const value = cells[row]! + 0;
      cell[0] = Number.isNaN(value) ? NaN : value;
      high[row] = mixed(high[row]! ^ words[0]!, words[1]!);
      low[row] = mixed(low[row]! ^ words[1]!, words[0]! ^ 0x5bd1e995);
    }
    await pause();
  }
  return Float64Array.from(high, (word, row) => word * 2 ** 21 + (low[row]! >>> 11));
}

/** One round of murmur3's mixing. */
function mixed(left: number, right: number): number {
  let word = Math.imul(right, 0xcc9e2d51);
  word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  const sum = left ^ word;
  return (Math.imul((sum << 13) | (sum >>> 19), 5) + 0xe6546b64) >>> 0;
}
