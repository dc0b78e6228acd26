import type { Engine } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { StoredOf } from '../../compute/tensors.js';
import { isNumeric } from '../../tables/table.js';
import { decodeColumn, encodeColumn } from '../discretisation/column-bins.js';
import { gridOf } from '../discretisation/grid.js';
import { Dealer } from './dealer.js';
import { History, type Counts } from './history.js';
import { GAP, userFieldSizes, type LogEncoding } from './log-encoding.js';
import { COUNTED, PLACE_FEATURES, type Parameters, type Shape } from './network.js';
import { compileSteps, ITEM_ROWS, type StepPrograms } from './step-programs.js';
import { Tastes, type Taste, type TasteVectors } from './taste.js';
import { calendarOf } from './windows.js';

/** One user's events as codes; times as numbers of the time column. */
export interface MadeLog {
  /** Codes of the user's fields: start, length, attributes. */
  readonly user: readonly number[];
  readonly length: number;
  readonly times: number[];
  /** Codes of items; `items.length` for none. */
  readonly items: number[];
  /** Codes of fields, one array an event. */
  readonly fields: number[][];
}

interface Slot extends MadeLog {
  readonly history: History;
  readonly taste: Taste;
}

/** Logs made at a time; each step's cost is mostly a call's. */
const MOST_SLOTS = 256;
/** Draws that may be refused because the user has met the item. */
const TRIES = 20;

/** Makes logs one event at a time, many users at once. */
export class LogSampler {
  private readonly catalogue: Int32Array;

  private constructor(
    private readonly programs: StepPrograms,
    private readonly encoding: LogEncoding,
    private readonly shape: Shape,
    private readonly parameters: StoredOf<Parameters>,
    private readonly counts: Counts,
    private readonly tastes: Tastes,
    private readonly memory: number,
    private readonly slots: number,
    private readonly random: Random,
    private readonly dealer: Dealer,
  ) {
    this.catalogue = Int32Array.from(encoding.items.keys());
  }

  static async compile(
    engine: Engine,
    model: {
      readonly encoding: LogEncoding;
      readonly shape: Shape;
      readonly parameters: StoredOf<Parameters>;
      readonly counts: Counts;
      readonly tastes: TasteVectors;
      readonly memory: number;
      readonly coherence: number;
    },
    rows: number,
    random: Random,
  ): Promise<LogSampler> {
    const { encoding, shape, parameters, counts, memory } = model;
    const slots = Math.max(1, Math.min(MOST_SLOTS, rows));
    const programs = await compileSteps(engine, shape, parameters, slots);
    const tastes = new Tastes(model.tastes, model.coherence, shape.items);
    const dealer = new Dealer(counts.near, tastes, random.derive('dealer'));
    return new LogSampler(
      programs,
      encoding,
      shape,
      parameters,
      counts,
      tastes,
      memory,
      slots,
      random,
      dealer,
    );
  }

  /** Logs of users, in the order in which they were begun, until they have `rows` events together. */
  async *logs(rows: number, signal: AbortSignal): AsyncIterable<MadeLog> {
    const waiting: Slot[] = [];
    const slots: (Slot | undefined)[] = new Array<Slot | undefined>(this.slots).fill(undefined);
    let begun = 0;
    for (;;) {
      signal.throwIfAborted();
      for (let at = 0; at < this.slots; at++) {
        const slot = slots[at];
        if (slot && slot.items.length < slot.length) continue;
        slots[at] = undefined;
        if (begun >= rows) continue;
        const next = this.begin();
        begun += next.length;
        slots[at] = next;
        waiting.push(next);
      }
      while (waiting[0] && waiting[0].items.length >= waiting[0].length) yield waiting.shift()!;
      if (waiting.length === 0) return;
      await this.step(slots);
    }
  }

  dispose(): void {
    this.programs.dispose();
  }

  private begin(): Slot {
    const { encoding, random } = this;
    const user = encoding.userCodes[random.categorical(encoding.userCounts)]!;
    const drawn = (bins: typeof encoding.length, code: number, schema: typeof GAP): number => {
      const column = decodeColumn(bins, schema, Uint16Array.of(code), 0, random);
      return isNumeric(column) ? column.values[0]! : NaN;
    };
    const length = Math.max(1, drawn(encoding.length, user[1]!, { ...GAP, kind: 'INTEGER' }));
    const start = drawn(encoding.start, user[0]!, encoding.columns[encoding.roles.time]!);
    return {
      user,
      length,
      times: [Math.min(encoding.span[1], Math.max(encoding.span[0], start))],
      items: [],
      fields: [],
      history: new History(this.counts, calendarOf(encoding)),
      taste: this.tastes.begin(),
    };
  }

