import { eventLogOf, type EventLog } from '../../events/event-log.js';
import type { EventRoles } from '../../events/roles.js';
import type { Table } from '../../tables/table.js';

/** Codes of items and types that mean the same in every log. */
export interface Vocabulary {
  readonly items: number;
  readonly types: number;
}

/** A log whose codes are the vocabulary's. */
export type AlignedLog = Omit<EventLog, 'items' | 'types' | 'rows' | 'dropped'>;

/** Logs whose codes are of one vocabulary, in the order of the tables. */
export function alignedLogs(
  tables: readonly Table[],
  roles: EventRoles,
): { readonly logs: AlignedLog[]; readonly vocabulary: Vocabulary } {
  const items = new Map<string, number>();
  const types = new Map<string, number>();
  const logs = tables.map((table): AlignedLog => {
    const log = eventLogOf(table, roles);
    return {
      users: log.users,
      starts: log.starts,
      time: log.time,
      opens: log.opens,
      item: recoded(log.item, log.items, items),
      type: recoded(log.type, log.types, types),
    };
  });
  return { logs, vocabulary: { items: items.size, types: types.size } };
}

/** The log of these users only; `most`: events after which it ends. */
export function logOfUsers(log: AlignedLog, users: Iterable<number>, most = Infinity): AlignedLog {
  const starts = [0];
  const events: number[] = [];
  for (const user of users) {
    if (events.length >= most) break;
    for (let at = log.starts[user]!; at < log.starts[user + 1]! && events.length < most; at++)
      events.push(at);
    starts.push(events.length);
  }
  return {
    users: starts.length - 1,
    starts: Uint32Array.from(starts),
    item: Int32Array.from(events, (at) => log.item[at]!),
    type: Int32Array.from(events, (at) => log.type[at]!),
    time: Float64Array.from(events, (at) => log.time[at]!),
    opens: Uint8Array.from(events, (at) => log.opens[at]!),
  };
}

function recoded(
  codes: Int32Array,
  values: readonly (string | number)[],
  known: Map<string, number>,
): Int32Array {
  const codeOf = values.map((value) => {
    const text = String(value);
    const code = known.get(text) ?? known.size;
    known.set(text, code);
    return code;
  });
  return codes.map((code) => (code < 0 ? -1 : codeOf[code]!));
}
