import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Random } from '../../compute/random.js';
import { isNumeric, type Column, type Table } from '../../tables/table.js';
import { decodeColumn } from '../discretisation/column-bins.js';
import { freshIds, type FreshIds } from '../discretisation/fresh-ids.js';
import type { ItemAttribute } from './attributes.js';
import type { LogEncoding } from './log-encoding.js';
import type { MadeLog } from './sampling.js';

/** Identifiers given so far. */
export interface Serials {
  readonly users: number;
  readonly sessions: number;
}

/** Logs as rows of a table, user by user, and the serials after them. */
export function decodeLogs(
  encoding: LogEncoding,
  logs: readonly MadeLog[],
  given: Serials,
  random: Random,
): { readonly table: Table; readonly given: Serials } {
  const { roles, columns } = encoding;
  const userOf = logs.flatMap(({ items }, user) => items.map(() => user));
  const items = logs.flatMap((log) => log.items);
  const events = logs.flatMap(({ fields }) => fields);
  const rows = items.length;
  const codes = (field: number): Uint16Array => Uint16Array.from(events, (of) => of[field]!);
  let session = -1;
  const sessionOf = events.map(([opens]) => (session += opens!));
  const identifiers = (ids: FreshIds, from: number, count: number, path: string): string[] =>
    freshIds({ ...ids, present: 1, distinctShare: 1 }, from, count, random.derive(path)).categories;
  const users = identifiers(encoding.users, given.users, logs.length, 'users');
  const made = new Map<number, Column>();
  const put = (column: number, values: readonly (string | number | undefined)[]): void => {
    made.set(column, columnOf(columns[column]!, values));
  };
  put(
    roles.user,
    userOf.map((user) => users[user]!),
  );
  put(
    roles.time,
    logs.flatMap(({ times }) => times),
  );
  put(
    roles.item,
    items.map((item) => encoding.items[item]),
  );
  if (roles.session !== undefined && encoding.sessions) {
    const sessions = identifiers(encoding.sessions, given.sessions, session + 1, 'sessions');
    put(
      roles.session,
      sessionOf.map((of) => sessions[of]!),
    );
  }
  let field = 2;
  for (const { column, bins } of [...(encoding.type ? [encoding.type] : []), ...encoding.eventAttributes]) {
    made.set(
      column,
      decodeColumn(bins, columns[column]!, codes(field++), given.users, random.derive('values', column)),
    );
  }
  encoding.userAttributes.forEach(({ column, bins }, index) => {
    const chosen = Uint16Array.from(logs, ({ user }) => user[2 + index]!);
    made.set(
      column,
      spread(decodeColumn(bins, columns[column]!, chosen, 0, random.derive('users', column)), userOf),
    );
  });
  for (const attribute of encoding.itemAttributes) {
    put(attribute.column, valuesOfItems(attribute, items, random.derive('items', attribute.column)));
  }
  return {
    table: { rows, columns: columns.map((_, column) => made.get(column)!) },
    given: { users: given.users + logs.length, sessions: given.sessions + session + 1 },
  };
}

function valuesOfItems(
  { values, codes, counts }: ItemAttribute,
  items: readonly number[],
  random: Random,
): (string | number | undefined)[] {
  return items.map((item) => {
    const known = codes[item]!;
    if (known.length === 0) return undefined;
    const code = known[known.length === 1 ? 0 : random.categorical(counts[item]!)]!;
    return code < 0 ? undefined : values[code];
  });
}

function spread(column: Column, userOf: readonly number[]): Column {
  return isNumeric(column)
    ? { ...column, values: Float64Array.from(userOf, (user) => column.values[user]!) }
    : { ...column, codes: Int32Array.from(userOf, (user) => column.codes[user]!) };
}

/** A column of the schema's kind; identifiers of numeric columns are spelled as text. */
function columnOf(schema: ColumnSchema, values: readonly (string | number | undefined)[]): Column {
  switch (schema.kind) {
    case 'INTEGER':
    case 'REAL':
    case 'BOOLEAN':
    case 'DATETIME':
      return {
        schema,
        values: Float64Array.from(values, (value) => (value === undefined ? NaN : Number(value))),
      };
    case 'CATEGORY':
    case 'TEXT':
    case 'ID': {
      const codeOf = new Map<string, number>();
      const codes = Int32Array.from(values, (value) => {
        if (value === undefined) return -1;
        const text = String(value);
        const code = codeOf.get(text) ?? codeOf.size;
        codeOf.set(text, code);
        return code;
      });
      return { schema, codes, categories: [...codeOf.keys()] };
    }
  }
}
