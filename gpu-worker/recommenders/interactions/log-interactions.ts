import { coded, eventLogOf } from '../../events/event-log.js';
import type { EventRoles } from '../../events/roles.js';
import { UserFailure } from '../../failure.js';
import { columnOf, type Table } from '../../tables/table.js';
import { codeIn, type Interactions } from './interactions.js';

export interface LogOptions {
  /** Column that says on which platform, shop or channel; left out, no event has one. */
  readonly platform?: string | undefined;
  /** Types of events that count as an interaction; left out, all do. */
  readonly types?: readonly string[] | undefined;
  /**
   * Whether a user's events on one item in a row are one interaction, of the last one's type and time: who views, then buys
   * a thing has chosen it once, and to foretell it again is no art. True unless said otherwise.
   */
  readonly joinRepeats?: boolean | undefined;
}

/** Interactions of a log, and what was put right or left out, in events. */
export interface LogInteractions {
  readonly interactions: Interactions;
  /** Which interaction each row of the table is an event of [rows]; −1: of none. */
  readonly interactionOfRow: Int32Array;
  readonly notes: {
    /** Without a user or a time. */
    readonly incomplete: number;
    readonly withoutItem: number;
    /** Of types that don't count. */
    readonly otherTypes: number;
    /** The same user, item, type, platform and time as another event. */
    readonly duplicated: number;
    /** Joined with the event before, on the same item. */
    readonly joined: number;
    /** Standing behind a later event of their user; sorted by time. */
    readonly outOfOrder: number;
  };
}

/**
 * Histories of an event log (`../../events`). Each user's events are sorted by time; those of equal time keep the table's
 * order. A duplicated event counts once. Users without an event that counts are left out. Ids are the cells' texts.
 *
 * @throws UserFailure INSUFFICIENT_DATA where no event is left, INVALID_CONFIG naming a type or a platform column that the
 *   log hasn't got
 */
export function interactionsOfLog(
  table: Table,
  roles: EventRoles,
  { platform, types: wanted, joinRepeats = true }: LogOptions = {},
): LogInteractions {
  const log = eventLogOf(table, roles);
  const places = platformsOf(table, platform);
  const counts = countingTypes(log.types.map(String), wanted);
  const userIds = coded(columnOf(table, roles.user));
  const items = new Map<string, number>();
  const users: string[] = [];
  const starts = [0];
  const kept: { item: number; type: number; platform: number; time: number }[] = [];
  const interactionOfRow = new Int32Array(table.rows).fill(-1);
  const notes = { withoutItem: 0, otherTypes: 0, duplicated: 0, joined: 0, outOfOrder: 0 };
  for (let user = 0; user < log.users; user++) {
    const met = new Map<string, number>();
    const first = kept.length;
    let furthest = -1;
    for (let at = log.starts[user]!; at < log.starts[user + 1]!; at++) {
      const row = log.rows[at]!;
      if (row < furthest) notes.outOfOrder++;
      furthest = Math.max(furthest, row);
      const event = { type: log.type[at]!, platform: places.codes?.[row] ?? -1, time: log.time[at]! };
      if (log.item[at]! < 0) {
        notes.withoutItem++;
        continue;
      }
      if (event.type >= 0 && !counts[event.type]) {
        notes.otherTypes++;
        continue;
      }
      const key = `${log.item[at]} ${event.type} ${event.platform} ${event.time}`;
      const same = met.get(key);
      if (same !== undefined) {
        interactionOfRow[row] = same;
        notes.duplicated++;
        continue;
      }
      const item = codeIn(items, String(log.items[log.item[at]!]));
      const before = kept.length > first ? kept.at(-1)! : undefined;
      if (joinRepeats && before?.item === item) {
        Object.assign(before, event);
        notes.joined++;
      } else kept.push({ item, ...event });
      interactionOfRow[row] = kept.length - 1;
      met.set(key, kept.length - 1);
    }
    if (kept.length === first) continue;
    users.push(String(userIds.values[userIds.codes[log.rows[log.starts[user]!]!]!]));
    starts.push(kept.length);
  }
  if (kept.length === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `No event of the log has an item ("${roles.item}") and a type that counts. Name another column, or more types.`,
    );
  }
  return {
    interactions: {
      users,
      items: [...items.keys()],
      types: log.types.map(String),
      platforms: places.names,
      starts: Uint32Array.from(starts),
      item: Int32Array.from(kept, ({ item }) => item),
      type: Int32Array.from(kept, ({ type }) => type),
      platform: Int32Array.from(kept, ({ platform: code }) => code),
      time: Float64Array.from(kept, ({ time }) => time),
    },
    interactionOfRow,
    notes: { incomplete: log.dropped, ...notes },
  };
}

function platformsOf(
  table: Table,
  column: string | undefined,
): { readonly names: readonly string[]; readonly codes?: Int32Array } {
  if (column === undefined) return { names: [] };
  if (!table.columns.some(({ schema }) => schema.name === column)) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `The option platform names the column "${column}", which the table hasn't got. Its columns are ` +
        `${table.columns.map(({ schema }) => `"${schema.name}"`).join(', ')}.`,
      { field: 'platform' },
    );
  }
  const { codes, values } = coded(columnOf(table, column));
  return { names: values.map(String), codes };
}

/** Whether each type counts. */
function countingTypes(types: readonly string[], wanted: readonly string[] | undefined): readonly boolean[] {
  if (!wanted) return types.map(() => true);
  const unknown = wanted.find((type) => !types.includes(type));
  if (unknown !== undefined) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `The option types names "${unknown}", which no event is of. The log has: ` +
        `${types.map((type) => `"${type}"`).join(', ')}.`,
      { field: 'types' },
    );
  }
  return types.map((type) => wanted.includes(type));
}
