import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobInput } from '../../schema/messages/job.js';
import type { LinkedTables } from '../../schema/messages/linked.js';
import { ModelCard } from '../../schema/messages/model-card.js';
import type { SampleConfig } from '../../schema/messages/run-config.js';
import type { Output, ReportBody } from '../../schema/messages/report.js';
import { Evaluation } from '../../schema/messages/scores.js';
import { parentRows } from '../generators/linked/keys.js';
import { shop, SHOP, type Shop } from '../generators/linked/testing.js';
import { readParquet } from '../tables/parquet-reader.js';
import { createTableWriter } from '../tables/table-writer.js';
import type { Table } from '../tables/table.js';
import { startRunWorker, type RunWorker } from '../testing/run-worker.js';

const pool = 'linked';
let running: RunWorker | undefined;
let gateway: RunWorker['gateway'];
let worker: RunWorker['worker'];
let folder: string;

beforeAll(async () => {
  running = await startRunWorker(pool);
  ({ gateway, worker, folder } = running);
}, 60_000);

afterAll(() => running?.stop());

async function inputOf(name: string, table: Table): Promise<JobInput> {
  const columns = table.columns.map(({ schema }) => schema);
  const parquetPath = join(folder, `${name}.real.parquet`);
  const writer = createTableWriter({ columns, parquetPath });
  await writer.write(table);
  await writer.close();
  return {
    role: 'TABLE',
    name,
    ...gateway.store(await readFile(parquetPath)),
    fileName: 'table.parquet',
    label: `${name} v1`,
    columns,
  };
}

async function run(tables: Shop, linked: LinkedTables): Promise<ReportBody> {
  const inputs = [];
  for (const [name, table] of Object.entries(tables) as [string, Table][]) {
    inputs.push(await inputOf(name, table));
  }
  const config = {
    kind: 'SYNTHESIZE',
    generator: 'linked',
    options: { epochs: 4, hiddenUnits: 16, residualBlocks: 0, parts: 0 },
    linked,
  } as const;
  return gateway.end(await gateway.dispatch({ config, inputs }, pool));
}

function outputsOf(end: ReportBody): readonly Output[] {
  if (end.type !== 'succeeded') throw new Error(`the run ended with ${JSON.stringify(end)}: ${worker.log}`);
  return end.outputs;
}

describe('a run of linked tables', () => {
  it('publishes each table, with scores, report and card, and one model', async () => {
    const tables = shop({ users: 60, products: 24 });
    const end = await run(tables, { ...SHOP, scale: 0.5 });
    const outputs = outputsOf(end);
    expect(outputs.map(({ fileName }) => fileName).sort()).toEqual(
      [
        'model.safetensors',
        ...['users', 'products', 'orders'].flatMap((name) => [
          `${name}.csv`,
          `${name}.parquet`,
          `${name}-scores.json`,
          `${name}-report.html`,
          `${name}-model-card.json`,
          `${name}-model-card.md`,
        ]),
      ].sort(),
    );
    const contentOf = (fileName: string): Buffer =>
      gateway.objects.get(outputs.find((output) => output.fileName === fileName)!.key)!;
    const made: Record<string, Table> = {};
    for (const [name, table] of Object.entries(tables) as [string, Table][]) {
      const path = join(folder, `${name}.made.parquet`);
      await writeFile(path, contentOf(`${name}.parquet`));
      made[name] = await readParquet(
        path,
        table.columns.map(({ schema }) => schema),
      );
      const about = outputs.find(({ fileName }) => fileName === `${name}.parquet`);
      expect(about).toMatchObject({ table: name, rows: made[name].rows });
      expect(contentOf(`${name}.csv`).toString().split('\n')[0]).toBe(
        table.columns.map(({ schema }) => schema.name).join(','),
      );
    }
    expect([made['users']!.rows, made['products']!.rows]).toEqual([30, 12]);
    for (const relation of SHOP.relations) {
      const found = parentRows(relation, made['orders']!, made[relation.parentTable]!);
      expect(found.orphans).toBe(0);
      expect(found.rows.some((row) => row >= 0)).toBe(true);
    }
    const scores = Evaluation.parse(JSON.parse(contentOf('orders-scores.json').toString()));
    expect(scores.relations!.map(({ relation }) => relation)).toEqual(SHOP.relations);
    for (const { integrity, cardinality } of scores.relations!) {
      expect(integrity).toBe(1);
      expect(cardinality.value).toBeGreaterThan(0.5);
    }
    // Keys are made up: nobody is to judge a table by them.
    expect(scores.columns.map(({ name }) => name)).toEqual(['order', 'items', 'amount', 'app']);
    expect(contentOf('orders-report.html').toString()).toContain('orders.user → users.id');
    const card = ModelCard.parse(JSON.parse(contentOf('users-model-card.json').toString()));
    expect(card).toMatchObject({ data: { label: 'users v1', rows: 60 }, model: { generator: 'linked' } });

    const model: JobInput = {
      role: 'MODEL',
      ...gateway.store(contentOf('model.safetensors')),
      fileName: 'model.safetensors',
      label: 'model.safetensors',
    };
    const sample = async (more: Partial<SampleConfig>): Promise<ReportBody> => {
      const config = { kind: 'SAMPLE', rows: 20, ...more } as const;
      return gateway.end(await gateway.dispatch({ config, inputs: [model] }, pool));
    };
    const more = outputsOf(await sample({}));
    expect(more.map(({ fileName }) => fileName)).toEqual(
      expect.arrayContaining(['users.csv', 'products.csv', 'orders.csv']),
    );
    expect(more.find(({ fileName }) => fileName === 'users.csv')!.rows).toBe(20);
    expect(more.find(({ fileName }) => fileName === 'products.csv')!.rows).toBe(8);
    expect(await sample({ where: [{ column: 'country', in: ['de'] }] })).toMatchObject({
      type: 'failed',
      failure: { code: 'INVALID_CONFIG', location: { field: 'where' } },
    });
  }, 120_000);

  it('tells which relation is broken', async () => {
    const tables = shop({ users: 60, products: 24 });
    const fewer = shop({ users: 50, products: 24 }).users;
    const end = await run({ ...tables, users: fewer }, SHOP);
    expect(end).toMatchObject({
      type: 'failed',
      failure: {
        code: 'INVALID_FILE',
        message: expect.stringMatching(/point at no row of "users" \(orders.user → users.id\)/) as unknown,
        location: { column: 'user' },
      },
    });
  }, 60_000);
});
