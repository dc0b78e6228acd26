import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../evaluation/evaluate.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import { markdownOf, modelCard, type CardFacts } from './model-card.js';

const cells = Array.from({ length: 60 }, (_, row) => row);
const real = tableOf(
  numericColumn('n | *bold*', cells),
  categoricalColumn(
    '<b>\nc',
    cells.map((cell) => 'ab'[cell % 2]!),
  ),
);
const facts: CardFacts = {
  runId: 'run_1',
  data: {
    label: '<script>shop</script> v2',
    sha256: 'f00',
    rows: 60,
    rowsLeftOut: 3,
    columns: real.columns.map(({ schema }) => schema),
    preparation: [
      {
        step: { type: 'fillMissing', columns: ['n | *bold*'], with: 'median' },
        rows: 60,
        rowsDropped: 0,
        learntFromRows: true,
        columns: [{ name: 'n | *bold*', cells: 4, note: 'with 29.5' }],
      },
    ],
  },
  model: {
    generator: 'normal',
    summary: 'Columns by themselves.',
    options: { minimumSupport: 5 },
    seed: 7,
    engine: 'onnx-cpu 1 on a processor',
    trainSeconds: 1.23456,
    constraints: [{ type: 'range', column: 'n | *bold*', min: 0 }],
    findings: [{ subject: 'n', text: 'Normal with μ = 3 and σ² = 2.' }],
  },
};

describe('the card of a model', () => {
  it('tells what one row may show, where the model was fitted privately, and what is not covered', async () => {
    const evaluation = await evaluate({
      real,
      synthetic: real,
      seed: 1,
      signal: new AbortController().signal,
      progress: () => {},
    });
    const limitsOf = (model: Partial<CardFacts['model']>) =>
      modelCard({ ...facts, model: { ...facts.model, ...model } }, evaluation, new Date(0)).limits.join(' ');
    const privacy = { epsilon: 0.9996, delta: 1e-6 };
    expect(limitsOf({ privacy, options: { epsilon: 1 } })).toMatch(
      /ε = 1\.00, δ = 0\.000001\. .*scores and the report are not covered/,
    );
    expect(limitsOf({ options: { epsilon: 1 } })).toContain('Constraints look at real rows');
    expect(limitsOf({})).toContain('not trained with differential privacy');
  });

  it('tells what it learnt from, how good its rows are, and what they are not for', async () => {
    const evaluation = await evaluate({
      real,
      synthetic: real,
      seed: 1,
      signal: new AbortController().signal,
      progress: () => {},
    });
    const card = modelCard(facts, evaluation, new Date(0));
    expect(card.verdict[0]).toContain('repeats too many of its rows');
    expect(card.limits.join(' ')).toContain('fewer than 5 rows');
    expect(card.limits.join(' ')).toContain('not trained with differential privacy');
    const text = markdownOf(card);
    expect(text).toContain('| Rows learnt from | 60 (3 left out) |');
    expect(text).toContain('| 60 | 0 | 4 | n \\| \\*bold\\*: 4, with 29.5 |');
    expect(text).toContain('| exactCopies | 1 |');
    expect(text).toContain('1.235 s');
    // Names of the user's are no markup.
    expect(text).not.toContain('<script>');
    expect(text).toContain('| n \\| \\*bold\\* | REAL | no |');
    expect(text).toContain('| \\<b\\> c | CATEGORY | no |');
  });
});
