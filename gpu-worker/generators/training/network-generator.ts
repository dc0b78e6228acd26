import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import {
  GENERATOR_OPTIONS,
  type GeneratorName,
} from '../../../schema/messages/generator-options/catalogue.js';
import type { Engine, Variables } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, writeSafetensors } from '../../compute/safetensors.js';
import type { Stored, StoredOf, Tree } from '../../compute/tensors.js';
import { cellsBetween } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { inChunks, ROWS_AT_A_TIME } from '../chunks.js';
import type { EncodingOptions } from '../encoding/column-encoding.js';
import {
  decodeRows,
  encodeRows,
  fitRowEncoding,
  layoutOf,
  pickRows,
  RowEncoding,
  type EncodedRows,
  type VectorLayout,
} from '../encoding/row-encoding.js';
import type { FittedGenerator, FitSession, Generator, SampleSession } from '../generator.js';
import { knownColumns, withKnownCells } from '../known-cells.js';
import { requireRows } from '../requirements.js';
import { filled, tensorsOf } from './checkpoint.js';
import { splitRows, trainEpochs, type Trainer } from './epochs.js';
import { completedRows, type Redrawer } from './network-completion.js';
import { originOf } from './origin.js';
import { PairError } from './pair-error.js';

/** Options that every network over encoded rows has. */
export interface NetworkConfig {
  readonly epochs?: number | undefined;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly minimumSupport: number;
  readonly validationShare: number;
  readonly patience: number;
}

/** What a trainer is opened with. */
export interface TrainerContext<Config, Shape> {
  readonly config: Config;
  readonly shape: Shape;
  readonly layout: VectorLayout;
  readonly table: EncodedRows;
  /** Rows of each batch. */
  readonly batchSize: number;
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
  /** Of made rows against the validation rows. */
  readonly pairError: PairError;
}

/** Draws rows from a model on an engine. */
export interface Sampler {
  /** At most as many rows as it was compiled for. */
  draw(rows: number, random: Random): Promise<EncodedRows>;
  dispose(): void;
}

/** A network that makes encoded rows: what differs between the generators that are one. */
export interface RowNetwork<Config extends NetworkConfig, Shape, State extends object, Kept extends object> {
  readonly name: GeneratorName;
  readonly config: z.ZodType<Config>;
  /** Sizes that the parameters follow from, with the layout. Stored with the model. */
  readonly shape: z.ZodType<Shape>;
  readonly shapeOf: (config: Config) => Shape;
  readonly encodingOf: (config: Config) => EncodingOptions;
  /** Steps of a fit by default, and the bounds of the epochs that they become. */
  readonly defaultSteps: number;
  readonly defaultEpochs: { readonly least: number; readonly most: number };
  /** Rows that a step takes, of a table with so many to learn from. */
  readonly batchSizeOf: (config: Config, rows: number) => number;
  /** The state before the first step; its form is the same whatever `random` is, and without the rows to learn from. */
  readonly first: (
    layout: VectorLayout,
    shape: Shape,
    random: Random,
    learnt?: { readonly table: EncodedRows; readonly training: Uint32Array },
  ) => StoredOf<State>;
  /** The part of a state that makes the model. */
  readonly kept: (state: StoredOf<State>) => StoredOf<Kept>;
  readonly open: (
    engine: Engine,
    state: Variables<State>,
    context: TrainerContext<Config, Shape>,
  ) => Promise<Trainer>;
  readonly sampler: (
    engine: Engine,
    kept: StoredOf<Kept>,
    layout: VectorLayout,
    shape: Shape,
    rows: number,
  ) => Promise<Sampler>;
  /** Where the network can encode rows: what draws them anew for `complete`. */
  readonly redrawer?: (
    engine: Engine,
    kept: StoredOf<Kept>,
    layout: VectorLayout,
    shape: Shape,
    rows: number,
  ) => Promise<Redrawer>;
}

const FEWEST_ROWS = 10;
/** Held-out rows beyond this many would make validations long and hardly better. */
const MOST_VALIDATION_ROWS = 5000;

/** The generator that a network over encoded rows makes. */
export function networkGenerator<
  Config extends NetworkConfig,
  Shape,
  State extends object,
  Kept extends object,
>(network: RowNetwork<Config, Shape, State, Kept>): Generator<Config> {
  const format = `synthcart ${network.name} model 1`;
  const Description = z.strictObject({ encoding: RowEncoding, shape: network.shape });
  return {
    name: network.name,
    summary: GENERATOR_OPTIONS[network.name].summary,
    config: network.config,

    async fit(table, config, session) {
      requireRows(table, FEWEST_ROWS, network.name);
      const encoding = fitRowEncoding(table, network.encodingOf(config));
      const shape = network.shapeOf(config);
      const kept = await fitNetwork(network, table, encoding, shape, config, session);
      return new NetworkModel(network, { format, encoding, shape }, kept);
    },

    async load(file) {
      const { metadata, tensors } = readSafetensors(file);
      if (metadata['format'] !== format) {
        throw new RangeError(`a model of the format "${metadata['format']}" isn't "${format}"`);
      }
      const { encoding, shape } = Description.parse(JSON.parse(metadata['description'] ?? 'null'));
      const form = network.kept(network.first(layoutOf(encoding), shape, Random.seeded(0)));
      const kept = filled(form as Tree<Stored>, tensors) as StoredOf<Kept>;
      return new NetworkModel(network, { format, encoding, shape: shape }, kept);
    },
  };
}

