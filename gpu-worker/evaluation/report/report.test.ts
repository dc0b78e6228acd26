import type { Evaluation } from '../../../schema/messages/scores.js';
import type { Column } from '../../tables/table.js';
import { evaluate } from '../evaluate.js';
import { categoricalColumn, numericColumn, tableOf } from '../testing.js';
import { COLUMNS_DRAWN, renderReport, type ReportContext } from './report.js';
import { verdictOn } from './verdict.js';

const ATTACK = '<script>alert("x")</script>';

const context: ReportContext = {
  title: `Report ${ATTACK}`,
  dataset: `data ${ATTACK}`,
  generator: 'autoregressive',
  rows: 40,
  engine: 'onnx-cpu',
  trainSeconds: 83,
  seed: 7,
  createdAt: new Date('2026-01-02T03:04:00Z'),
  lineage: { Run: 'run_1', [`key ${ATTACK}`]: ATTACK },
};

const cells = <Cell>(cell: (row: number) => Cell): Cell[] =>
  Array.from({ length: 40 }, (_, row) => cell(row));

const evaluationOf = (...columns: Column[]): Promise<Evaluation> =>
  evaluate({
    real: tableOf(...columns),
    synthetic: tableOf(...columns),
    seed: 1,
    signal: new AbortController().signal,
    progress: () => {},
  });

const mixed = () =>
  evaluationOf(
    categoricalColumn(
      `column ${ATTACK}`,
      cells((row) => (row % 2 ? ATTACK : '"quoted" & more')),
    ),
    numericColumn(
      'price',
      cells((row) => row * 1.5),
    ),
    numericColumn(
      `count ${ATTACK}`,
      cells((row) => (row % 5 === 0 ? null : row % 7)),
      'INTEGER',
    ),
    numericColumn(
      'at',
      cells((row) => 1.7e12 + row * 86_400_000),
      'DATETIME',
    ),
    categoricalColumn(
      'id',
      cells((row) => `id ${row}`),
      'ID',
    ),
  );

describe('the report', () => {
  it('is one file without scripts and without anything to load', async () => {
    const page = renderReport(await mixed(), context);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\((?!#)|\son\w+=/i);
    const addresses = page.match(/https?:\/\/[^"'\s)]+/g) ?? [];
    expect(new Set(addresses)).toEqual(
      new Set(['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink']),
    );
  });

  it('shows names and values as text, whatever they hold', async () => {
    const page = renderReport(await mixed(), context);
    expect(page).not.toContain(ATTACK);
    expect(page).toContain('column &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(page).toContain('<dt>key &lt;script&gt;');
  });

  it('says in words what every picture shows', async () => {
    const page = renderReport(await mixed(), context);
    const pictures = page.match(/<svg [^>]*>/g)!;
    // Four columns, three correlation maps, one map of pairs; the ID has no picture.
    expect(pictures).toHaveLength(8);
    for (const picture of pictures) expect(picture).toMatch(/role="img" aria-label="[^"]{20,}"/);
  });

  it('leaves no placeholder colour behind', async () => {
    const page = renderReport(await mixed(), context);
    expect(page).not.toMatch(/#fe01|254, ?1, ?/i);
    expect(page).toContain('prefers-color-scheme:dark');
  });

  it('shows each score beside the one of real rows, and where the table comes from', async () => {
    const page = renderReport(await mixed(), context).replace(/\s+/g, ' ');
    expect(page).toContain('Column shape error</th> <td class="number close">0 %</td>');
    expect(page).toContain('one random half of the real rows');
    expect(page).toContain('<dt>Seed</dt> <dd>7</dd>');
    expect(page).toContain('2026-01-02 03:04 UTC');
  });

  it('draws a part of a wide table, and says so', async () => {
    const wide = await evaluationOf(
      ...Array.from({ length: 80 }, (_, index) =>
        numericColumn(
          `c${index}`,
          cells((row) => (row * (index + 3)) % 17),
        ),
      ),
    );
    const page = renderReport(wide, context);
    expect(page.match(/aria-label="Histogram/g)).toHaveLength(COLUMNS_DRAWN);
    expect(page).toContain('The first 60 of 80 columns are drawn.');
    expect(page).toContain('The first 40 of 80 columns are drawn.');
  }, 30_000);
});

describe('the verdict', () => {
  const scores = (shapeError: number, trendError: number, detection: number, copies = 0): Evaluation => {
    const score = (
      name: 'shapeError' | 'trendError' | 'logisticDetection' | 'exactCopies',
      value: number,
    ) => ({
      name,
      value,
      better: name === 'logisticDetection' ? ('higher' as const) : ('lower' as const),
      unit: 'percent' as const,
      meaning: '',
      ...(name === 'exactCopies' && { reference: 0.0105, referenceSource: 'HOLDOUT' as const }),
    });
    return {
      v: 1,
      rows: { real: 1000, synthetic: 1000, compared: { real: 1000, synthetic: 1000 } },
      scores: [
        score('shapeError', shapeError),
        score('trendError', trendError),
        score('logisticDetection', detection),
        score('exactCopies', copies),
      ],
      columns: [],
      pairs: [],
      correlations: { columns: [], real: [], synthetic: [] },
      notes: [],
    };
  };

  it.each([
    ['close', 0.009, 0.019, 0.984],
    ['fair', 0.009, 0.019, 0.9],
    ['far', 0.009, 0.12, 0.984],
    ['far', 0.19, 0.2, 0.7],
  ] as const)('is %s by its worst score', (grade, shape, trend, detection) => {
    expect(verdictOn(scores(shape, trend, detection)).grade).toBe(grade);
  });

  it('forgives errors that chance explains in a small table', () => {
    const small = scores(0.028, 0.019, 0.98);
    small.scores[0] = { ...small.scores[0]!, reference: 0.04, referenceSource: 'HALVES' };
    expect(verdictOn(small).grade).toBe('close');
  });

  it('warns of copied rows, however good the scores', () => {
    const { headline, warnings } = verdictOn(scores(0.007, 0.011, 0.998, 0.85));
    expect(headline).toContain('repeats too many');
    expect(warnings).toEqual([expect.stringContaining('85.0 % of the synthetic rows equal a real row')]);
    expect(verdictOn(scores(0.007, 0.011, 0.998, 0.012)).warnings).toEqual([]);
  });
});
