import type { ValuesOf } from '../../compute/tensors.js';
import type { EventLog } from '../../events/event-log.js';
import { History, ownCounts, type Counts } from './history.js';
import type { EncodedLog, LogEncoding } from './log-encoding.js';
import { COUNTED, PLACE_FEATURES, type Shape } from './network.js';

/** Logs cut into windows of at most `shape.window` events, with all that training needs of each event. */
export interface Windows {
  readonly count: number;
  /** First event of each, how many there are, and whose they are. */
  readonly from: Uint32Array;
  readonly size: Uint32Array;
  readonly user: Uint32Array;
  /** Whether the first event is its user's first. */
  readonly begins: Uint8Array;
  readonly place: Float32Array;
  readonly counted: Float32Array;
  readonly offered: Float32Array;
}

export const calendarOf = ({ columns, roles, span }: LogEncoding) => ({
  span,
  dates: columns[roles.time]!.kind === 'DATETIME',
});

/** `learnt` says which users' events are in the counts, and are taken out while those users are predicted. */
export function windowsOf(
  encoding: LogEncoding,
  log: EventLog,
  counts: Counts,
  learnt: Uint8Array,
  window: number,
): Windows {
  const events = log.rows.length;
  const place = new Float32Array(events * PLACE_FEATURES);
  const counted = new Float32Array(events * COUNTED);
  const offered = new Float32Array(events * COUNTED);
  const [from, size, owner, begins]: [number[], number[], number[], number[]] = [[], [], [], []];
  const calendar = calendarOf(encoding);
  for (let user = 0; user < log.users; user++) {
    const [start, end] = [log.starts[user]!, log.starts[user + 1]!];
    const own = learnt[user] ? ownCounts(log.item, start, end, encoding.items.length) : undefined;
    const history = new History(counts, calendar, own);
    for (let at = start; at < end; at++) {
      history.writeFeatures(place, at * PLACE_FEATURES, log.time[Math.max(start, at - 1)]!, end - start);
      history.writeOffered(offered, at * COUNTED);
      history.writeLikelihoods(counted, at * COUNTED, log.item[at]!);
      history.add(log.item[at]!, log.opens[at] === 1);
    }
    for (let first = start; first < end; first += window) {
      from.push(first);
      size.push(Math.min(window, end - first));
      owner.push(user);
      begins.push(first === start ? 1 : 0);
    }
  }
  return {
    count: from.length,
    from: Uint32Array.from(from),
    size: Uint32Array.from(size),
    user: Uint32Array.from(owner),
    begins: Uint8Array.from(begins),
    place,
    counted,
    offered,
  };
}

/** Inputs of a program over `batch` windows. */
export function inputSpecs({ window, fields, users }: Shape, batch: number) {
  const codes = { shape: [batch, window] as const, dtype: 'int32' } as const;
  const numbers = (width: number) => ({ shape: [batch, window, width] as const, dtype: 'float32' }) as const;
  return {
    item: codes,
    fields: fields.map(() => codes),
    users: users.map(() => ({ shape: [batch, 1] as const, dtype: 'int32' }) as const),
    place: numbers(PLACE_FEATURES),
    nextItem: codes,
    nextFields: fields.map(() => codes),
    counted: numbers(COUNTED),
    offered: numbers(COUNTED),
    present: { shape: [batch, window] as const, dtype: 'float32' } as const,
  };
}

/** Inputs for these windows, of which there may be fewer than `batch`. */
export function inputsOf(
  shape: Shape,
  encoded: EncodedLog,
  windows: Windows,
  chosen: Uint32Array,
  batch: number,
): ValuesOf<ReturnType<typeof inputSpecs>> {
  const { window } = shape;
  const codes = (): Int32Array => new Int32Array(batch * window);
  const item = codes();
  const nextItem = codes();
  const fields = shape.fields.map(codes);
  const nextFields = shape.fields.map(codes);
  const users = shape.users.map(() => new Int32Array(batch));
  const place = new Float32Array(batch * window * PLACE_FEATURES);
  const counted = new Float32Array(batch * window * COUNTED);
  const offered = new Float32Array(batch * window * COUNTED);
  const present = new Float32Array(batch * window);
  chosen.forEach((index, row) => {
    const first = windows.from[index]!;
    const owner = windows.user[index]!;
    users.forEach((of, field) => {
      of[row] = encoded.users[field]![owner]!;
    });
    for (let step = 0; step < windows.size[index]!; step++) {
      const at = first + step;
      const to = row * window + step;
      const begins = step === 0 && windows.begins[index] === 1;
      item[to] = begins ? shape.items : encoded.item[at - 1]!;
      nextItem[to] = encoded.item[at]!;
      encoded.fields.forEach((of, field) => {
        fields[field]![to] = begins ? 0 : of[at - 1]!;
        nextFields[field]![to] = of[at]!;
      });
      present[to] = 1;
    }
    const last = first + windows.size[index]!;
    place.set(
      windows.place.subarray(first * PLACE_FEATURES, last * PLACE_FEATURES),
      row * window * PLACE_FEATURES,
    );
    counted.set(windows.counted.subarray(first * COUNTED, last * COUNTED), row * window * COUNTED);
    offered.set(windows.offered.subarray(first * COUNTED, last * COUNTED), row * window * COUNTED);
  });
  return { item, nextItem, fields, nextFields, users, place, counted, offered, present };
}
