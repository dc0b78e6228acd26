import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, tensorOf, writeSafetensors } from '../../compute/safetensors.js';
import { UserFailure } from '../../failure.js';
import { cellsBetween } from '../../tables/rows.js';
import { isMissing, type Table } from '../../tables/table.js';
import {
  ColumnCodes,
  codeWidths,
  decodeTable,
  encodeTable,
  fitTableCodes,
  orderedWidths,
} from '../discretisation/column-codes.js';
import { knownCodes } from '../discretisation/known-codes.js';
import { binCount } from '../discretisation/column-bins.js';
import { inChunks, ROWS_AT_A_TIME } from '../chunks.js';
import type {
  Conditionals,
  FittedGenerator,
  FitSession,
  Generator,
  PrivacyGuarantee,
  SampleSession,
} from '../generator.js';
import { knownColumns, withKnownCells } from '../known-cells.js';
import { originOf } from '../training/origin.js';
import { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { ConditionalSampler } from './conditional-sampling.js';
import { layOut, type Layout } from './layout.js';
import { inOrder, parameterShapes } from './network.js';
import { fitPrivately } from './private-fit.js';
import { BinSampler } from './sampling.js';
import { train } from './training.js';

const FEWEST_ROWS = 10;
/** Length that the one-hot vector of a row may have; beyond it columns get fewer bins each. Its square is the direct weights. */
const MOST_UNITS = 4096;
const FORMAT = 'synthcart autoregressive model 3';

/** What a model is, besides its tensors. */
const Description = z.strictObject({
  columns: z.array(ColumnSchema),
  /** How each column becomes codes. */
  codes: z.array(ColumnCodes),
  /** Rank of each code, in the order of columns and of their codes. */
  ranks: z.array(z.int().min(0)),
  config: AutoregressiveConfig,
  privacy: z.strictObject({ epsilon: z.number(), delta: z.number() }).optional(),
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
    const { epsilon } = config;
    if (epsilon !== undefined) {
      const { codes, ranks, privacy, parameters } = await fitPrivately(
        table,
        { ...config, epsilon },
        session,
        random,
      );
      const columns = table.columns.map(({ schema }) => schema);
      return new AutoregressiveModel(
        { columns, codes: [...codes], ranks: [...ranks], config, privacy: { ...privacy } },
        parameters,
      );
    }
    const codes = fitCodes(table, config);
    const description: Description = {
      columns: table.columns.map(({ schema }) => schema),
      codes,
      ranks: ranksOf(codes, config.order, random.derive('ranks')),
      config,
    };
    const layout = layoutOf(description);
    if (!layout) return new AutoregressiveModel(description, await nothingToTrain(session));
    const binned = {
      rows: table.rows,
      bins: encodeTable(codes, table),
      ordered: codes.flatMap(orderedWidths),
    };
    const origin = originOf(session.seed, config, [description.columns, codes], binned.bins);
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

  get privacy(): PrivacyGuarantee | undefined {
    return this.description.privacy;
  }

  async *sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    if (!(Number.isInteger(chunkRows) && chunkRows > 0)) throw new RangeError(`chunks of ${chunkRows} rows`);
    const random = Random.seeded(session.seed);
    const sampler = await this.samplerOf(rows, session.engine);
    // Not the reader's chunks, so that a sample doesn't depend on how it is cut.
    const atATime = sampler?.rowsAtATime ?? ROWS_AT_A_TIME;
    try {
      yield* inChunks({ rows, atATime, chunkRows }, session, async (start, count) => {
        const ofRows = random.derive('rows', start);
        const drawn = await sampler?.draw(count, ofRows.derive('bins'), session.signal);
        return this.decoded(start, count, drawn, ofRows);
      });
    } finally {
      sampler?.dispose();
    }
  }

  async *complete(known: Table, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    const { columns, codes } = this.description;
    const given = knownColumns(columns, known);
    const random = Random.seeded(session.seed);
    const sampler = await this.conditionalSampler(known.rows, session.engine);
    try {
      const shape = { rows: known.rows, atATime: ROWS_AT_A_TIME, chunkRows };
      yield* inChunks(shape, session, async (start, count) => {
        const ofRows = given.map((column) => column && cellsBetween(column, start, start + count));
        const stream = random.derive('rows', start);
        const cells = knownCodes(codes, ofRows, count);
        const drawn = await sampler?.complete(cells, stream.derive('bins'), session.signal);
        return withKnownCells(this.decoded(start, count, drawn, stream), ofRows);
      });
    } finally {
      sampler?.dispose();
    }
  }

  async *conditionals(
    rows: Table,
    columns: readonly string[],
    session: SampleSession,
  ): AsyncIterable<Conditionals> {
    const { codes } = this.description;
    const given = knownColumns(this.columns, rows);
    const known = knownCodes(codes, given, rows.rows, 'known');
    const random = Random.seeded(session.seed).derive('conditionals');
    const places = columns.map((name) => this.columns.findIndex((own) => own.name === name));
    const presentBins = ({ bins }: ColumnCodes) =>
      Math.max(1, binCount(bins) - ('missing' in bins && bins.missing ? 1 : 0));
    const most = Math.max(...places.map((place) => presentBins(codes[place]!)));
    const sampler = await this.conditionalSampler(rows.rows, session.engine, most + 1);
    try {
      for (const [index, place] of places.entries()) {
        const [name, column] = [columns[index]!, given[place]];
        if (!column) throw new RangeError(`there is no column "${name}"`);
        const bins = presentBins(codes[place]!);
        const code = codes.slice(0, place).flatMap(codeWidths).length;
        const isAlone = !sampler || bins === 1;
        const own = Int32Array.from({ length: rows.rows }, (_, row) => {
          if (isMissing(column, row)) return -1;
          return isAlone ? 0 : known.codes[(row * known.codes.length) / rows.rows + code]!;
        });
        const shares = isAlone
          ? new Float32Array(rows.rows).fill(1)
          : await sampler.shares(known, { code, bins }, random.derive(place), session.signal);
        yield { column: name, width: bins, shares, own };
        session.progress((index + 1) / places.length);
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
    const { columns, codes } = this.description;
    return decodeTable(codes, columns, drawn ?? new Int32Array(0), rows, start, random);
  }

  /** Undefined when there is nothing to draw. */
  private async conditionalSampler(
    rows: number,
    engine: Engine,
    candidates?: number,
  ): Promise<ConditionalSampler | undefined> {
    const layout = layoutOf(this.description);
    if (!layout || rows === 0) return undefined;
    const { codes, config } = this.description;
    const columnOf = codes.flatMap((of, column) => codeWidths(of).map(() => column));
    const parameters = inOrder(parameterShapes(layout, config.residualBlocks), this.parameters);
    const blocks = config.residualBlocks;
    return ConditionalSampler.compile(engine, layout, columnOf, blocks, parameters, rows, candidates);
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

/** As fine as the network's size allows: first numbers lose their parts, then columns some of their bins. */
function fitCodes(
  table: Table,
  { bins, parts, minimumSupport: support }: AutoregressiveConfig,
): ColumnCodes[] {
  const unitsOf = (codes: readonly ColumnCodes[]): number =>
    codes.flatMap(codeWidths).reduce((sum, width) => sum + width, 0);
  const fine = fitTableCodes(table, { bins, parts, support });
  if (unitsOf(fine) <= MOST_UNITS) return fine;
  const perColumn = Math.max(2, Math.floor(MOST_UNITS / table.columns.length));
  return fitTableCodes(table, { bins: Math.min(bins, perColumn), parts: 0, support });
}

/** Undefined when there is nothing to choose in any column. */
function layoutOf({ codes, ranks, config }: Description): Layout | undefined {
  const widths = codes.flatMap(codeWidths);
  return widths.length === 0 ? undefined : layOut(widths, ranks, config.hiddenUnits);
}

/** A column's codes follow each other, whatever the order of columns. */
function ranksOf(
  codes: readonly ColumnCodes[],
  order: AutoregressiveConfig['order'],
  random: Random,
): number[] {
  const counts = codes.map((of) => codeWidths(of).length);
  let next = 0;
  const firsts = new Array<number>(counts.length);
  for (const column of columnOrder(counts.length, order, random)) {
    firsts[column] = next;
    next += counts[column]!;
  }
  return counts.flatMap((count, column) =>
    Array.from({ length: count }, (_, code) => firsts[column]! + code),
  );
}

function columnOrder(
  columns: number,
  order: AutoregressiveConfig['order'],
  random: Random,
): Iterable<number> {
  switch (order) {
    case 'file':
      return Array.from({ length: columns }, (_, column) => column);
    case 'reverse':
      return Array.from({ length: columns }, (_, column) => columns - 1 - column);
    case 'random':
      return random.permutation(columns);
  }
}

async function nothingToTrain(session: FitSession): Promise<ReadonlyMap<string, Float32Array>> {
  session.signal.throwIfAborted();
  session.progress(1, 0);
  return new Map();
}
