import type { Random } from '../../compute/random.js';

/** A stretch of a history that is predicted item by item. */
export interface Window {
  /** Where its inputs are in the list of all events; the target of each is the event after it. */
  readonly from: number;
  readonly size: number;
}

/** Windows side by side in rows of the same number of places, so that few places are empty and shapes never change. */
export interface PackedRows {
  readonly rows: number;
  readonly places: number;
  /** All [rows, places]. Item 0 in empty places. */
  readonly item: Int32Array;
  /** Place within the window, from 0. */
  readonly place: Int32Array;
  /** Which window of the row; −1 in empty places. */
  readonly history: Int32Array;
  /** What comes next; 0 in empty places. */
  readonly target: Int32Array;
  /** 1 where there is something to predict. */
  readonly weight: Float32Array;
  /** Where each window's last place is, in the order in which windows were given. */
  readonly last: Int32Array;
}

/**
 * Places windows in rows, each in the first of the latest rows that has room, in random order. Windows must not be longer
 * than a row.
 */
export function packed(
  windows: readonly Window[],
  places: number,
  itemAt: (at: number) => number,
  random: Random,
): PackedRows {
  const open: { row: number; used: number; histories: number }[] = [];
  const put: { row: number; at: number; history: number }[] = [];
  let rows = 0;
  for (const index of random.permutation(windows.length)) {
    const { size } = windows[index]!;
    if (size > places) throw new RangeError(`a window of ${size} doesn't fit a row of ${places}`);
    let into = open.find(({ used }) => used + size <= places);
    if (!into) {
      into = { row: rows++, used: 0, histories: 0 };
      open.push(into);
      if (open.length > OPEN_ROWS) open.shift();
    }
    put[index] = { row: into.row, at: into.used, history: into.histories };
    into.used += size;
    into.histories++;
  }
  const cells = rows * places;
  const made = {
    item: new Int32Array(cells),
    place: new Int32Array(cells),
    history: new Int32Array(cells).fill(-1),
    target: new Int32Array(cells),
    weight: new Float32Array(cells),
    last: new Int32Array(windows.length),
  };
  windows.forEach(({ from, size }, index) => {
    const { row, at, history } = put[index]!;
    for (let step = 0; step < size; step++) {
      const cell = row * places + at + step;
      made.item[cell] = itemAt(from + step);
      made.place[cell] = step;
      made.history[cell] = history;
      made.target[cell] = itemAt(from + step + 1);
      made.weight[cell] = 1;
    }
    made.last[index] = row * places + at + size - 1;
  });
  return { rows, places, ...made };
}

/** Rows that may still take a window: more waste fewer places, and take longer to look through. */
const OPEN_ROWS = 64;

/** Places of a row for windows of at most so many items. */
export function placesOf(length: number): number {
  return Math.max(LEAST_PLACES, length);
}

/** Enough to have many short histories side by side; more makes attention dearer. */
const LEAST_PLACES = 64;

/** Some of the rows, as a step's inputs. */
export function rowsOf(
  rows: PackedRows,
  chosen: Uint32Array,
): Pick<PackedRows, 'item' | 'place' | 'history' | 'target' | 'weight'> {
  const { places } = rows;
  const taken = <Values extends Int32Array | Float32Array>(values: Values, into: Values): Values => {
    chosen.forEach((row, index) =>
      into.set(values.subarray(row * places, (row + 1) * places), index * places),
    );
    return into;
  };
  const cells = chosen.length * places;
  return {
    item: taken(rows.item, new Int32Array(cells)),
    place: taken(rows.place, new Int32Array(cells)),
    history: taken(rows.history, new Int32Array(cells)),
    target: taken(rows.target, new Int32Array(cells)),
    weight: taken(rows.weight, new Float32Array(cells)),
  };
}
