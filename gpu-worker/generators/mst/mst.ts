import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import { GENERATOR_OPTIONS } from '../../../schema/messages/generator-options/catalogue.js';
import { MstConfig } from '../../../schema/messages/generator-options/mst.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, tensorOf, writeSafetensors } from '../../compute/safetensors.js';
import { partOf, pausing, type Pause } from '../../evaluation/pause.js';
import { DiscreteGaussian } from '../../privacy/discrete-gaussian.js';
import { SecretBits, type RandomBits } from '../../privacy/secret-bits.js';
import { cellsBetween } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { inChunks, ROWS_AT_A_TIME } from '../chunks.js';
import { binCount, encodeColumn } from '../discretisation/column-bins.js';
import { ColumnCodes, codeWidths, decodeCodes } from '../discretisation/column-codes.js';
import { knownCodes } from '../discretisation/known-codes.js';
import type { Finding, FittedGenerator, Generator, PrivacyGuarantee, SampleSession } from '../generator.js';
import { knownColumns, withKnownCells } from '../known-cells.js';
import { requireRows } from '../requirements.js';
import { budgetOf } from './budget.js';
import { measureColumn } from './private-bins.js';
import { beliefsOf, rootedTree, type Potentials, type Tree } from './tree.js';
import { inferPotentials } from './tree-inference.js';
import { TreeSampler } from './tree-sampler.js';
import { choosePairs, pairCounts, pairScores } from './tree-selection.js';

const FORMAT = 'synthcart mst model 1';

const Description = z.strictObject({
  columns: z.array(ColumnSchema),
  /** How each column becomes bins; no column is refined further. */
  codes: z.array(ColumnCodes),
  /** Pairs of modelled columns, those with more than one bin, by their places among those. */
  pairs: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
  privacy: z.strictObject({ epsilon: z.number(), delta: z.number() }),
});
type Description = z.infer<typeof Description>;

/** See README.md beside this file. */
export const mst: Generator<MstConfig> = {
  name: 'mst',
  summary: GENERATOR_OPTIONS.mst.summary,
  config: MstConfig,

  async fit(table, config, session) {
    requireRows(table, 10, 'mst');
    const pause = pausing(session.signal, (fraction) => session.progress(fraction, undefined));
    await pause(0);
    const { description, potentials } = await fitPrivately(table, config, new SecretBits(), pause);
    session.metric('privacy/epsilon', 1, description.privacy.epsilon);
    return new MstModel(description, beliefsOf(treeOf(description), potentials));
  },

  async load(file) {
    const read = readSafetensors(file);
    if (read.metadata['format'] !== FORMAT) {
      throw new RangeError(`a model of the format "${read.metadata['format']}" isn't "${FORMAT}"`);
    }
    const description = Description.parse(JSON.parse(read.metadata['description'] ?? 'null'));
    return new MstModel(description, {
      columns: widthsOf(description.codes).map((_, at) => tensorOf(read, `column${at}`, 'F64').values),
      pairs: description.pairs.map((_, at) => tensorOf(read, `pair${at}`, 'F64').values),
    });
  },
};

/** All that looks at the table; what it answers is protected by what `budgetOf` says. */
export async function fitPrivately(
  table: Table,
  config: MstConfig,
  bits: RandomBits,
  pause: Pause,
): Promise<{ readonly description: Description; readonly potentials: Potentials }> {
  const looked = table.columns.filter(({ schema }) => schema.kind !== 'ID').length;
  const budget = budgetOf(config, looked);
  const columnNoise = new DiscreteGaussian(budget.columnDeviation, bits);
  const pairNoise = new DiscreteGaussian(budget.pairDeviation, bits);

  const rows = Math.max(1, table.rows + columnNoise.draw());
  // So many that a cell of a pair holds, on average, as many rows as its noise.
  const most = Math.min(config.bins, Math.max(2, Math.round(Math.sqrt(rows / budget.pairDeviation))));
  const measure = partOf(pause, 0, 0.4);
  const measured = [];
  for (const [index, column] of table.columns.entries()) {
    measured.push(
      measureColumn(column, {
        most,
        rows,
        noise: columnNoise,
        delta: budget.categoryDelta,
        publicCategories: config.publicCategories,
      }),
    );
    await measure((index + 1) / table.columns.length);
  }

  const modelled = measured.flatMap((column, index) =>
    binCount(column.bins) > 1 ? [{ ...column, index }] : [],
  );
  const codes = modelled.map(({ bins, index }) => encodeColumn(bins, table.columns[index]!));
  const shares = modelled.map(({ counts }) => sharesOf(counts));
  await pause(0.45);
  const scores = pairScores(codes, shares, rows, budget.pairDeviation);
  await pause(0.5);
  const pairs = choosePairs(modelled.length, scores, budget.choiceEpsilon, bits);
  const widths = shares.map(({ length }) => length);
  const tree = rootedTree(widths, pairs);
  const pairMeasurements = tree.edges.map(({ parent, child }) => ({
    counts: pairCounts(codes[parent]!, codes[child]!, widths[parent]!, widths[child]!).map(
      (count) => count + pairNoise.draw(),
    ),
    variance: budget.pairDeviation ** 2,
  }));
  await pause(0.6);
  return {
    description: {
      columns: table.columns.map(({ schema }) => schema),
      codes: measured.map(({ bins }) => ({ bins, refinement: { type: 'none' } })),
      pairs: tree.edges.map(({ parent, child }) => [parent, child]),
      privacy: budget.spent,
    },
    potentials: await inferPotentials(
      tree,
      { columns: modelled, pairs: pairMeasurements, rows },
      partOf(pause, 0.6, 1),
    ),
  };
}

