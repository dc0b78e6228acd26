import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { startEngine } from '../../compute/engine.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { columnOf, isNumeric, type Column, type Table } from '../../tables/table.js';
import type { FittedGenerator, FitSession } from '../generator.js';
import { sessions } from './sessions.js';
import { quietFit } from '../../testing/fit-session.js';

jest.setTimeout(120_000);
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

const OPTIONS = { width: 8, epochs: 12, batchSize: 8, learningRate: 0.01, window: 8, minimumSupport: 2 };
const DAY = 86_400_000;
const START = 19_000 * DAY;

/** Users walk a ring of 12 items, view before they buy, and come on one or two days. */
function shopLog(users: number): Table {
  const random = Random.seeded(7);
  const rows: [
    user: string,
    time: number,
    item: string,
    type: string,
    session: string,
    price: number,
    country: string,
  ][] = [];
  for (let user = 0; user < users; user++) {
    let item = random.integer(12);
    const country = random.uniform() < 0.6 ? 'de' : 'fr';
    const visits = 1 + random.integer(2);
    for (let visit = 0; visit < visits; visit++) {
      const start = START + (10 * visit + random.integer(5)) * DAY;
      for (let event = 0; event < 3; event++) {
        const time = start + event * 60_000;
        const key = [`user-${user}`, time, `item-${item}`] as const;
        const rest = [`visit-${user}-${visit}`, item + 0.5, country] as const;
        rows.push([...key, 'view', ...rest]);
        if (event === 2) rows.push([key[0], time + 1000, key[2], 'buy', ...rest]);
        item = (item + 1) % 12;
      }
    }
  }
  const text = (at: number): { codes: Int32Array; categories: string[] } => {
    const categories = [...new Set(rows.map((row) => row[at] as string))];
    return { categories, codes: Int32Array.from(rows, (row) => categories.indexOf(row[at] as string)) };
  };
  const numbers = (at: number): Float64Array => Float64Array.from(rows, (row) => row[at] as number);
  return {
    rows: rows.length,
    columns: [
      { schema: schema('user_id', 'CATEGORY'), ...text(0) },
      { schema: schema('event_time', 'DATETIME', { precision: 'second' }), values: numbers(1) },
      { schema: schema('product_id', 'CATEGORY'), ...text(2) },
      { schema: schema('event_type', 'CATEGORY'), ...text(3) },
      { schema: schema('session_id', 'CATEGORY'), ...text(4) },
      { schema: schema('price', 'REAL', { decimals: 1 }), values: numbers(5) },
      { schema: schema('country', 'CATEGORY'), ...text(6) },
    ],
  };
}

function schema(name: string, kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, kind, nullable: false, unique: false, ...more };
}

const fitting = (more: Partial<FitSession> = {}): FitSession => quietFit(engine, more);

async function made(model: FittedGenerator, rows: number, seed = 1, chunkRows?: number): Promise<string[][]> {
  const signal = new AbortController().signal;
  const all: string[][] = [];
  for await (const chunk of model.sample(rows, { engine, seed, signal, progress: () => {} }, chunkRows)) {
    const columns = chunk.columns.map(texts);
    for (let row = 0; row < chunk.rows; row++) all.push(columns.map((column) => column[row]!));
  }
  return all;
}

const texts = (column: Column): string[] =>
  isNumeric(column)
    ? [...column.values].map(String)
    : [...column.codes].map((code) => (code < 0 ? 'missing' : column.categories[code]!));

