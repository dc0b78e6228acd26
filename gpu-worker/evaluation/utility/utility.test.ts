import { randomNumbers } from '../random.js';
import { categoricalColumn, numericColumn, tableOf } from '../testing.js';
import { utilityScores, type UtilityOptions } from './utility.js';

/** `seen` decides the three targets; `shuffled`: it decides nothing. */
function visits(rows: number, seed: number, shuffled = false) {
  const random = randomNumbers(seed);
  const seen = Array.from({ length: rows }, () => Math.floor(random() * 30));
  const causes = () => (shuffled ? seen.map(() => Math.floor(random() * 30)) : seen);
  return tableOf(
    categoricalColumn(
      'session',
      seen.map((_, row) => `s${seed}-${row}`),
      'ID',
    ),
    numericColumn('seen', seen, 'INTEGER'),
    categoricalColumn(
      'device',
      seen.map(() => (random() < 0.5 ? 'phone' : 'desk')),
    ),
    numericColumn(
      'bought',
      causes().map((count) => (random() < (count > 15 ? 0.9 : 0.1) ? 1 : 0)),
      'BOOLEAN',
    ),
    categoricalColumn(
      'kind',
      causes().map((count) =>
        random() < 0.1 ? 'search' : count < 10 ? 'glance' : count < 20 ? 'browse' : 'search',
      ),
    ),
    numericColumn(
      'spent',
      causes().map((count) => count * 2 + random()),
    ),
  );
}

const real = visits(600, 1);
const test = visits(300, 2);
const scores = (options: Partial<UtilityOptions> & Pick<UtilityOptions, 'target'>) =>
  utilityScores({
    real,
    test,
    synthetic: visits(600, 3),
    seed: 1,
    pause: () => Promise.resolve(),
    ...options,
  });
const score = async (options: Parameters<typeof scores>[0]) => (await scores(options))[0]!;

describe('utility', () => {
  it.each([
    ['bought', 'higher', 600],
    // Three classes take three trees a round.
    ['kind', 'higher', 200],
    ['spent', 'lower', 600],
  ] as const)(
    'tells rows that teach "%s" as well as real ones from rows that teach nothing',
    async (target, better, rows) => {
      const real = visits(rows, 1);
      const good = await score({ target, real, synthetic: visits(rows, 3) });
      const useless = await score({ target, real, synthetic: visits(rows, 3, true) });
      expect(good).toMatchObject({ name: 'utility', better, referenceSource: 'REAL' });
      expect(useless.reference).toBe(good.reference);
      expect(Math.abs(good.value - good.reference!)).toBeLessThan(0.05);
      expect(good.value).not.toBe(good.reference);
      if (better === 'higher') {
        expect(good.value).toBeGreaterThan(0.85);
        expect(useless.value).toBeLessThan(0.65);
      } else {
        expect(good.value).toBeLessThan(0.1);
        expect(useless.value).toBeGreaterThan(0.9);
      }
    },
  );

  it('gains from synthetic rows that are added to few real ones, and loses by wrong ones', async () => {
    const few = { target: 'spent', real: visits(60, 1) };
    const wrong = { ...few, synthetic: visits(60, 3, true) };
    const right = { ...few, synthetic: visits(60, 3) };
    const [added, spoilt] = await Promise.all([scores(right), scores(wrong)]);
    expect(added[1]).toMatchObject({ name: 'augmentedUtility', better: 'lower', referenceSource: 'REAL' });
    expect(added[1]!.reference).toBe(added[0]!.reference);
    expect(added[1]!.value).toBeLessThan(added[1]!.reference!);
    expect(spoilt[1]!.value).toBeGreaterThan(spoilt[1]!.reference!);
  });

  it('tests on a tenth of the real rows without a test table, and says so', async () => {
    const without = await score({ target: 'bought', test: undefined });
    expect(without.meaning).toContain('a random tenth of the real rows tests both');
    expect(without.reference).toBeGreaterThan(0.8);
    expect((await score({ target: 'bought' })).meaning).not.toContain('tenth');
  });

  it('takes a number of two values as two classes', async () => {
    const asNumber = (table: typeof real) => ({
      rows: table.rows,
      columns: table.columns.map((column) =>
        column.schema.name === 'bought'
          ? { ...column, schema: { ...column.schema, kind: 'INTEGER' as const } }
          : column,
      ),
    });
    const numeric = await score({
      target: 'bought',
      real: asNumber(real),
      synthetic: asNumber(visits(600, 3)),
      test: asNumber(test),
    });
    expect(numeric).toEqual(await score({ target: 'bought' }));
  });

  it('leaves out rows whose target is missing or unknown to the real table', async () => {
    const kinds = Array.from({ length: 600 }, (_, row) =>
      row % 3 === 0 ? null : row % 3 === 1 ? 'no' : 'x',
    );
    const synthetic = visits(600, 3);
    const other = categoricalColumn('kind', kinds);
    const columns = synthetic.columns.map((column) => (column.schema.name === 'kind' ? other : column));
    await expect(score({ target: 'kind', synthetic: { ...synthetic, columns } })).rejects.toMatchObject({
      code: 'INSUFFICIENT_DATA',
      message: expect.stringContaining('synthetic table has 0 rows with a value of "kind"') as unknown,
    });
  });

  it.each([
    ['price', 'no column "price"'],
    ['session', 'IDs'],
    ['shop', 'one value only'],
    ['page', '60 different values'],
  ])('refuses the target "%s", naming the field', async (target, message) => {
    const wider = (table: typeof real) =>
      tableOf(
        ...table.columns,
        categoricalColumn(
          'shop',
          Array.from({ length: table.rows }, () => 'only'),
        ),
        categoricalColumn(
          'page',
          Array.from({ length: table.rows }, (_, row) => `p${row % 60}`),
        ),
      );
    const options = { real: wider(real), synthetic: wider(visits(600, 3)), test: wider(test) };
    await expect(score({ target, ...options })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      location: { field: 'target' },
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('refuses tables too short to learn from, or to test on', async () => {
    await expect(score({ target: 'bought', synthetic: visits(20, 3) })).rejects.toMatchObject({
      code: 'INSUFFICIENT_DATA',
      message: expect.stringContaining('synthetic table has 20 rows') as unknown,
    });
    await expect(score({ target: 'bought', test: visits(1, 3) })).rejects.toMatchObject({
      code: 'INSUFFICIENT_DATA',
    });
  });
});
