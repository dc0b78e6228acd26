import type { ColumnSchema } from '../../schema/messages/column.js';
import { UserFailure } from '../failure.js';

/** What a column of an event log is for. */
export type EventRole = 'user' | 'time' | 'item' | 'type' | 'session';

/** The columns that play the roles, by name. */
export interface EventRoles {
  readonly user: string;
  readonly time: string;
  readonly item: string;
  readonly type?: string;
  readonly session?: string;
}

/** What a user says of the roles; what is left out is guessed. */
export type NamedRoles = { readonly [Role in EventRole]?: string | undefined };

const IDENTIFIER = '(id|no|nr|num|number|key|code|hash)?';
/** Of names in lower case without anything but letters and digits. The first name of a list that fits is taken. */
const NAMES: Readonly<Record<EventRole, readonly RegExp[]>> = {
  user: [new RegExp(`^(user|customer|visitor|client|member|shopper|buyer|account|reviewer)s?${IDENTIFIER}$`)],
  time: [/time|^ts$|date|^at$/],
  item: [new RegExp(`^(item|product|article|sku|stock|asin|parentasin|content|listing)s?${IDENTIFIER}$`)],
  type: [/^(event|action|behaviou?r|interaction|activity)(s|type|name|kind)?$/, /^type$/],
  session: [
    new RegExp(`^(user|web)?(session|visit)s?${IDENTIFIER}$`),
    new RegExp(`^(order|invoice|basket|transaction)s?${IDENTIFIER}$`),
  ],
};
const KINDS: Readonly<Record<EventRole, readonly ColumnSchema['kind'][]>> = {
  user: ['ID', 'CATEGORY', 'TEXT', 'INTEGER', 'REAL'],
  time: ['DATETIME', 'INTEGER', 'REAL'],
  item: ['ID', 'CATEGORY', 'TEXT', 'INTEGER', 'REAL'],
  type: ['CATEGORY', 'TEXT', 'BOOLEAN', 'INTEGER'],
  session: ['ID', 'CATEGORY', 'TEXT', 'INTEGER', 'REAL'],
};
const MEANINGS: Readonly<Record<EventRole, string>> = {
  user: 'who acted',
  time: 'when',
  item: 'on which item',
  type: 'what was done',
  session: 'in which session',
};

/**
 * The columns that play the roles: those named, else guessed from kinds and names. `type` and `session` may be absent.
 *
 * @throws UserFailure INVALID_CONFIG naming the option, for a column that isn't there, is of a kind that can't play the role,
 *   or is named twice, and for a role that can't be guessed
 */
export function rolesOf(columns: readonly ColumnSchema[], named: NamedRoles): EventRoles {
  const taken = new Map<string, EventRole>();
  for (const role of ['user', 'time', 'item', 'type', 'session'] as const) {
    const name = named[role];
    if (name === undefined) continue;
    requireColumn(columns, role, name);
    const other = taken.get(name);
    if (other !== undefined) {
      throw new UserFailure(
        'INVALID_CONFIG',
        `The options ${other} and ${role} both name the column "${name}". Name two columns.`,
        { field: role },
      );
    }
    taken.set(name, role);
  }
  const found = (role: EventRole): string | undefined => {
    const name = named[role] ?? guessed(columns, role, taken);
    if (name !== undefined) taken.set(name, role);
    return name;
  };
  const needed = (role: EventRole): string => {
    const name = found(role);
    if (name !== undefined) return name;
    throw new UserFailure(
      'INVALID_CONFIG',
      `The table doesn't show which column says ${MEANINGS[role]}. Name it with the option ${role}; the columns are ` +
        `${columns.map(({ name: column }) => `"${column}"`).join(', ')}.`,
      { field: role },
    );
  };
  const roles = { user: needed('user'), time: needed('time'), item: needed('item') };
  const [type, session] = [found('type'), found('session')];
  return { ...roles, ...(type !== undefined && { type }), ...(session !== undefined && { session }) };
}

function requireColumn(columns: readonly ColumnSchema[], role: EventRole, name: string): void {
  const column = columns.find((candidate) => candidate.name === name);
  if (!column) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `The option ${role} names the column "${name}", which the table hasn't got. Its columns are ` +
        `${columns.map(({ name: each }) => `"${each}"`).join(', ')}.`,
      { field: role },
    );
  }
  if (KINDS[role].includes(column.kind)) return;
  throw new UserFailure(
    'INVALID_CONFIG',
    `The option ${role} names the column "${name}", which is of kind ${column.kind}. It must be one of ` +
      `${KINDS[role].join(', ')}: name another column, or correct the kind when the file is read.`,
    { field: role },
  );
}

function guessed(
  columns: readonly ColumnSchema[],
  role: EventRole,
  taken: ReadonlyMap<string, EventRole>,
): string | undefined {
  const able = columns.filter(({ name, kind }) => !taken.has(name) && KINDS[role].includes(kind));
  if (role === 'time') {
    const dates = able.filter(({ kind }) => kind === 'DATETIME');
    if (dates.length === 1) return dates[0]!.name;
  }
  for (const pattern of NAMES[role]) {
    const column = able.find(({ name }) => pattern.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')));
    if (column) return column.name;
  }
  return undefined;
}
