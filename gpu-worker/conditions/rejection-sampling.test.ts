import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { Conditions, type Condition } from '../../schema/messages/conditions.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import type { FittedGenerator } from '../generators/generator.js';
import { autoregressive } from '../generators/autoregressive/autoregressive.js';
import { normal } from '../generators/normal/normal.js';
import { columnOf, isNumeric, type Table } from '../tables/table.js';
import { rowFilter } from './condition.js';
import { rowsThatMeet } from './rejection-sampling.js';

const column = (
  name: string,
  kind: ColumnSchema['kind'],
  more: Partial<ColumnSchema> = {},
): ColumnSchema => ({
  name,
  kind,
  nullable: false,
  unique: false,
  ...more,
});
const ROWS = 400;
const table: Table = {
  rows: ROWS,
  columns: [
    {
      schema: column('month', 'CATEGORY'),
      categories: ['May', 'Nov', 'Dec'],
      codes: Int32Array.from({ length: ROWS }, (_, row) => [0, 0, 1, 1, 1, 2][row % 6]!),
    },
    { schema: column('pages', 'INTEGER'), values: Float64Array.from({ length: ROWS }, (_, row) => row % 50) },
    {
      schema: column('sold', 'BOOLEAN', { booleanLabels: ['FALSE', 'TRUE'] }),
      values: Float64Array.from({ length: ROWS }, (_, row) => (row % 4 === 0 ? 1 : 0)),
    },
    {
      schema: column('day', 'DATETIME', { precision: 'date', nullable: true }),
      values: Float64Array.from({ length: ROWS }, (_, row) =>
        row === 0 ? NaN : Date.UTC(2026, 0, 1 + (row % 31), 13),
      ),
    },
  ],
};
const schemas = table.columns.map(({ schema }) => schema);

const numbersOf = (of: Table, name: string): Float64Array => {
  const found = columnOf(of, name);
  if (!isNumeric(found)) throw new RangeError(`${name} isn't numeric`);
  return found.values;
};

describe('rows under conditions', () => {
  let engine: Engine;
  let model: FittedGenerator;
  const session = () => ({
    engine,
    seed: 5,
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  beforeAll(async () => {
    engine = await startEngine({ forced: 'onnx-cpu' });
    model = await normal.fit(table, normal.config.parse({}), {
      ...session(),
      metric: () => undefined,
      checkpointDue: () => false,
      saveCheckpoint: () => Promise.resolve(),
      checkpoint: undefined,
    });
  });

  const drawn = async (where: Condition[], rows: number): Promise<Table[]> => {
    const chunks: Table[] = [];
    for await (const chunk of rowsThatMeet(where, model).sample(rows, session())) chunks.push(chunk);
    return chunks;
  };

  it('all meet every condition, are as many as asked for, and keep the learnt proportions of listed values', async () => {
    const where: Condition[] = [
      { column: 'month', in: ['May', 'Nov'] },
      { column: 'sold', in: ['true'] },
      { column: 'pages', min: '10', max: '30' },
    ];
    const chunks = await drawn(where, 3000);
    expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(3000);
    for (const chunk of chunks) {
      expect(numbersOf(chunk, 'sold').every((value) => value === 1)).toBe(true);
      expect(numbersOf(chunk, 'pages').every((value) => Math.round(value) >= 10 && value < 30.5)).toBe(true);
    }
    const november = chunks
      .map((chunk) => {
        const month = columnOf(chunk, 'month');
        if (isNumeric(month)) throw new RangeError('month is numeric');
        return month.codes.filter((code) => month.categories[code] === 'Nov').length;
      })
      .reduce((sum, count) => sum + count, 0);
    expect(november / 3000).toBeCloseTo(3 / 5, 1);
  });

  it('are not looked for without end: a value that never comes is told with the rate', async () => {
    await expect(drawn([{ column: 'month', in: ['Juny'] }], 10)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/^Only 0 of 10\d,\d{3} rows .* "month".*spelled/),
      location: { field: 'where' },
    });
  });
});

describe('rows under rare conditions', () => {
  it('are drawn around the known cells by a model that can, and ranges are still obeyed', async () => {
    const engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
    const session = { engine, seed: 5, signal: new AbortController().signal, progress: () => undefined };
    const model = await autoregressive.fit(
      table,
      autoregressive.config.parse({ epochs: 2, hiddenUnits: 8, residualBlocks: 0, bins: 60 }),
      {
        ...session,
        metric: () => undefined,
        checkpointDue: () => false,
        saveCheckpoint: () => Promise.resolve(),
        checkpoint: undefined,
      },
    );
    const rare: Condition[] = [
      { column: 'month', in: ['Dec'] },
      { column: 'pages', in: ['7'] },
      { column: 'sold', in: ['TRUE'] },
      { column: 'day', min: '2026-01-05' },
    ];
    let rows = 0;
    for await (const chunk of rowsThatMeet(rare, model).sample(40, session)) {
      expect(rowFilter(rare, schemas)(chunk)).toHaveLength(chunk.rows);
      rows += chunk.rows;
    }
    expect(rows).toBe(40);
  }, 60_000);
});

describe('a condition', () => {
  it('compares a date without its time, includes both ends of a range, and is not met by a missing cell', () => {
    const met = rowFilter([{ column: 'day', min: '2026-01-03', max: '2026-01-04' }], schemas)(table);
    expect([...met.slice(0, 4)]).toEqual([2, 3, 33, 34]);
    expect(rowFilter([{ column: 'day', max: '2026-12-31' }], schemas)(table)).toHaveLength(ROWS - 1);
  });

  it.each<[Condition, RegExp]>([
    [{ column: 'mouth', in: ['May'] }, /no column "mouth".*month, pages, sold, day/],
    [{ column: 'sold', in: ['yes'] }, /"yes" is no value of the column "sold".*FALSE, TRUE/],
    [{ column: 'pages', in: ['many'] }, /"many" is no value of the column "pages", which holds numbers/],
    [{ column: 'pages', min: '9', max: '3' }, /range of "pages" is empty/],
    [{ column: 'month', min: 'A' }, /no ranges/],
  ])('that can not be is refused with what is known: %j', (condition, message) => {
    expect(() => rowFilter([condition], schemas)).toThrow(message);
  });

  it('has values or a range, not both and not neither; a column has one', () => {
    expect(Conditions.safeParse([{ column: 'a', in: ['1'], min: '1' }]).success).toBe(false);
    expect(Conditions.safeParse([{ column: 'a' }]).success).toBe(false);
    expect(
      Conditions.safeParse([
        { column: 'a', min: '1' },
        { column: 'a', max: '1' },
      ]).success,
    ).toBe(false);
    expect(Conditions.safeParse([{ column: 'a', min: '1', max: '2' }]).success).toBe(true);
  });
});