async function fitNetwork<Config extends NetworkConfig, Shape, State extends object, Kept extends object>(
  network: RowNetwork<Config, Shape, State, Kept>,
  table: Table,
  encoding: RowEncoding,
  shape: Shape,
  config: Config,
  session: FitSession,
): Promise<StoredOf<Kept>> {
  const layout = layoutOf(encoding);
  const random = Random.seeded(session.seed);
  if (layout.units === 0) {
    // Nothing varies, so there is nothing to learn.
    session.signal.throwIfAborted();
    session.progress(1, 0);
    return network.kept(network.first(layout, shape, random.derive('initial')));
  }
  const rows = encodeRows(encoding, layout, table);
  const { training, validation } = splitRows(
    table.rows,
    config.validationShare,
    MOST_VALIDATION_ROWS,
    random.derive('split'),
  );
  const first = network.first(layout, shape, random.derive('initial'), { table: rows, training });
  const batchSize = network.batchSizeOf(config, training.length);
  const batches = Math.max(1, Math.floor(training.length / batchSize));
  const { least, most } = network.defaultEpochs;
  const epochs = config.epochs ?? Math.min(most, Math.max(least, Math.round(network.defaultSteps / batches)));
  return trainEpochs<State, Kept>({
    generator: network.name,
    session,
    random,
    origin: originOf(session.seed, config, encoding, rows.codes, rows.scalars),
    rows: training,
    batchSize,
    epochs,
    patience: config.patience,
    learningRate: config.learningRate,
    first,
    kept: (state) => network.kept(state),
    open: (engine, state) =>
      network.open(engine, state, {
        config,
        shape,
        layout,
        table: rows,
        batchSize,
        training,
        validation,
        pairError: new PairError(layout, pickRows(rows, layout, validation)),
      }),
  });
}

/** Rows of columns that don't vary. */
const nothing = (rows: number): EncodedRows => ({
  rows,
  codes: new Uint16Array(),
  scalars: new Float32Array(),
});

class NetworkModel<
  Config extends NetworkConfig,
  Shape,
  State extends object,
  Kept extends object,
> implements FittedGenerator {
  readonly complete?: NonNullable<FittedGenerator['complete']>;

  constructor(
    private readonly network: RowNetwork<Config, Shape, State, Kept>,
    private readonly description: {
      readonly format: string;
      readonly encoding: RowEncoding;
      readonly shape: Shape;
    },
    private readonly kept: StoredOf<Kept>,
  ) {
    const { redrawer } = network;
    if (redrawer) this.complete = (...given) => this.#complete(redrawer, ...given);
  }

  get columns(): readonly ColumnSchema[] {
    return this.description.encoding.columns;
  }

  async *sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    const { encoding, shape } = this.description;
    const layout = layoutOf(encoding);
    const random = Random.seeded(session.seed);
    const atATime = Math.min(ROWS_AT_A_TIME, Math.max(1, rows));
    const sampler =
      layout.units > 0
        ? await this.network.sampler(session.engine, this.kept, layout, shape, atATime)
        : undefined;
    try {
      yield* inChunks({ rows, atATime, chunkRows }, session, async (start, count) => {
        const ofRows = random.derive('rows', start);
        const drawn = await sampler?.draw(count, ofRows.derive('drawn'));
        return decodeRows(encoding, layout, drawn ?? nothing(count), start, ofRows.derive('values'));
      });
    } finally {
      sampler?.dispose();
    }
  }

  async *#complete(
    redrawerOf: NonNullable<RowNetwork<Config, Shape, State, Kept>['redrawer']>,
    known: Table,
    session: SampleSession,
    chunkRows = ROWS_AT_A_TIME,
  ): AsyncIterable<Table> {
    const { encoding, shape } = this.description;
    const { rows } = known;
    const given = knownColumns(encoding.columns, known);
    const layout = layoutOf(encoding);
    const random = Random.seeded(session.seed);
    const atATime = Math.min(ROWS_AT_A_TIME, Math.max(1, rows));
    const parts = [session.engine, this.kept, layout, shape, atATime] as const;
    const varies = layout.units > 0 && rows > 0;
    const redrawer = varies ? await redrawerOf(...parts) : undefined;
    try {
      yield* inChunks({ rows, atATime, chunkRows }, session, async (start, count) => {
        const ofRows = random.derive('rows', start);
        const cells = given.map((column) => column && cellsBetween(column, start, start + count));
        const drawn = redrawer
          ? await completedRows(encoding, layout, cells, count, redrawer, ofRows.derive('drawn'))
          : nothing(count);
        return withKnownCells(decodeRows(encoding, layout, drawn, start, ofRows.derive('values')), cells);
      });
    } finally {
      redrawer?.dispose();
    }
  }

  async save(): Promise<Uint8Array> {
    const { format, encoding, shape } = this.description;
    return writeSafetensors(tensorsOf(this.kept as Tree<Stored>), {
      format,
      description: JSON.stringify({ encoding, shape }),
    });
  }
}
