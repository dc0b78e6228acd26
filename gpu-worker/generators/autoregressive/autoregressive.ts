import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, tensorOf, writeSafetensors } from '../../compute/safetensors.js';
import { UserFailure } from '../../failure.js';
import { rowsBetween, type Table } from '../../tables/table.js';
import {
  ColumnBins,
  binCount,
  decodeColumn,
  encodeColumn,
  fitColumnBins,
  orderedBinCount,
} from '../discretisation/column-bins.js';
import type { FittedGenerator, FitSession, Generator, SampleSession } from '../generator.js';
import { originOf } from '../training/origin.js';
import { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { layOut, type Layout } from './layout.js';
import { inOrder, parameterShapes } from './network.js';
import { BinSampler } from './sampling.js';
import { train, type BinnedRows } from './training.js';

const FEWEST_ROWS = 10;
/** Length that the one-hot vector of a row may have; beyond it columns get fewer bins each. Its square is the direct weights. */
const MOST_UNITS = 4096;
/** Rows that a table without anything to predict is written in at a time. */
const ROWS_AT_A_TIME = 8192;
const FORMAT = 'synthcart autoregressive model 2';

/** What a model is, besides its tensors. */
const Description = z.strictObject({
  columns: z.array(ColumnSchema),
  /** One a column. */
  bins: z.array(ColumnBins),
  /** Rank of each modelled column: those with at least two bins, in the table's order. */
  ranks: z.array(z.int().min(0)),
  config: AutoregressiveConfig,
});
type Description = z.infer<typeof Description>;

/** See README.md beside this file. */
export const autoregressive: Generator<AutoregressiveConfig> = {
  name: 'autoregressive',
  summary:
    'Predicts each column from those before it with a masked neural network over bins: the most faithful generator for tables, within minutes on a CPU.',
  config: AutoregressiveConfig,

  async fit(table, config, session) {
    if (table.rows < FEWEST_ROWS) {
      throw new UserFailure(
        'INSUFFICIENT_DATA',
        `The table has ${table.rows} rows; the autoregressive generator needs at least ${FEWEST_ROWS} to learn from. Add rows.`,
      );
    }
    const random = Random.seeded(session.seed);
    const perColumn = Math.max(
      2,
      Math.min(config.bins, Math.floor(MOST_UNITS / Math.max(1, table.columns.length))),
    );
    const bins = table.columns.map((column) =>
      fitColumnBins(column, { bins: perColumn, support: config.minimumSupport }),
    );
    const modelled = bins.flatMap((candidate, index) => (binCount(candidate) > 1 ? [index] : []));
    const description: Description = {
      columns: table.columns.map(({ schema }) => schema),
      bins,
      ranks: ranksOf(modelled.length, config.order, random.derive('ranks')),
      config,
    };
    const layout = layoutOf(description);
    if (!layout) return new AutoregressiveModel(description, await nothingToTrain(session));
    const binned = binnedRows(table, bins, modelled);
    const origin = originOf(session.seed, config, [description.columns, bins], binned.bins);
    const parameters = await train(layout, binned, config, session, random, origin);
    return new AutoregressiveModel(description, parameters);
  },

  async load(file) {
    const read = readSafetensors(file);
    if (read.metadata['format'] !== FORMAT) {
      throw new RangeError(`a model of the format "${read.metadata['format']}" isn't "${FORMAT}"`);
    }
    const description = Description.parse(JSON.parse(read.metadata['description'] ?? 'null'));
    const names = [...read.tensors.keys()];
    return new AutoregressiveModel(
      description,
      new Map(names.map((name) => [name, tensorOf(read, name, 'F32').values] as const)),
    );
  },
};

class AutoregressiveModel implements FittedGenerator {
  constructor(
    private readonly description: Description,
    private readonly parameters: ReadonlyMap<string, Float32Array>,
  ) {}

  get columns(): readonly ColumnSchema[] {
    return this.description.columns;
  }

  async *sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    if (!(Number.isInteger(chunkRows) && chunkRows > 0)) throw new RangeError(`chunks of ${chunkRows} rows`);
    const random = Random.seeded(session.seed);
    const sampler = await this.samplerOf(rows, session.engine);
    // Not the reader's chunks, so that a sample doesn't depend on how it is cut.
    const atATime = sampler?.rowsAtATime ?? ROWS_AT_A_TIME;
    try {
      for (let start = 0; start < rows; start += atATime) {
        session.signal.throwIfAborted();
        const count = Math.min(atATime, rows - start);
        const ofRows = random.derive('rows', start);
        const drawn = await sampler?.draw(count, ofRows.derive('bins'), session.signal);
        const table = this.decoded(start, count, drawn, ofRows);
        for (let from = 0; from < count; from += chunkRows)
          yield rowsBetween(table, from, Math.min(from + chunkRows, count));
        session.progress((start + count) / rows);
      }
    } finally {
      sampler?.dispose();
    }
  }

  async save(): Promise<Uint8Array> {
    const layout = layoutOf(this.description);
    const shapes = layout ? parameterShapes(layout, this.description.config.residualBlocks) : [];
    const tensors = new Map(
      shapes.map(({ name, shape }) => [name, { shape, values: this.parameters.get(name)! }] as const),
    );
    return writeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(this.description) });
  }

  private decoded(start: number, rows: number, drawn: Int32Array | undefined, random: Random): Table {
    const { columns, bins } = this.description;
    const width = drawn ? drawn.length / rows : 0;
    let modelled = 0;
    return {
      rows,
      columns: columns.map((schema, index) => {
        const ofColumn = bins[index]!;
        const chosen = new Uint16Array(rows);
        if (drawn && binCount(ofColumn) > 1) {
          for (let row = 0; row < rows; row++) chosen[row] = drawn[row * width + modelled]!;
          modelled++;
        }
        return decodeColumn(ofColumn, schema, chosen, start, random.derive('values', index));
      }),
    };
  }

  /** Undefined when there is nothing to draw. */
  private async samplerOf(rows: number, engine: Engine): Promise<BinSampler | undefined> {
    const layout = layoutOf(this.description);
    if (!layout || rows === 0) return undefined;
    const { residualBlocks } = this.description.config;
    const parameters = inOrder(parameterShapes(layout, residualBlocks), this.parameters);
    return BinSampler.compile(engine, layout, residualBlocks, parameters, rows);
  }
}

