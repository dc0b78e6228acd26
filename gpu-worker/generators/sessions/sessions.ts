import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { GENERATOR_OPTIONS } from '../../../schema/messages/generator-options/catalogue.js';
import { SessionsConfig } from '../../../schema/messages/generator-options/sessions.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../compute/safetensors.js';
import { zerosLike, type StoredOf } from '../../compute/tensors.js';
import { eventLogOf, type EventLog } from '../../events/event-log.js';
import { rolesOf } from '../../events/roles.js';
import { UserFailure } from '../../failure.js';
import { rowsBetween } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { ROWS_AT_A_TIME } from '../chunks.js';
import type { Finding, FittedGenerator, Generator, SampleSession } from '../generator.js';
import { requireRows } from '../requirements.js';
import { filled, tensorsOf } from '../training/checkpoint.js';
import { splitRows, trainEpochs } from '../training/epochs.js';
import { originOf } from '../training/origin.js';
import { decodeLogs, type Serials } from './decoding.js';
import type { Counts } from './history.js';
import { itemVectors } from './item-vectors.js';
import { encodeLog, fieldsOf, fitLogEncoding, LogEncoding, userFieldSizes } from './log-encoding.js';
import { COUNTED, firstParameters, Shape, type Parameters } from './network.js';
import { LogSampler, type MadeLog } from './sampling.js';
import { openTrainer, type FitState } from './steps.js';
import { tasteVectors, type TasteVectors } from './taste.js';
import { countTransitions, REACH } from '../../events/transitions.js';
import { windowsOf, type Windows } from './windows.js';

const FEWEST_ROWS = 10;
const FEWEST_USERS = 2;
/** Items among which a softmax can choose on a CPU. */
const MOST_ITEMS = 50_000;
const DEFAULT_STEPS = 1200;
const DEFAULT_EPOCHS = { least: 2, most: 40 };
/** Windows of held-out users beyond this many would make validations long and hardly better. */
const MOST_HELD = 400;
/** Vectors begin with about this length, so that softmaxes over them begin soft. */
const VECTOR_LENGTH = 1;

/** What a model is, besides its tensors. */
const Description = z.strictObject({
  encoding: LogEncoding,
  shape: Shape,
  memory: z.number(),
  /** Models of before it was have no tastes. */
  coherence: z.number().default(0),
});
type Description = z.infer<typeof Description>;

const NAME = 'sessions';
const FORMAT = `synthcart ${NAME} model 1`;

/** See README.md beside this file. */
export const sessions: Generator<SessionsConfig> = {
  name: NAME,
  summary: GENERATOR_OPTIONS[NAME].summary,
  config: SessionsConfig,

  async fit(table, config, session) {
    requireRows(table, FEWEST_ROWS, NAME);
    const roles = rolesOf(
      table.columns.map(({ schema }) => schema),
      config,
    );
    const log = eventLogOf(table, roles);
    requireLearnable(log);
    session.signal.throwIfAborted();
    const random = Random.seeded(session.seed);
    const encoding = fitLogEncoding(table, log, roles, config);
    const encoded = encodeLog(encoding, table, log);
    const shape = shapeOf(encoding, log, config);
    const split = splitRows(log.users, config.validationShare, log.users, random.derive('split'));
    const learnt = new Uint8Array(log.users);
    for (const user of split.training) learnt[user] = 1;
    const counts = countsOf(log, split.training, encoding.items.length);
    const windows = windowsOf(encoding, log, counts, learnt, shape.window);
    const all = Uint32Array.from({ length: windows.count }, (_, index) => index);
    const training = all.filter((index) => learnt[windows.user[index]!] === 1);
    const held = all.filter((index) => learnt[windows.user[index]!] === 0).subarray(0, MOST_HELD);
    const batchSize = Math.min(config.batchSize, training.length);
    const batches = Math.max(1, Math.floor(training.length / batchSize));
    const first = (): StoredOf<Parameters> =>
      firstParameters(shape, random.derive('initial'), {
        vectors: scaledVectors(itemVectors(counts.wide, shape.width, random.derive('vectors')), shape.width),
        logFrequencies: logFrequenciesOf(counts.popularity, shape.items),
      });
    const parameters = first();
    const average = await trainEpochs<FitState, Parameters>({
      generator: NAME,
      session,
      random,
      origin: originOf(
        session.seed,
        config,
        encoding,
        Uint16Array.from(encoded.item, (item) => item % 65_536),
        ...encoded.fields,
      ),
      rows: training,
      batchSize,
      epochs:
        config.epochs ??
        Math.min(DEFAULT_EPOCHS.most, Math.max(DEFAULT_EPOCHS.least, Math.round(DEFAULT_STEPS / batches))),
      patience: config.patience,
      learningRate: config.learningRate,
      first: {
        adam: { parameters, means: zerosLike(parameters), squares: zerosLike(parameters) },
        average: parameters,
      },
      kept: (state) => state.average,
      open: (engine, state) =>
        openTrainer(engine, state, {
          ...{ config, shape, encoded, windows, batchSize, held },
          beside: countedLosses(windows, held),
        }),
    });
    // The weights have never seen the held-out users; the counts that are sampled from may.
    const everyone = countsOf(log, Uint32Array.from(learnt.keys()), encoding.items.length);
    const { memory, coherence } = config;
    return new SessionsModel(
      { encoding, shape, memory, coherence },
      average,
      everyone,
      tasteVectors(log, encoding.items.length, random.derive('tastes')),
    );
  },

  async load(file) {
    const { tensors, metadata } = readSafetensors(file);
    if (metadata['format'] !== FORMAT) {
      throw new RangeError(`a model of the format "${metadata['format']}" isn't "${FORMAT}"`);
    }
    const description = Description.parse(JSON.parse(metadata['description'] ?? 'null'));
    const form = firstParameters(description.shape, Random.seeded(0));
    return new SessionsModel(
      description,
      filled(form, tensors) as StoredOf<Parameters>,
      countsFrom(tensors, description.encoding.items.length),
      tastesFrom(tensors),
    );
  },
};

