import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LinkedConfig } from '../../../schema/messages/generator-options/linked.js';
import { LinkedTables, type Relation } from '../../../schema/messages/linked.js';
import { startEngine } from '../../compute/engine.js';
import type { Engine } from '../../compute/program.js';
import { categoricalColumn, numericColumn, tableOf } from '../../evaluation/testing.js';
import { UserFailure } from '../../failure.js';
import { columnOf, isNumeric, type Table } from '../../tables/table.js';
import { parentRows } from './keys.js';
import { fitLinked } from './linked.js';

jest.setTimeout(120_000);
const CONFIG = LinkedConfig.parse({ epochs: 2, hiddenUnits: 8, residualBlocks: 0, parts: 0, bins: 8 });
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

const list = <Value>(length: number, of: (row: number) => Value): Value[] =>
  Array.from({ length }, (_, row) => of(row));

function relation(child: string, parent: string): Relation {
  const [childTable, foreignKeyColumn] = child.split('.') as [string, string];
  const [parentTable, parentKeyColumn] = parent.split('.') as [string, string];
  return { childTable, foreignKeyColumn, parentTable, parentKeyColumn };
}

const session = { seed: 5, signal: new AbortController().signal, progress: () => {} };
const fit = (tables: Record<string, Table>, linked: LinkedTables) =>
  fitLinked(new Map(Object.entries(tables)), linked, CONFIG, {
    ...session,
    engine,
    metric: () => {},
    checkpointDue: () => false,
    saveCheckpoint: () => Promise.resolve(),
    checkpoint: undefined,
  });

async function made(tables: Record<string, Table>, linked: LinkedTables, scale = 1) {
  const { model } = await fit(tables, linked);
  const drawn: Record<string, Table> = {};
  for await (const { name, table } of model.sample(scale, { ...session, engine })) drawn[name] = table;
  return drawn;
}

const users = (rows = 20): Table =>
  tableOf(
    categoricalColumn(
      'id',
      list(rows, (row) => `u${row}`),
      'ID',
    ),
    categoricalColumn(
      'country',
      list(rows, (row) => (row % 2 ? 'de' : 'fr')),
    ),
  );
const orders = (user: readonly (string | null)[]): Table =>
  tableOf(
    categoricalColumn('user', user),
    numericColumn(
      'items',
      list(user.length, (row) => 1 + (row % 3)),
      'INTEGER',
    ),
  );
const USER_ORDERS = LinkedTables.parse({
  tables: [{ name: 'users' }, { name: 'orders' }],
  relations: [relation('orders.user', 'users.id')],
});
const everyUser = list(40, (row) => `u${row % 20}`);