/** Undefined when no column has two bins to choose between. */
function layoutOf({ bins, ranks, config }: Description): Layout | undefined {
  const widths = bins.map(binCount).filter((count) => count > 1);
  return widths.length === 0 ? undefined : layOut(widths, ranks, config.hiddenUnits);
}

function ranksOf(columns: number, order: AutoregressiveConfig['order'], random: Random): number[] {
  switch (order) {
    case 'file':
      return Array.from({ length: columns }, (_, column) => column);
    case 'reverse':
      return Array.from({ length: columns }, (_, column) => columns - 1 - column);
    case 'random':
      return [...random.permutation(columns)];
  }
}

function binnedRows(table: Table, bins: readonly ColumnBins[], modelled: readonly number[]): BinnedRows {
  const matrix = new Uint16Array(table.rows * modelled.length);
  modelled.forEach((index, position) => {
    const codes = encodeColumn(bins[index]!, table.columns[index]!);
    for (let row = 0; row < table.rows; row++) matrix[row * modelled.length + position] = codes[row]!;
  });
  return { rows: table.rows, bins: matrix, ordered: modelled.map((index) => orderedBinCount(bins[index]!)) };
}

async function nothingToTrain(session: FitSession): Promise<ReadonlyMap<string, Float32Array>> {
  session.signal.throwIfAborted();
  session.progress(1, 0);
  return new Map();
}