class MstModel implements FittedGenerator {
  readonly #sampler: TreeSampler;

  constructor(
    private readonly description: Description,
    private readonly shares: Potentials,
  ) {
    this.#sampler = new TreeSampler(treeOf(description), shares);
  }

  get columns(): readonly ColumnSchema[] {
    return this.description.columns;
  }

  get privacy(): PrivacyGuarantee {
    return this.description.privacy;
  }

  findings(): Finding[] {
    const { columns, codes, pairs } = this.description;
    const modelled = columns.filter((_, index) => binCount(codes[index]!.bins) > 1);
    return pairs.map(([parent, child]) => ({
      subject: modelled[child]!.name,
      text: `Drawn given ${modelled[parent]!.name}.`,
    }));
  }

  sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    const random = Random.seeded(session.seed);
    return inChunks({ rows, atATime: ROWS_AT_A_TIME, chunkRows }, session, (start, count) => {
      const ofRows = random.derive('rows', start);
      return this.#decoded(start, count, this.#sampler.draw(count, ofRows.derive('bins')), ofRows);
    });
  }

  complete(known: Table, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    const given = knownColumns(this.columns, known);
    const random = Random.seeded(session.seed);
    const shape = { rows: known.rows, atATime: ROWS_AT_A_TIME, chunkRows };
    return inChunks(shape, session, (start, count) => {
      const ofRows = random.derive('rows', start);
      const cells = given.map((column) => column && cellsBetween(column, start, start + count));
      const drawn = this.#sampler.complete(
        knownCodes(this.description.codes, cells, count),
        ofRows.derive('bins'),
      );
      return withKnownCells(this.#decoded(start, count, drawn, ofRows), cells);
    });
  }

  async save(): Promise<Uint8Array> {
    const tensors = new Map(
      [
        this.shares.columns.map((values, at) => [`column${at}`, values] as const),
        this.shares.pairs.map((values, at) => [`pair${at}`, values] as const),
      ]
        .flat()
        .map(([name, values]) => [name, { shape: [values.length], values }] as const),
    );
    return writeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(this.description) });
  }

  #decoded(start: number, rows: number, drawn: Int32Array, random: Random): Table {
    const { columns, codes } = this.description;
    const width = widthsOf(codes).length;
    let at = 0;
    return {
      rows,
      columns: columns.map((schema, index) => {
        const ofColumn = codes[index]!;
        const place = codeWidths(ofColumn).length > 0 ? at++ : undefined;
        const chosen =
          place === undefined
            ? []
            : [Uint16Array.from({ length: rows }, (_, row) => drawn[row * width + place]!)];
        return decodeCodes(ofColumn, schema, chosen, rows, start, random.derive('values', index));
      }),
    };
  }
}

function treeOf({ codes, pairs }: Description): Tree {
  return rootedTree(widthsOf(codes), pairs);
}

const widthsOf = (codes: readonly ColumnCodes[]): number[] => codes.flatMap(codeWidths);

/** Noisy counts as shares: none below zero. */
function sharesOf(counts: Float64Array): Float64Array {
  const kept = counts.map((count) => Math.max(0, count));
  const total = kept.reduce((sum, count) => sum + count, 0);
  return kept.map((count) => (total > 0 ? count / total : 1 / kept.length));
}