describe('the generator of event logs', () => {
  const table = shopLog(80);
  let model: FittedGenerator;
  let log: string[][];
  const metrics = new Map<string, number>();

  beforeAll(async () => {
    const metric = (name: string, _step: number, value: number): void => void metrics.set(name, value);
    model = await sessions.fit(table, sessions.config.parse(OPTIONS), fitting({ metric }));
    log = await made(model, 400);
  });

  test('makes as many events as it is asked for, of new users and sessions, on items of the catalogue', () => {
    expect(log).toHaveLength(400);
    const real = table.columns.map((column) => new Set(texts(column)));
    for (const [user, , item, type, session, , country] of log) {
      expect(real[0]!.has(user!)).toBe(false);
      expect(real[4]!.has(session!)).toBe(false);
      expect(real[2]!.has(item!)).toBe(true);
      expect(['view', 'buy']).toContain(type);
      expect(['de', 'fr']).toContain(country);
    }
  });

  test('lets time run forward for each user, within the span of the log', () => {
    const times = new Map<string, number>();
    for (const [user, time] of log) {
      expect(Number(time)).toBeGreaterThanOrEqual(times.get(user!) ?? START);
      expect(Number(time)).toBeLessThanOrEqual(START + 15 * DAY);
      times.set(user!, Number(time));
    }
  });

  test("keeps what follows from the item and from the user, and sessions one user's", () => {
    const [countries, owners] = [new Map<string, string>(), new Map<string, string>()];
    for (const [user, , item, , session, price, country] of log) {
      expect(Number(price)).toBe(Number(item!.slice(5)) + 0.5);
      expect(countries.get(user!) ?? country).toBe(country);
      expect(owners.get(session!) ?? user).toBe(user);
      countries.set(user!, country!);
      owners.set(session!, user!);
    }
    expect(new Set(countries.values()).size).toBe(2);
  });

  test('learns which item follows on which', () => {
    const steps = log.flatMap(([user, , item], row) => {
      const next = log[row + 1];
      return next && next[0] === user && next[2] !== item ? [[item!, next[2]!] as const] : [];
    });
    const onward = steps.filter(([from, to]) => (Number(from.slice(5)) + 1) % 12 === Number(to.slice(5)));
    expect(steps.length).toBeGreaterThan(100);
    expect(onward.length / steps.length).toBeGreaterThan(0.7);
    expect(metrics.get('validation/item_loss')!).toBeLessThan(
      metrics.get('validation/item_loss_of_popularity')!,
    );
  });

  test('makes the same events of the same seed, however they are cut, and after it was saved and loaded', async () => {
    expect(await made(model, 120, 1, 50)).toEqual(await made(model, 120, 1));
    expect(await made(model, 120, 2)).not.toEqual(await made(model, 120, 1));
    const loaded = await sessions.load(await model.save());
    expect(await made(loaded, 120, 1)).toEqual(await made(model, 120, 1));
  });

  test('goes on from a checkpoint to the same weights', async () => {
    const saved: Uint8Array[] = [];
    const config = sessions.config.parse({ ...OPTIONS, epochs: 2 });
    const saveCheckpoint = (state: Uint8Array): Promise<void> => {
      saved.push(state);
      return Promise.resolve();
    };
    const whole = await sessions.fit(table, config, fitting({ checkpointDue: () => true, saveCheckpoint }));
    const resumed = await sessions.fit(table, config, fitting({ checkpoint: saved[3] }));
    expect(saved.length).toBeGreaterThan(4);
    expect(Buffer.from(await resumed.save()).equals(Buffer.from(await whole.save()))).toBe(true);
  });

  test('says which column it needs when the names tell nothing', async () => {
    const renamed: Table = {
      ...table,
      columns: table.columns.map((column) =>
        column === columnOf(table, 'user_id') ? { ...column, schema: schema('x', 'CATEGORY') } : column,
      ),
    };
    const config = sessions.config.parse(OPTIONS);
    await expect(sessions.fit(renamed, config, fitting())).rejects.toThrow(
      /doesn't show which column says who acted.*option user/,
    );
    const absent = sessions.config.parse({ ...OPTIONS, item: 'sku' });
    await expect(sessions.fit(table, absent, fitting())).rejects.toThrow(/"sku", which the table hasn't got/);
  });
});