class SessionsModel implements FittedGenerator {
  constructor(
    private readonly description: Description,
    private readonly parameters: StoredOf<Parameters>,
    private readonly counts: Counts,
    private readonly tastes: TasteVectors,
  ) {}

  get columns(): readonly ColumnSchema[] {
    return this.description.encoding.columns;
  }

  async *sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    if (!(Number.isInteger(chunkRows) && chunkRows > 0)) throw new RangeError(`chunks of ${chunkRows} rows`);
    const { description, parameters, counts, tastes } = this;
    const random = Random.seeded(session.seed);
    const model = { ...description, parameters, counts, tastes };
    const sampler = await LogSampler.compile(session.engine, model, rows, random.derive('logs'));
    let done = 0;
    let given: Serials = { users: 0, sessions: 0 };
    let logs: MadeLog[] = [];
    let waiting = 0;
    const decoded = (): Table => {
      const made = decodeLogs(description.encoding, logs, given, random.derive('decoding', given.users));
      given = made.given;
      logs = [];
      waiting = 0;
      return rowsBetween(made.table, 0, Math.min(made.table.rows, rows - done));
    };
    function* cut(table: Table): Iterable<Table> {
      for (let from = 0; from < table.rows; from += chunkRows)
        yield rowsBetween(table, from, Math.min(from + chunkRows, table.rows));
      done += table.rows;
      session.progress(done / rows);
    }
    try {
      for await (const log of sampler.logs(rows, session.signal)) {
        logs.push(log);
        waiting += log.items.length;
        if (waiting >= ROWS_AT_A_TIME) yield* cut(decoded());
        if (done >= rows) return;
      }
      if (logs.length > 0) yield* cut(decoded());
    } finally {
      sampler.dispose();
    }
  }

  findings(): readonly Finding[] {
    const { encoding } = this.description;
    const name = (column: number): string => `"${encoding.columns[column]!.name}"`;
    const { roles } = encoding;
    const listed = (of: readonly { readonly column: number }[]): string =>
      of.map(({ column }) => name(column)).join(', ') || 'none';
    return [
      {
        subject: 'Roles',
        text:
          `${name(roles.user)} says who, ${name(roles.time)} when, ${name(roles.item)} on which item` +
          (roles.type === undefined ? '' : `, ${name(roles.type)} what`) +
          (roles.session === undefined ? '.' : `, ${name(roles.session)} in which session.`),
      },
      {
        subject: 'Attributes',
        text:
          `Of the user: ${listed(encoding.userAttributes)}. Of the item: ${listed(encoding.itemAttributes)}. ` +
          `Of the event: ${listed(encoding.eventAttributes)}.`,
      },
    ];
  }

  async save(): Promise<Uint8Array> {
    const tensors = new Map<string, StoredTensor>(tensorsOf(this.parameters));
    for (const [name, values] of tensorsOfCounts(this.counts))
      tensors.set(name, { shape: [values.length], values });
    const { width, vectors } = this.tastes;
    tensors.set('tastes', { shape: [vectors.length / width, width], values: vectors });
    return writeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(this.description) });
  }
}

