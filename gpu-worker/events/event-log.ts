import { UserFailure } from '../failure.js';
import { columnOf, isNumeric, type Column, type Table } from '../tables/table.js';
import type { EventRoles } from './roles.js';

/** A column as codes of its distinct values; a missing cell has code −1. */
export interface Coded {
  readonly codes: Int32Array;
  /** In order of first appearance for numbers; as the table has them otherwise. */
  readonly values: readonly (string | number)[];
}

/** Events grouped by user, each user's in order of time; events of equal time keep the table's order. */
export interface EventLog {
  readonly users: number;
  /** Where each user's events begin, and the end of the last: users + 1. */
  readonly starts: Uint32Array;
  /** The table's row of each event. */
  readonly rows: Uint32Array;
  /** All per event: codes of `items` (−1: none). */
  readonly item: Int32Array;
  readonly items: readonly (string | number)[];
  /** Codes of `types`; all 0 where the log has no types. */
  readonly type: Int32Array;
  readonly types: readonly (string | number)[];
  /** In units of the time column: milliseconds since 1970 for DATETIME. */
  readonly time: Float64Array;
  /** 1 where the session isn't that of the user's event before; also at a user's first event. */
  readonly opens: Uint8Array;
  /** Rows of the table without a user or a time, which are in no log. */
  readonly dropped: number;
}

/** Throws UserFailure INSUFFICIENT_DATA where no row has both a user and a time. */
export function eventLogOf(table: Table, roles: EventRoles): EventLog {
  const user = coded(columnOf(table, roles.user));
  const times = columnOf(table, roles.time);
  if (!isNumeric(times)) throw new RangeError(`the time column "${roles.time}" isn't numeric`);
  const present = (row: number): boolean => user.codes[row]! >= 0 && !Number.isNaN(times.values[row]!);
  const kept = Uint32Array.from({ length: table.rows }, (_, row) => row).filter(present);
  if (kept.length === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `No row has both a user ("${roles.user}") and a time ("${roles.time}"). Name other columns, or mend the file.`,
    );
  }
  const rows = kept.sort(
    (a, b) => user.codes[a]! - user.codes[b]! || times.values[a]! - times.values[b]! || a - b,
  );
  const starts: number[] = [];
  rows.forEach((row, at) => {
    if (at === 0 || user.codes[rows[at - 1]!] !== user.codes[row]) starts.push(at);
  });
  const first = new Set(starts);
  const item = coded(columnOf(table, roles.item));
  const type = roles.type === undefined ? undefined : coded(columnOf(table, roles.type));
  const session = roles.session === undefined ? undefined : coded(columnOf(table, roles.session));
  return {
    users: starts.length,
    starts: Uint32Array.from([...starts, rows.length]),
    rows,
    item: Int32Array.from(rows, (row) => item.codes[row]!),
    items: item.values,
    type: Int32Array.from(rows, (row) => type?.codes[row] ?? 0),
    types: type?.values ?? ['event'],
    time: Float64Array.from(rows, (row) => times.values[row]!),
    opens: Uint8Array.from(rows, (row, at) =>
      first.has(at) || (session && session.codes[row] !== session.codes[rows[at - 1]!]) ? 1 : 0,
    ),
    dropped: table.rows - rows.length,
  };
}

/** A column as codes of its distinct values. */
export function coded(column: Column): Coded {
  if (!isNumeric(column)) return { codes: column.codes, values: column.categories };
  const codeOf = new Map<number, number>();
  const codes = Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    const code = codeOf.get(value) ?? codeOf.size;
    codeOf.set(value, code);
    return code;
  });
  return { codes, values: [...codeOf.keys()] };
}
