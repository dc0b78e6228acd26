import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import { GENERATOR_OPTIONS } from '../../../schema/messages/generator-options/catalogue.js';
import { MstConfig } from '../../../schema/messages/generator-options/mst.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, tensorOf, writeSafetensors } from '../../compute/safetensors.js';
import { pausing } from '../../evaluation/pause.js';
import { SecretBits } from '../../privacy/secret-bits.js';
import { cellsBetween } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { inChunks, ROWS_AT_A_TIME } from '../chunks.js';
import { binCount } from '../discretisation/column-bins.js';
import { ColumnCodes, codeWidths, decodeTable } from '../discretisation/column-codes.js';
import { knownCodes } from '../discretisation/known-codes.js';
import type { Finding, FittedGenerator, Generator, PrivacyGuarantee, SampleSession } from '../generator.js';
import { knownColumns, withKnownCells } from '../known-cells.js';
import { requireRows } from '../requirements.js';
import { fitTree } from './private-tree.js';
import { rootedTree, type Potentials, type Tree } from './tree.js';
import { TreeSampler } from './tree-sampler.js';

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
    const { columns, codes, tree, shares, budget } = await fitTree(table, config, new SecretBits(), pause);
    session.metric('privacy/epsilon', 1, budget.spent.epsilon);
    return new MstModel(
      {
        columns: [...columns],
        codes: [...codes],
        pairs: tree.edges.map(({ parent, child }) => [parent, child]),
        privacy: budget.spent,
      },
      shares,
    );
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
    return decodeTable(codes, columns, drawn, rows, start, random);
  }
}

function treeOf({ codes, pairs }: Description): Tree {
  return rootedTree(widthsOf(codes), pairs);
}

const widthsOf = (codes: readonly ColumnCodes[]): number[] => codes.flatMap(codeWidths);
