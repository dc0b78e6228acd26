import { newId } from '../platform/ids.js';
import { MAX_PAGE, readPage, type ConnectionArgs, type Keyset, type KeysetOrder } from './pagination.js';

interface Row {
  id: string;
  at: Date;
}

const time = (n: number) => new Date(1_700_000_000_000 + n);
// Three rows at each moment: the id has to break the tie.
const rows: Row[] = Array.from({ length: 12 }, (_, i) => ({ id: newId('run'), at: time(Math.floor(i / 3)) }));

/** Reads the conditions as PostgreSQL would. */
function find(all: Row[], { where, orderBy, take }: Keyset): Row[] {
  return all
    .filter((row) => holds(where, row))
    .sort((a, b) => {
      for (const order of orderBy) {
        const [column, direction] = Object.entries(order)[0] as [keyof Row, 'asc' | 'desc'];
        if (a[column] < b[column]) return direction === 'asc' ? -1 : 1;
        if (a[column] > b[column]) return direction === 'asc' ? 1 : -1;
      }
      return 0;
    })
    .slice(0, take);
}

function holds(where: object, row: Row): boolean {
  return Object.entries(where as Record<string, unknown>).every(([name, condition]) => {
    if (name === 'AND') return (condition as object[]).every((part) => holds(part, row));
    if (name === 'OR') return (condition as object[]).some((part) => holds(part, row));
    const comparable = (given: unknown) => (given instanceof Date ? given.getTime() : given) as number;
    const value = comparable(row[name as keyof Row]);
    const bounds: [string, unknown][] =
      typeof condition === 'object' && condition !== null && !(condition instanceof Date)
        ? Object.entries(condition as Record<string, unknown>)
        : [['equals', condition]];
    return bounds.every(([operator, bound]) => {
      const other = comparable(bound);
      switch (operator) {
        case 'lt':
          return value < other;
        case 'lte':
          return value <= other;
        case 'gt':
          return value > other;
        case 'gte':
          return value >= other;
        default:
          return value === other;
      }
    });
  });
}

const page = (args: ConnectionArgs, order: KeysetOrder = { column: 'at', direction: 'desc' }) =>
  readPage(
    args,
    order,
    async (keyset) => find(rows, keyset),
    async () => rows.length,
  );

const ids = (found: Awaited<ReturnType<typeof page>>) => found.edges.map(({ node }) => node.id);
const newestFirst = [...rows].reverse().map(({ id }) => id);

test.each([1, 2, 5, 12, 20])(
  'pages of %i show each row once, in order, forwards and backwards',
  async (size) => {
    const forwards: string[] = [];
    for (let after: string | null | undefined; ;) {
      const found = await page({ first: size, after });
      forwards.push(...ids(found));
      after = found.pageInfo.endCursor;
      if (!found.pageInfo.hasNextPage) break;
    }
    expect(forwards).toEqual(newestFirst);

    const backwards: string[] = [];
    for (let before: string | null | undefined; ;) {
      const found = await page({ last: size, before });
      backwards.unshift(...ids(found));
      before = found.pageInfo.startCursor;
      if (!found.pageInfo.hasPreviousPage) break;
    }
    expect(backwards).toEqual(newestFirst);
  },
);

test('the size of the whole list is counted only when somebody asks', async () => {
  let counted = 0;
  const found = await readPage(
    {},
    { column: 'at', direction: 'asc' },
    async (keyset) => find(rows, keyset),
    async () => ++counted,
  );
  expect(counted).toBe(0);
  expect(await found.count()).toBe(1);
});

test.each([
  ['first: 0', { first: 0 }],
  ['too many', { first: MAX_PAGE + 1 }],
  ['a negative last', { last: -1 }],
  ['both ends', { first: 1, last: 1 }],
])('%s is refused', async (_what, args) => {
  await expect(page(args)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('a cursor of another order, a broken one and an invented one are refused', async () => {
  const { pageInfo } = await page({ first: 1 });
  const invented = Buffer.from(JSON.stringify(['at', 'desc', { $ne: 1 }, rows[0]!.id])).toString('base64url');
  await expect(page({ after: pageInfo.endCursor }, { column: 'at', direction: 'asc' })).rejects.toMatchObject(
    { argument: ['after'] },
  );
  for (const after of ['', 'x', '🙂', invented, 'A'.repeat(5_000)].filter(Boolean)) {
    await expect(page({ after })).rejects.toMatchObject({ code: 'INVALID_INPUT', argument: ['after'] });
  }
});