  private async step(slots: readonly (Slot | undefined)[]): Promise<void> {
    const { shape, encoding, random } = this;
    const { width } = shape;
    const x = (await this.programs.advance(this.known(slots))).slice();
    const codes = slots.map((): number[] => []);
    const choose = async (field: number): Promise<void> => {
      const size = shape.fields[field]!;
      const probabilities = await this.programs.field(field, x);
      slots.forEach((slot, at) => {
        if (!slot) return;
        const code =
          this.forced(slot, field) ?? random.categorical(probabilities.subarray(at * size, (at + 1) * size));
        codes[at]!.push(code);
        addTo(x, at * width, this.parameters.fieldsOut[field]!.values as Float32Array, code * width, width);
      });
    };
    for (let field = 0; field < shape.before; field++) await choose(field);
    const chosen = await this.items(
      slots,
      codes.map(([opens]) => opens === 1),
      x,
    );
    slots.forEach((slot, at) => {
      if (slot) this.addItem(x, at, chosen[at]!);
    });
    for (let field = shape.before; field < shape.fields.length; field++) await choose(field);
    const gaps = decodeColumn(
      encoding.gap,
      GAP,
      Uint16Array.from(codes, (of) => of[1] ?? 0),
      0,
      random,
    );
    const round = gridOf(encoding.columns[encoding.roles.time]!);
    slots.forEach((slot, at) => {
      if (!slot) return;
      slot.fields.push(codes[at]!);
      slot.items.push(chosen[at]!);
      const isItem = chosen[at] !== encoding.items.length;
      slot.history.add(isItem ? chosen[at]! : -1, codes[at]![0] === 1);
      if (isItem) slot.taste.add(chosen[at]!);
      if (slot.items.length === 1) return;
      const before = slot.times.at(-1)!;
      const gap = isNumeric(gaps) ? Math.max(0, gaps.values[at]!) : 0;
      const after = round(before + gap);
      // What would lie behind the log's end lies somewhere before it.
      const end = encoding.span[1];
      slot.times.push(
        after <= end
          ? Math.max(before, after)
          : Math.max(before, Math.min(end, round(before + random.uniform() * (end - before)))),
      );
    });
  }

  /** A log's first event opens a session, and has no event before it. */
  private forced({ items }: Slot, field: number): number | undefined {
    if (field === 0 && !this.encoding.sessions) return items.length === 0 ? 1 : 0;
    if (items.length > 0) return undefined;
    if (field === 0) return 1;
    return field === 1
      ? encodeColumn(this.encoding.gap, { schema: GAP, values: Float64Array.of(0) })[0]
      : undefined;
  }

  /** The item of each slot's event. */
  private async items(
    slots: readonly (Slot | undefined)[],
    opens: readonly boolean[],
    x: Float32Array,
  ): Promise<number[]> {
    const { width, items } = this.shape;
    const gates = await this.programs.gates(x);
    const refusals = slots.map((slot, at) => (slot ? this.refusal(slot, opens[at]!) : () => false));
    const chosen = slots.map((slot, at) => {
      const of = gates.subarray(at * (COUNTED + 1), (at + 1) * (COUNTED + 1));
      return slot ? this.countedItem(slot, of, refusals[at]!) : 0;
    });
    const left = [...chosen.keys()].filter((at) => chosen[at] === undefined);
    for (let from = 0; from < left.length; from += ITEM_ROWS) {
      const some = left.slice(from, from + ITEM_ROWS);
      const rows = new Float32Array(ITEM_ROWS * width);
      some.forEach((at, row) => rows.set(x.subarray(at * width, (at + 1) * width), row * width));
      const own = await this.programs.items(rows);
      some.forEach((at, row) => {
        const shares = own.subarray(row * items, (row + 1) * items);
        // The last code is that of no item, which no taste speaks for or against.
        chosen[at] =
          this.random.uniform() < shares[items - 1]!
            ? items - 1
            : this.ownItem(slots[at]!, shares, refusals[at]!);
      });
    }
    return chosen.map((item) => item ?? 0);
  }

  /** An item from the network's softmax. */
  private ownItem({ taste }: Slot, shares: Float32Array, refused: (item: number) => boolean): number {
    const item = this.tastes.draw(taste, this.catalogue, shares, refused, this.random);
    return item < 0 ? this.random.categorical(this.counts.popularity) : item;
  }