describe('relations', () => {
  const failure = async (tables: Record<string, Table>, linked = USER_ORDERS): Promise<string> => {
    const thrown: unknown = await fit(tables, linked).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(UserFailure);
    return (thrown as UserFailure).message;
  };

  test('name columns that exist', async () => {
    const wrong = { ...USER_ORDERS, relations: [relation('orders.buyer', 'users.id')] };
    expect(await failure({ users: users(), orders: orders(everyUser) }, wrong)).toBe(
      'The table "orders" has no column "buyer". It has: user, items.',
    );
  });

  test('need keys that each parent has and none shares', async () => {
    const twice = users();
    const ids = categoricalColumn(
      'id',
      list(20, (row) => `u${row === 7 ? 3 : row}`),
    );
    expect(
      await failure({ users: { ...twice, columns: [ids, twice.columns[1]!] }, orders: orders(everyUser) }),
    ).toContain('rows 4 and 8 both have "u3"');
    const none = categoricalColumn(
      'id',
      list(20, (row) => (row === 4 ? null : `u${row}`)),
    );
    expect(
      await failure({ users: { ...twice, columns: [none, twice.columns[1]!] }, orders: orders(everyUser) }),
    ).toContain('row 5 has none');
  });

  test('refuse foreign keys without a parent, or take them for missing and say so', async () => {
    const tables = { users: users(), orders: orders([...everyUser, 'u77', null, 'u78']) };
    expect(await failure(tables)).toBe(
      '2 of 43 rows of "orders" point at no row of "users" (orders.user → users.id); the first is row 41, with "u77". ' +
        'Add the missing rows, drop these, or let orphans count as missing.',
    );
    const { model, notes } = await fit(tables, { ...USER_ORDERS, orphans: 'missing' });
    expect(notes).toEqual([expect.stringContaining('2 of 43 rows of "orders" point at no row of "users"')]);
    expect(model.tables[1]!.columns[0]!.nullable).toBe(true);
  });

  test('tell a column that holds something else altogether', async () => {
    const tables = { users: users(), orders: orders(list(40, (row) => `x${row}`)) };
    expect(await failure(tables, { ...USER_ORDERS, orphans: 'missing' })).toContain(
      'No row of "orders" points at a row of "users"',
    );
  });

  test('need rows in each table', async () => {
    expect(await failure({ users: users(), orders: orders([]) })).toMatch(
      /table "orders" has 0 rows; .* at least 10/,
    );
  });

  test('can be neither circular nor of a table with itself', () => {
    const problemsOf = (...relations: Relation[]): (string | undefined)[] =>
      LinkedTables.safeParse({
        tables: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
        relations,
      }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
    expect(problemsOf(relation('b.a', 'a.id'), relation('c.b', 'b.id'))).toEqual([]);
    expect(problemsOf(relation('c.a', 'a.id'), relation('b.a', 'a.id'), relation('a.b', 'b.id'))).toEqual([
      expect.stringMatching(/^relations.1: .*"b.a → a.id" .* from a table back to itself, among a, b\. /),
    ]);
    expect(problemsOf(relation('a.boss', 'a.id'))).toEqual([
      expect.stringMatching(/^relations.0.parentTable: .*"a.boss → a.id" refers to itself/),
    ]);
    expect(problemsOf(relation('b.a', 'd.id'))).toEqual([
      'relations.0.parentTable: the name of a table (a, b, c)',
    ]);
    expect(problemsOf(relation('b.a', 'a.id'), relation('b.a', 'c.id'))).toEqual([
      expect.stringContaining('relations.1.foreignKeyColumn'),
    ]);
  });

  test('join numbers to text that spells them', async () => {
    const tables = {
      users: tableOf(
        categoricalColumn(
          'id',
          list(20, (row) => String(row).padStart(3, '0')),
          'ID',
        ),
        numericColumn(
          'age',
          list(20, (row) => 20 + row),
          'INTEGER',
        ),
      ),
      orders: tableOf(
        numericColumn(
          'user',
          list(60, (row) => row % 20),
          'INTEGER',
        ),
        numericColumn(
          'items',
          list(60, (row) => 1 + (row % 3)),
          'INTEGER',
        ),
      ),
    };
    const drawn = await made(tables, USER_ORDERS);
    const found = parentRows(USER_ORDERS.relations[0]!, drawn['orders']!, drawn['users']!);
    expect(found.orphans).toBe(0);
    expect(found.rows.some((row) => row < 0)).toBe(false);
    const lettered = { ...tables, users: users() };
    expect(await failure(lettered)).toContain('No row of "orders" points');
  });

  test('reach grandchildren, through tables of nothing but keys', async () => {
    const linked = LinkedTables.parse({
      tables: [{ name: 'users' }, { name: 'products' }, { name: 'baskets', key: 'id' }, { name: 'lines' }],
      relations: [
        relation('baskets.user', 'users.id'),
        relation('lines.basket', 'baskets.id'),
        relation('lines.product', 'products.id'),
      ],
    });
    const tables = {
      users: users(),
      products: tableOf(
        numericColumn(
          'id',
          list(12, (row) => row),
          'INTEGER',
        ),
      ),
      baskets: tableOf(
        numericColumn(
          'id',
          list(60, (row) => row),
          'INTEGER',
        ),
        categoricalColumn(
          'user',
          list(60, (row) => `u${row % 20}`),
        ),
      ),
      lines: tableOf(
        numericColumn(
          'basket',
          list(150, (row) => row % 60),
          'INTEGER',
        ),
        numericColumn(
          'product',
          list(150, (row) => (row % 5 === 0 ? null : row % 12)),
          'INTEGER',
        ),
      ),
    };
    const drawn = await made(tables, linked, 2);
    for (const one of linked.relations) {
      const found = parentRows(one, drawn[one.childTable]!, drawn[one.parentTable]!);
      expect(found.orphans).toBe(0);
    }
    const lines = columnOf(drawn['lines']!, 'product');
    if (!isNumeric(lines)) throw new TypeError('the foreign key is a number');
    const missing = lines.values.filter(Number.isNaN).length / lines.values.length;
    expect(missing).toBeGreaterThan(0.05);
    expect(missing).toBeLessThan(0.5);
    expect(Object.fromEntries(Object.entries(drawn).map(([name, { rows }]) => [name, rows]))).toMatchObject({
      users: 40,
      products: 24,
    });
    expect(drawn['lines']!.rows).toBeGreaterThan(100);
  });
});
