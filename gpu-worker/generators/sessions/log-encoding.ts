import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import type { SessionsConfig } from '../../../schema/messages/generator-options/sessions.js';
import { coded, type Coded, type EventLog } from '../../events/event-log.js';
import type { EventRoles } from '../../events/roles.js';
import { cellsAt } from '../../tables/rows.js';
import type { Column, Table } from '../../tables/table.js';
import { binCount, ColumnBins, encodeColumn, fitColumnBins } from '../discretisation/column-bins.js';
import { FreshIds, fitFreshIds } from '../discretisation/fresh-ids.js';
import { attributeOfItem, explains, ItemAttribute } from './attributes.js';

const Value = z.union([z.string(), z.number()]);
const Attribute = z.strictObject({ column: z.int(), bins: ColumnBins });

/** How an event log becomes codes, and codes become a log again. Plain data: it is stored as JSON with a model. */
export const LogEncoding = z.strictObject({
  columns: z.array(ColumnSchema),
  /** Positions of the columns that play the roles. */
  roles: z.strictObject({
    user: z.int(),
    time: z.int(),
    item: z.int(),
    type: z.int().optional(),
    session: z.int().optional(),
  }),
  users: FreshIds,
  sessions: FreshIds.optional(),
  /** The catalogue; the code after the last stands for no item. */
  items: z.array(Value),
  /** Of a user's first event, and of the time from an event to the next. */
  start: ColumnBins,
  gap: ColumnBins,
  /** Events of a user. */
  length: ColumnBins,
  type: Attribute.optional(),
  eventAttributes: z.array(Attribute),
  userAttributes: z.array(Attribute),
  itemAttributes: z.array(ItemAttribute),
  /** Which codes users have together, and how many users: start, length, attributes. */
  userCodes: z.array(z.array(z.int())),
  userCounts: z.array(z.int()),
  /** First and last time of the log. */
  span: z.tuple([z.number(), z.number()]),
  /** Where users come back to items that they have met. */
  repeats: z.enum(['nowhere', 'other sessions', 'anywhere']),
});
export type LogEncoding = z.infer<typeof LogEncoding>;

/** Share of events whose value a user or an item must explain for a column to be its attribute. */
const EXPLAINED_BY_USER = 0.99;
const EXPLAINED_BY_ITEM = 0.5;
/** Below these shares of events with an item that was met before (in the session), no synthetic user meets one twice. */
const HARDLY_ANY_REPEATS = 0.01;
const HARDLY_ANY_IN_SESSION = 0.05;
const INTEGER = { name: 'events', kind: 'INTEGER', nullable: false, unique: false } as const;

export function fitLogEncoding(
  table: Table,
  log: EventLog,
  roles: EventRoles,
  { bins, minimumSupport: support }: SessionsConfig,
): LogEncoding {
  const at = (name: string): number => table.columns.findIndex(({ schema }) => schema.name === name);
  const ordered = table.columns.map((column) => inOrderOf(log, column));
  const userOf = new Int32Array(log.rows.length);
  for (let user = 0; user < log.users; user++) userOf.fill(user, log.starts[user], log.starts[user + 1]);
  const played = new Set(Object.values(roles).map((name) => at(name as string)));
  const userAttributes: z.infer<typeof Attribute>[] = [];
  const eventAttributes: z.infer<typeof Attribute>[] = [];
  const itemAttributes: ItemAttribute[] = [];
  const firsts = Uint32Array.from({ length: log.users }, (_, user) => log.starts[user]!);
  for (const [column, values] of ordered.entries()) {
    if (played.has(column)) continue;
    const codes = coded(values);
    if (log.users < log.rows.length && explains(userOf, log.users, codes) >= EXPLAINED_BY_USER) {
      userAttributes.push({ column, bins: fitColumnBins(cellsAt(values, firsts), { bins, support }) });
    } else if (
      values.schema.kind !== 'ID' &&
      explains(log.item, log.items.length, codes) >= EXPLAINED_BY_ITEM
    ) {
      itemAttributes.push(attributeOfItem(column, log.item, log.items.length, userOf, codes, support));
    } else eventAttributes.push({ column, bins: fitColumnBins(values, { bins, support }) });
  }
  const time = ordered[at(roles.time)]!;
  const start = fitColumnBins(cellsAt(time, firsts), { bins, support });
  const lengths: Column = {
    schema: INTEGER,
    values: Float64Array.from(firsts, (first, user) => log.starts[user + 1]! - first),
  };
  const length = fitColumnBins(lengths, { bins, support });
  const codesOfUsers = [
    encodeColumn(start, cellsAt(time, firsts)),
    encodeColumn(length, lengths),
    ...userAttributes.map(({ column, bins: of }) => encodeColumn(of, cellsAt(ordered[column]!, firsts))),
  ];
  const tuples = new Map<string, { codes: number[]; count: number }>();
  for (let user = 0; user < log.users; user++) {
    const codes = codesOfUsers.map((of) => of[user]!);
    const tuple = tuples.get(codes.join()) ?? { codes, count: 0 };
    tuple.count++;
    tuples.set(codes.join(), tuple);
  }
  const type = roles.type === undefined ? undefined : at(roles.type);
  const session = roles.session === undefined ? undefined : at(roles.session);
  return {
    columns: table.columns.map(({ schema }) => schema),
    roles: {
      user: at(roles.user),
      time: at(roles.time),
      item: at(roles.item),
      ...(type !== undefined && { type }),
      ...(session !== undefined && { session }),
    },
    users: fitIds(ordered[at(roles.user)]!),
    ...(session !== undefined && { sessions: fitIds(ordered[session]!) }),
    items: [...log.items],
    start,
    gap: fitColumnBins(gapsOf(log), { bins, support }),
    length,
    ...(type !== undefined && {
      type: { column: type, bins: fitColumnBins(ordered[type]!, { bins, support: 1 }) },
    }),
    eventAttributes,
    userAttributes,
    itemAttributes,
    userCodes: [...tuples.values()].map(({ codes }) => codes),
    userCounts: [...tuples.values()].map(({ count }) => count),
    span: table.columns[at(roles.time)]!.schema.bounds ?? [
      Math.min(...minMax(log.time)),
      Math.max(...minMax(log.time)),
    ],
    repeats: repeatsOf(log),
  };
}

