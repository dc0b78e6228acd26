import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LinkedConfig } from '../../../schema/messages/generator-options/linked.js';
import { startEngine } from '../../compute/engine.js';
import type { Engine } from '../../compute/program.js';
import { relationScores } from '../../evaluation/linked/relation-scores.js';
import { columnOf, isNumeric, type Column, type Table } from '../../tables/table.js';
import type { FitSession } from '../generator.js';
import { fitLinked } from './linked.js';
import { LinkedModel } from './linked-model.js';
import { parentRows } from './keys.js';
import { shop, SHOP } from './testing.js';

jest.setTimeout(120_000);

const CONFIG = LinkedConfig.parse({ hiddenUnits: 32, residualBlocks: 1, parts: 0 });
const REAL = shop();
const REAL_TABLES: Record<string, Table> = { ...REAL };
const TABLES = new Map(Object.entries(REAL_TABLES));
let engine: Engine;
let model: LinkedModel;
let made: Record<string, Table>;
const series = new Set<string>();

function fitting(more: Partial<FitSession> = {}): FitSession {
  return {
    engine,
    seed: 3,
    signal: new AbortController().signal,
    metric: (name) => void series.add(name),
    progress: () => {},
    checkpointDue: () => false,
    saveCheckpoint: () => Promise.resolve(),
    checkpoint: undefined,
    ...more,
  };
}

async function drawn(from: LinkedModel, scale: number, seed = 1): Promise<Record<string, Table>> {
  const tables: Record<string, Table> = {};
  const session = { engine, seed, signal: new AbortController().signal, progress: () => {} };
  for await (const { name, table } of from.sample(scale, session)) tables[name] = table;
  return tables;
}

const cellsOf = (column: Column): (string | number)[] =>
  isNumeric(column) ? [...column.values] : Array.from(column.codes, (code) => column.categories[code] ?? '');
const cells = (tables: Record<string, Table>, table: string, column: string): (string | number)[] =>
  cellsOf(columnOf(tables[table]!, column));
const numbers = (tables: Record<string, Table>, table: string, column: string): number[] =>
  cells(tables, table, column) as number[];

beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
  ({ model } = await fitLinked(TABLES, SHOP, CONFIG, fitting()));
  made = await drawn(model, 3);
});