function requireLearnable(log: EventLog): void {
  if (log.users < FEWEST_USERS) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `The log has ${log.users} user; the generator "${NAME}" needs at least ${FEWEST_USERS} to learn from. Check the option user.`,
    );
  }
  if (log.items.length === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      'No event of the log has an item. Name another column with the option item.',
    );
  }
  if (log.items.length > MOST_ITEMS) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `The log has ${log.items.length.toLocaleString('en')} items; the generator "${NAME}" can choose among ` +
        `${MOST_ITEMS.toLocaleString('en')}. Leave rare ones out, or name a coarser column with the option item.`,
      { field: 'options.item' },
    );
  }
}

function shapeOf(encoding: LogEncoding, log: EventLog, { width, layers, window }: SessionsConfig): Shape {
  const { sizes, before } = fieldsOf(encoding);
  const lengths = Array.from({ length: log.users }, (_, user) => log.starts[user + 1]! - log.starts[user]!);
  const long = lengths.sort((a, b) => a - b)[Math.floor(0.75 * log.users)]!;
  return {
    width,
    layers,
    window: window ?? Math.min(32, Math.max(8, long)),
    items: encoding.items.length + 1,
    fields: [...sizes],
    before,
    users: userFieldSizes(encoding),
  };
}

function countsOf(log: EventLog, users: Uint32Array, items: number): Counts {
  const popularity = new Float64Array(items);
  for (const user of users)
    for (let at = log.starts[user]!; at < log.starts[user + 1]!; at++)
      if (log.item[at]! >= 0) popularity[log.item[at]!]!++;
  return {
    near: countTransitions(log, users, items, 1),
    wide: countTransitions(log, users, items, REACH),
    popularity,
  };
}

/** Mean vector length 1. */
function scaledVectors(vectors: Float32Array, width: number): Float32Array {
  const items = vectors.length / width;
  const length = Math.sqrt(vectors.reduce((sum, value) => sum + value * value, 0) / Math.max(1, items));
  return length > 0 ? vectors.map((value) => (VECTOR_LENGTH * value) / length) : vectors;
}

function logFrequenciesOf(popularity: Float64Array, items: number): Float32Array {
  const total = popularity.reduce((sum, count) => sum + count, 0);
  return Float32Array.from({ length: items }, (_, item) =>
    Math.log(((popularity[item] ?? 0) + 0.5) / (total + 0.5 * items)),
  );
}

/** Mean negative log likelihood of held-out items by popularity, and by transitions with popularity behind them. */
function countedLosses({ from, size, counted, offered }: Windows, held: Uint32Array): Record<string, number> {
  let [popular, near, events] = [0, 0, 0];
  for (const window of held) {
    for (let at = from[window]!; at < from[window]! + size[window]!; at++) {
      const popularity = Math.max(1e-7, counted[at * COUNTED + 3]!);
      const weight = offered[at * COUNTED] ? 0.5 : 0;
      popular -= Math.log(popularity);
      near -= Math.log(weight * counted[at * COUNTED]! + (1 - weight) * popularity);
      events++;
    }
  }
  return {
    'validation/item_loss_of_popularity': popular / events,
    'validation/item_loss_of_transitions': near / events,
  };
}

function tensorsOfCounts({ near, wide, popularity }: Counts): [string, Float32Array | Int32Array][] {
  const parts = Object.entries({ near, wide }).flatMap(
    ([name, { starts, followers, weights }]): [string, Float32Array | Int32Array][] => [
      [`counts/${name}/starts`, Int32Array.from(starts)],
      [`counts/${name}/followers`, followers],
      [`counts/${name}/weights`, weights],
    ],
  );
  return [...parts, ['counts/popularity', Float32Array.from(popularity)]];
}

function tastesFrom(tensors: ReadonlyMap<string, StoredTensor>): TasteVectors {
  const { shape, values } = tensors.get('tastes') ?? { shape: [0, 0], values: [] };
  return { width: shape[1] ?? 0, vectors: Float32Array.from(values) };
}

function countsFrom(tensors: ReadonlyMap<string, StoredTensor>, items: number): Counts {
  const valuesOf = (name: string) => {
    const tensor = tensors.get(`counts/${name}`);
    if (!tensor) throw new RangeError(`the model has no tensor "counts/${name}"`);
    return tensor.values;
  };
  const transitions = (name: string) => {
    const starts = Uint32Array.from(valuesOf(`${name}/starts`));
    const weights = Float32Array.from(valuesOf(`${name}/weights`));
    const totals = Float64Array.from({ length: items }, (_, item) =>
      weights.subarray(starts[item], starts[item + 1]).reduce((sum, weight) => sum + weight, 0),
    );
    return { items, starts, followers: Int32Array.from(valuesOf(`${name}/followers`)), weights, totals };
  };
  return {
    near: transitions('near'),
    wide: transitions('wide'),
    popularity: Float64Array.from(valuesOf('popularity')),
  };
}
