import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database, setScope } from '../../src/platform/database.js';
import { newId } from '../../src/platform/ids.js';
import { testDatabase, type TestDatabase } from '../platform/services.js';

let place: TestDatabase;
let database: Database;
const [one, other] = [newId('tenant'), newId('tenant')];

beforeAll(async () => {
  place = await testDatabase();
  // The smallest pool: every transaction is given a connection that another has used.
  database = new Database({ appUrl: place.appUrl, dispatchUrl: place.dispatchUrl, poolSize: 1 });
  for (const id of [one, other]) {
    await database.withTenant({ tenantId: id }, (tx) =>
      tx.tenant.create({ data: { id, name: `Shop ${id}` } }),
    );
  }
});

afterAll(async () => {
  await database.close();
  await place.drop();
});

const tenantsInSight = (scope: { tenantId?: string }) =>
  database.withScope(scope, async (tx) =>
    (await tx.tenant.findMany({ select: { id: true } })).map(({ id }) => id),
  );

describe('transactions', () => {
  test('see the rows of their tenant, and leave nothing in sight for the next', async () => {
    expect(await tenantsInSight({ tenantId: one })).toEqual([one]);
    expect(await tenantsInSight({})).toEqual([]);
    expect(await tenantsInSight({ tenantId: other })).toEqual([other]);
  });

  test('keep apart when many ask at the same time', async () => {
    const asked = Array.from({ length: 60 }, (_, index) => (index % 2 ? one : other));
    const seen = await Promise.all(asked.map((tenantId) => tenantsInSight({ tenantId })));
    expect(seen).toEqual(asked.map((id) => [id]));
  });

  test('that ask for nothing leave nothing behind', async () => {
    await database.withTenant({ tenantId: one }, async () => undefined);
    await expect(
      database.withTenant({ tenantId: one }, () => Promise.reject(new Error('changed my mind'))),
    ).rejects.toThrow('changed my mind');
    expect(await tenantsInSight({})).toEqual([]);
    expect(await tenantsInSight({ tenantId: other })).toEqual([other]);
  });

  test('change their scope from the next statement on', async () => {
    const seen = await database.withTenant({ tenantId: one }, async (tx) => {
      const before = await tx.tenant.findMany();
      await setScope(tx, { tenantId: other });
      return [...before, ...(await tx.tenant.findMany())].map(({ id }) => id);
    });
    expect(seen).toEqual([one, other]);
  });

  test('write all or nothing', async () => {
    const rename = (name: string) =>
      database.withTenant({ tenantId: one }, async (tx) => {
        await tx.tenant.update({ where: { id: one }, data: { name } });
        if (name === 'Half') throw new Error('stopped half way');
      });
    await rename('Whole');
    await expect(rename('Half')).rejects.toThrow('stopped half way');
    const row = await database.withTenant({ tenantId: one }, (tx) =>
      tx.tenant.findUnique({ where: { id: one } }),
    );
    expect(row?.name).toBe('Whole');
  });

  test('answer a failed statement with its error, and the connection serves the next', async () => {
    await expect(
      database.withTenant({ tenantId: one }, (tx) => tx.$queryRaw`SELECT 1 / ${0}::int`),
    ).rejects.toThrow('division by zero');
    await expect(
      database.withTenant({ tenantId: one }, (tx) =>
        Promise.all([tx.tenant.findMany(), tx.$queryRaw`SELECT 2 / ${0}::int`, tx.tenant.findMany()]),
      ),
    ).rejects.toThrow('division by zero');
    expect(await tenantsInSight({ tenantId: other })).toEqual([other]);
  });

  test('run statements of more shapes than are kept prepared', async () => {
    for (let length = 1; length <= 520; length += 1) {
      const ids = [one, ...Array.from({ length }, (_, index) => `ten_${index}`)];
      const found = await database.withTenant({ tenantId: one }, (tx) =>
        tx.tenant.findMany({ where: { id: { in: ids } }, select: { id: true } }),
      );
      expect(found).toEqual([{ id: one }]);
    }
  });
});