const scoresOf = (index: number) => {
  const relation = SHOP.relations[index]!;
  const [parent, key] = [relation.parentTable, relation.parentKeyColumn];
  return relationScores(
    relation,
    { child: REAL.orders, parent: TABLES.get(parent)! },
    { child: made['orders']!, parent: made[parent]! },
    { child: new Set(['order', 'user', 'sku']), parent: new Set([key]) },
    1,
  );
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of a child's column over the rows whose parent's column has that value. */
function meanWhere(
  tables: Record<string, Table>,
  [column, parentColumn, value]: readonly [string, string, string | number],
): number {
  const { rows } = parentRows(SHOP.relations[0]!, tables['orders']!, tables['users']!);
  const ofParents = cells(tables, 'users', parentColumn);
  return mean(numbers(tables, 'orders', column).filter((_, row) => ofParents[rows[row]!] === value));
}

describe('the generator "linked"', () => {
  test('makes tables of the real columns, whose foreign keys all have a parent and whose keys are new', () => {
    expect(Object.keys(made).sort()).toEqual(['orders', 'products', 'users']);
    expect([made['users']!.rows, made['products']!.rows]).toEqual([900, 180]);
    for (const [name, real] of TABLES) {
      expect(made[name]!.columns.map(({ schema }) => schema)).toEqual(
        real.columns.map(({ schema }) => schema),
      );
    }
    for (const [table, key] of [
      ['users', 'id'],
      ['products', 'sku'],
      ['orders', 'order'],
    ] as const) {
      const real = new Set(cellsOf(columnOf(TABLES.get(table)!, key)));
      const keys = cells(made, table, key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.filter((one) => one === '' || real.has(one))).toEqual([]);
    }
    const users = new Set(cells(made, 'users', 'id'));
    const foreign = cells(made, 'orders', 'user');
    expect(foreign.filter((one) => one !== '' && !users.has(one))).toEqual([]);
    const skus = new Set(cells(made, 'products', 'sku'));
    expect(cells(made, 'orders', 'sku').filter((one) => !skus.has(one))).toEqual([]);
  });

  test('leaves as many foreign keys missing as there are in the real table, and none where none are', () => {
    const { parentless } = scoresOf(0);
    expect(Math.abs(parentless.synthetic - parentless.real)).toBeLessThan(0.02);
    expect(scoresOf(1).parentless.synthetic).toBe(0);
  });

  test('gives parents as many children as real ones have, by their attributes', () => {
    expect(scoresOf(0).cardinality.value).toBeGreaterThan(0.9);
    expect(scoresOf(1).cardinality.value).toBeGreaterThan(0.85);
    const { rows } = parentRows(SHOP.relations[0]!, made['orders']!, made['users']!);
    const counts = new Float64Array(900);
    for (const row of rows) if (row >= 0) counts[row]!++;
    const premium = numbers(made, 'users', 'premium');
    const ofPremium = (value: number): number => mean([...counts].filter((_, row) => premium[row] === value));
    // 7.2 of a premium user, about 2.4 of another.
    expect(ofPremium(1) - ofPremium(0)).toBeGreaterThan(3.5);
  });

  test('gives children attributes that go with their parents', () => {
    expect(meanWhere(REAL_TABLES, ['app', 'premium', 1])).toBeGreaterThan(0.9);
    expect(meanWhere(made, ['app', 'premium', 1])).toBeGreaterThan(0.8);
    expect(meanWhere(made, ['app', 'premium', 0])).toBeLessThan(0.25);
  });

  test('chooses a second parent that suits the row and the first parent', () => {
    const favourites = (tables: Record<string, Table>): number => {
      const ofUser = parentRows(SHOP.relations[0]!, tables['orders']!, tables['users']!).rows;
      const ofProduct = parentRows(SHOP.relations[1]!, tables['orders']!, tables['products']!).rows;
      const country = cells(tables, 'users', 'country');
      const category = cells(tables, 'products', 'category');
      const liked: Record<string, string> = { de: 'books', fr: 'games', it: 'tools' };
      return mean(
        Array.from(ofUser, (user, row) =>
          user >= 0 && category[ofProduct[row]!] === liked[country[user]!] ? 1 : 0,
        ),
      );
    };
    // A product at random would be of the liked category in a quarter of the rows.
    expect(favourites(REAL_TABLES)).toBeGreaterThan(0.55);
    expect(favourites(made)).toBeGreaterThan(0.45);
    const amountsPerItem = numbers(made, 'orders', 'amount').map(
      (amount, row) => amount / numbers(made, 'orders', 'items')[row]!,
    );
    const price = numbers(made, 'products', 'price');
    const { rows } = parentRows(SHOP.relations[1]!, made['orders']!, made['products']!);
    const dear = amountsPerItem.filter((_, row) => price[rows[row]!]! > 60);
    const cheap = amountsPerItem.filter((_, row) => price[rows[row]!]! < 20);
    expect(mean(dear)).toBeGreaterThan(2 * mean(cheap));
  });

  test('makes the same tables of the same seed, also when saved and loaded, and others of another', async () => {
    const file = await model.save();
    const again = await drawn(await LinkedModel.load(file), 0.5);
    const small = await drawn(model, 0.5);
    expect(again).toEqual(small);
    expect(cells(await drawn(model, 0.5, 2), 'users', 'premium')).not.toEqual(
      cells(small, 'users', 'premium'),
    );
    const text = Buffer.from(file).toString('latin1');
    expect(text).not.toContain('u-1017');
    expect(text).not.toContain('o-17"');
  });

  test('names the series of each table after it', () => {
    expect([...series]).toEqual(
      expect.arrayContaining(['train/users/loss', 'train/products/loss', 'train/orders/loss']),
    );
  });

  test('goes on from a checkpoint of any table to the same model', async () => {
    const states: Uint8Array[] = [];
    const tables = new Map<string, Table>(Object.entries(shop({ users: 60, products: 20 })));
    const config = LinkedConfig.parse({ epochs: 2, hiddenUnits: 8, residualBlocks: 0, parts: 0, bins: 8 });
    const whole = await fitLinked(
      tables,
      SHOP,
      config,
      fitting({
        checkpointDue: () => true,
        saveCheckpoint: (state) => {
          states.push(state);
          return Promise.resolve();
        },
      }),
    );
    const wanted = Buffer.from(await whole.model.save());
    for (const checkpoint of [states[0], states[Math.floor(states.length / 2)], states.at(-1)]) {
      const resumed = await fitLinked(tables, SHOP, config, fitting({ checkpoint }));
      expect(Buffer.from(await resumed.model.save()).equals(wanted)).toBe(true);
    }
    const other = fitLinked(tables, SHOP, { ...config, epochs: 3 }, fitting({ checkpoint: states[0] }));
    await expect(other).rejects.toThrow('belongs to another fit');
  });

  test('makes no more rows than a run may', async () => {
    await expect(drawn(model, 1_000_000)).rejects.toThrow(/"users" the tables would have 300,000,000 rows/);
  });
});
