import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { Rebalance } from '../../schema/messages/conditions.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import type { FittedGenerator } from '../generators/generator.js';
import { normal } from '../generators/normal/normal.js';
import { isNumeric, type Table } from '../tables/table.js';
import { rebalanced } from './rebalancing.js';

const column = (
  name: string,
  kind: ColumnSchema['kind'],
  more: Partial<ColumnSchema> = {},
): ColumnSchema => ({
  ...{ name, kind, nullable: false, unique: false },
  ...more,
});
const ROWS = 1000;
/** One in ten is sold; the others are in May, Nov and Dec as 3 : 2 : 1. */
const table: Table = {
  rows: ROWS,
  columns: [
    {
      schema: column('id', 'ID'),
      codes: Int32Array.from({ length: ROWS }, (_, row) => row),
      categories: Array.from({ length: ROWS }, (_, row) => `v${row}`),
    },
    {
      schema: column('month', 'CATEGORY'),
      categories: ['May', 'Nov', 'Dec'],
      codes: Int32Array.from({ length: ROWS }, (_, row) => [0, 0, 0, 1, 1, 2][row % 6]!),
    },
    {
      schema: column('sold', 'BOOLEAN', { booleanLabels: ['FALSE', 'TRUE'] }),
      values: Float64Array.from({ length: ROWS }, (_, row) => (row % 10 === 0 ? 1 : 0)),
    },
  ],
};

describe('rebalanced rows', () => {
  let engine: Engine;
  let model: FittedGenerator;
  const session = () => ({
    engine,
    seed: 2,
    signal: new AbortController().signal,
    progress: () => undefined,
  });

  beforeAll(async () => {
    engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
    model = await normal.fit(table, normal.config.parse({}), {
      ...session(),
      metric: () => undefined,
      checkpointDue: () => false,
      saveCheckpoint: () => Promise.resolve(),
      checkpoint: undefined,
    });
  });

  async function drawn(rebalance: Rebalance, rows: number): Promise<Table[]> {
    const chunks: Table[] = [];
    for await (const chunk of rebalanced(rebalance, model).sample(rows, session())) chunks.push(chunk);
    return chunks;
  }

  const share = (
    chunks: readonly Table[],
    index: number,
    meets: (value: number | string) => boolean,
  ): number => {
    const values = chunks.flatMap(({ columns }): (number | string)[] => {
      const of = columns[index]!;
      return isNumeric(of) ? [...of.values] : [...of.codes].map((code) => of.categories[code]!);
    });
    return values.filter(meets).length / values.length;
  };

  it('have the shares that were asked for, are as many as asked for, and each have an identifier of their own', async () => {
    const chunks = await drawn({ column: 'sold', shares: [{ value: 'TRUE', share: 0.5 }] }, 3000);
    expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(3000);
    expect(Math.abs(share(chunks, 2, (value) => value === 1) - 0.5)).toBeLessThan(0.04);
    const ids = chunks.flatMap(({ columns }) => {
      const ofIds = columns[0]!;
      return isNumeric(ofIds) ? [] : [...ofIds.codes].map((code) => ofIds.categories[code]!);
    });
    expect(new Set(ids).size).toBe(3000);
  });

  it('leave the rest to the other values in their learnt proportions', async () => {
    const chunks = await drawn({ column: 'month', shares: [{ value: 'Dec', share: 0.4 }] }, 3000);
    expect(Math.abs(share(chunks, 1, (value) => value === 'Dec') - 0.4)).toBeLessThan(0.04);
    expect(Math.abs(share(chunks, 1, (value) => value === 'May') - 0.36)).toBeLessThan(0.04);
  });

  it('can do without a value', async () => {
    const chunks = await drawn({ column: 'month', shares: [{ value: 'May', share: 0 }] }, 300);
    expect(share(chunks, 1, (value) => value === 'May')).toBe(0);
  });

  it('are refused for a value that the model never makes, and for a column that it lacks', async () => {
    await expect(drawn({ column: 'month', shares: [{ value: 'Juny', share: 0.5 }] }, 10)).rejects.toThrow(
      'none has "Juny" in the column "month"',
    );
    await expect(drawn({ column: 'mouth', shares: [{ value: 'May', share: 0.5 }] }, 10)).rejects.toThrow(
      'There is no column "mouth"',
    );
  });
});

describe('shares', () => {
  it('are at most 1 in all, and one a value', () => {
    const parse = (...shares: { value: string; share: number }[]) =>
      Rebalance.safeParse({ column: 'a', shares }).success;
    expect(parse({ value: 'x', share: 0.5 }, { value: 'y', share: 0.5 })).toBe(true);
    expect(parse({ value: 'x', share: 0.7 }, { value: 'y', share: 0.5 })).toBe(false);
    expect(parse({ value: 'x', share: 0.1 }, { value: 'x', share: 0.1 })).toBe(false);
  });
});
