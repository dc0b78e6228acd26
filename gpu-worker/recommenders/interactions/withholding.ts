import type { Holdout } from '../../../schema/messages/run-config.js';
import { eventLogOf } from '../../events/event-log.js';
import { rolesOf } from '../../events/roles.js';
import { rowsAt, unmarked } from '../../tables/rows.js';
import { isNumeric, type Column, type Table } from '../../tables/table.js';
import { holdoutText, splitOf } from './holdout.js';
import { interactionsOfLog } from './log-interactions.js';

/** A log without what is held out of it, and what to tell of that. */
export interface Withheld {
  /** What may be learnt from. Values that only withheld rows have are in no list of categories. */
  readonly table: Table;
  /** Rows of the log that are withheld. */
  readonly rows: number;
  /** What is withheld, in words. */
  readonly what: string;
}

/**
 * Takes out of a log every row that the test of a RECOMMEND run with the same options is about: all events of the interactions
 * that its split holds out, what a user did after them, and events that don't count as interactions on the very item that is
 * held out. Rows without a user or a time are taken out too: they can't be known to lie before. What is left makes the
 * interactions that the RECOMMEND run learns from, neither more nor fewer.
 *
 * @throws UserFailure what `rolesOf`, `interactionsOfLog` and `splitOf` throw
 */
export function withhold(table: Table, holdout: Holdout): Withheld {
  const roles = rolesOf(
    table.columns.map(({ schema }) => schema),
    holdout.events ?? {},
  );
  const { interactions, interactionOfRow } = interactionsOfLog(table, roles, holdout);
  const { heldOut } = splitOf(interactions, holdout);
  const log = eventLogOf(table, roles);
  const isHeldOut = (row: number): boolean => heldOut[interactionOfRow[row]!] === 1;
  const from = holdout.testShare === undefined ? undefined : firstTime(interactions.time, heldOut);
  const marks = new Uint8Array(table.rows).fill(1);
  for (let user = 0; user < log.users; user++) {
    const places = Array.from(
      { length: log.starts[user + 1]! - log.starts[user]! },
      (_, place) => log.starts[user]! + place,
    );
    const tested = places.filter((at) => isHeldOut(log.rows[at]!));
    const items = new Set(tested.map((at) => log.item[at]!));
    const [first = Infinity] = tested;
    for (const at of places) {
      const row = log.rows[at]!;
      const counts = interactionOfRow[row]! >= 0;
      const late = at >= first || (from !== undefined && log.time[at]! >= from);
      const hidden = counts ? isHeldOut(row) : late || items.has(log.item[at]!);
      marks[row] = hidden ? 1 : 0;
    }
  }
  const kept = unmarked(marks);
  return {
    table: onlyMetCategories(rowsAt(table, kept)),
    rows: table.rows - kept.length,
    what: holdoutText(holdout),
  };
}

/** The time from which on everything is held out. */
function firstTime(time: Float64Array | undefined, heldOut: Uint8Array): number | undefined {
  return time?.reduce((first, at, place) => (heldOut[place] === 1 ? Math.min(first, at) : first), Infinity);
}

/** Without the categories that no row has. */
function onlyMetCategories(table: Table): Table {
  return { ...table, columns: table.columns.map(withMetCategories) };
}

function withMetCategories(column: Column): Column {
  if (isNumeric(column)) return column;
  const met = new Uint8Array(column.categories.length);
  for (const code of column.codes) if (code >= 0) met[code] = 1;
  const codeOf = new Int32Array(column.categories.length).fill(-1);
  const categories = column.categories.filter((_, code) => met[code] === 1);
  let next = 0;
  met.forEach((is, code) => {
    if (is) codeOf[code] = next++;
  });
  return { ...column, categories, codes: column.codes.map((code) => (code < 0 ? code : codeOf[code]!)) };
}