  /** Items that a user doesn't come back to. */
  private refusal({ history }: Slot, opens: boolean): (item: number) => boolean {
    switch (this.encoding.repeats) {
      case 'nowhere':
        return (item) => history.items.has(item);
      case 'other sessions':
        return (item) => !opens && history.sessionItems.has(item);
      case 'anywhere':
        return () => false;
    }
  }

  private untilKept<Item extends number | undefined>(
    draw: () => Item,
    refused: (item: number) => boolean,
  ): Item | number {
    for (let tries = 0; tries < TRIES; tries++) {
      const item = draw();
      if (item === undefined || (item >= 0 && !refused(item))) return item;
    }
    return this.random.categorical(this.counts.popularity);
  }

  /** An item from a counted component; undefined where the network's own softmax is to choose. */
  private countedItem(
    { history, taste }: Slot,
    gates: Float32Array,
    refused: (item: number) => boolean,
  ): number | undefined {
    const { random, counts, dealer, tastes } = this;
    const { wide } = counts;
    const offered = new Float32Array(COUNTED);
    history.writeOffered(offered, 0);
    if (this.encoding.repeats === 'nowhere') offered[2] = 0;
    const shares = this.shares(gates, offered);
    return this.untilKept(() => draw(random.categorical(shares)), refused);

    function draw(component: number): number | undefined {
      switch (component) {
        case 0:
          return undefined;
        case 1:
          return dealer.deal(history.last[0]!, taste, refused);
        case 2: {
          const distance = random.categorical(history.last.map((_, index) => 1 / (index + 1)));
          const [start, end] = [
            wide.starts[history.last[distance]!]!,
            wide.starts[history.last[distance]! + 1]!,
          ];
          const followers = wide.followers.subarray(start, end);
          const at = tastes.draw(taste, followers, wide.weights.subarray(start, end), refused, random);
          return at < 0 ? -1 : followers[at]!;
        }
        case 3: {
          const met = [...history.items];
          return met[random.categorical(met.map(([, count]) => count))]![0];
        }
        case 4:
          return random.categorical(counts.popularity);
        default:
          throw new RangeError(`component ${component}`);
      }
    }
  }

  /** What the event's further fields are chosen by, with its item. */
  private addItem(x: Float32Array, at: number, item: number): void {
    const { width } = this.shape;
    const { weights, bias } = this.parameters.itemOut;
    const vectors = this.parameters.items.values as Float32Array;
    addTo(x, at * width, bias.values as Float32Array, 0, width);
    for (let from = 0; from < width; from++) {
      const value = vectors[item * width + from]!;
      for (let to = 0; to < width; to++) x[at * width + to]! += value * weights.values[from * width + to]!;
    }
  }

  /** Shares of the components; repeats keep what the network gives them, and transitions have `memory` of the rest at least. */
  private shares(gates: Float32Array, offered: Float32Array): Float64Array {
    const most = Math.max(...gates);
    const shares = Float64Array.from(gates, (gate, component) =>
      component === 0 || offered[component - 1] ? Math.exp(gate - most) : 0,
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    const repeats = shares[3]! / total;
    const near = shares[1]! / total;
    const wanted = Math.max(near, this.memory * (1 - repeats));
    if (!offered[0] || 1 - repeats - near <= 0) return shares;
    const rest = (1 - repeats - wanted) / (1 - repeats - near);
    return shares.map((share, component) => {
      if (component === 1) return wanted;
      return component === 3 ? repeats : (rest * share) / total;
    });
  }

  private known(slots: readonly (Slot | undefined)[]) {
    const { shape } = this;
    const item = new Int32Array(this.slots).fill(shape.items);
    const fields = shape.fields.map(() => new Int32Array(this.slots));
    const users = userFieldSizes(this.encoding).map(() => new Int32Array(this.slots));
    const place = new Float32Array(this.slots * PLACE_FEATURES);
    const seen = new Float32Array(this.slots * shape.window);
    slots.forEach((slot, at) => {
      const places = Math.min(shape.window, (slot?.items.length ?? 0) + 1);
      seen.fill(1, (at + 1) * shape.window - places, (at + 1) * shape.window);
      if (!slot) return;
      users.forEach((of, field) => {
        of[at] = slot.user[field]!;
      });
      const before = slot.fields.at(-1);
      if (before) {
        item[at] = slot.items.at(-1)!;
        fields.forEach((of, field) => {
          of[at] = before[field]!;
        });
      }
      slot.history.writeFeatures(place, at * PLACE_FEATURES, slot.times.at(-1)!, slot.length);
    });
    return { item, fields, users, place, seen };
  }
}

function addTo(x: Float32Array, at: number, values: Float32Array, from: number, width: number): void {
  for (let index = 0; index < width; index++) x[at + index]! += values[from + index]!;
}