/** Codes of an event's fields in the order in which they are chosen, `before` of them before the item. */
export function fieldsOf(encoding: LogEncoding): {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  readonly before: number;
} {
  const nameOf = (column: number): string => encoding.columns[column]!.name;
  const first = [
    { name: 'opens', size: 2 },
    { name: 'gap', size: binCount(encoding.gap) },
    ...(encoding.type ? [{ name: nameOf(encoding.type.column), size: binCount(encoding.type.bins) }] : []),
  ];
  const then = encoding.eventAttributes.map(({ column, bins }) => ({
    name: nameOf(column),
    size: binCount(bins),
  }));
  const all = [...first, ...then];
  return { names: all.map(({ name }) => name), sizes: all.map(({ size }) => size), before: first.length };
}

export function userFieldSizes(encoding: LogEncoding): number[] {
  return [encoding.start, encoding.length, ...encoding.userAttributes.map(({ bins }) => bins)].map(binCount);
}

export interface EncodedLog {
  /** Codes of each field, in the order of `fieldsOf`, one an event. */
  readonly fields: readonly Uint16Array[];
  /** Codes of each user field, one a user. */
  readonly users: readonly Uint16Array[];
  /** Item of each event; `items.length` for none. */
  readonly item: Uint32Array;
}

export function encodeLog(encoding: LogEncoding, table: Table, log: EventLog): EncodedLog {
  const ordered = (column: number): Column => inOrderOf(log, table.columns[column]!);
  const firsts = log.starts.slice(0, log.users);
  const { type } = encoding;
  return {
    fields: [
      Uint16Array.from(log.opens),
      encodeColumn(encoding.gap, gapsOf(log)),
      ...(type ? [encodeColumn(type.bins, ordered(type.column))] : []),
      ...encoding.eventAttributes.map(({ column, bins }) => encodeColumn(bins, ordered(column))),
    ],
    users: [
      encodeColumn(encoding.start, cellsAt(ordered(encoding.roles.time), firsts)),
      encodeColumn(encoding.length, {
        schema: INTEGER,
        values: Float64Array.from(firsts, (first, user) => log.starts[user + 1]! - first),
      }),
      ...encoding.userAttributes.map(({ column, bins }) =>
        encodeColumn(bins, cellsAt(ordered(column), firsts)),
      ),
    ],
    item: Uint32Array.from(log.item, (code) => (code < 0 ? encoding.items.length : code)),
  };
}

/** What gaps are decoded as: whole units of the time column. */
export const GAP: ColumnSchema = { name: 'gap', kind: 'REAL', nullable: false, unique: false };

/** Time since the user's event before; 0 at a first event. */
function gapsOf({ time, starts, users }: EventLog): Column {
  const values = time.map((value, at) => (at === 0 ? 0 : value - time[at - 1]!));
  for (let user = 0; user < users; user++) values[starts[user]!] = 0;
  return { schema: GAP, values };
}

function repeatsOf({ item, opens, starts, users }: EventLog): LogEncoding['repeats'] {
  let [repeated, inSession] = [0, 0];
  for (let user = 0; user < users; user++) {
    const met = new Set<number>();
    const metInSession = new Set<number>();
    for (let at = starts[user]!; at < starts[user + 1]!; at++) {
      if (opens[at]) metInSession.clear();
      if (met.has(item[at]!)) repeated++;
      if (metInSession.has(item[at]!)) inSession++;
      met.add(item[at]!);
      metInSession.add(item[at]!);
    }
  }
  if (repeated < HARDLY_ANY_REPEATS * item.length) return 'nowhere';
  return inSession < HARDLY_ANY_IN_SESSION * item.length ? 'other sessions' : 'anywhere';
}

function fitIds(column: Column): FreshIds {
  const { codes, values }: Coded = coded(column);
  return fitFreshIds(
    codes,
    values.map((value) => (typeof value === 'number' ? String(Math.abs(Math.trunc(value))) : value)),
  );
}

function minMax(values: Float64Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

const inOrderOf = (log: EventLog, column: Column): Column => cellsAt(column, log.rows);
