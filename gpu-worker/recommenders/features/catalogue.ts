import { coded } from '../../events/event-log.js';
import { UserFailure } from '../../failure.js';
import { isNumeric, type Column, type Table } from '../../tables/table.js';

/** What is known of items, in any order; an attribute that is left out is known of none. */
export interface Catalogue {
  /** Each once. */
  readonly ids: readonly string[];
  /** NaN: not known. */
  readonly price?: Float64Array;
  /** Undefined: not known. */
  readonly category?: readonly (string | undefined)[];
  /** Title, description or both; empty: not known. */
  readonly text?: readonly string[];
}

/** Columns of a table that say something of items, by name. */
export interface CatalogueColumns {
  readonly item: string;
  readonly price?: string | undefined;
  readonly category?: string | undefined;
  readonly text?: string | undefined;
}

/**
 * A catalogue of a table of products, or of an event log whose events say what their items are like: of an item that has
 * several rows, the last known value of each attribute counts.
 *
 * @throws UserFailure INVALID_CONFIG naming the option, for a column that the table hasn't got, and for a price that is no number
 */
export function catalogueOf(table: Table, columns: CatalogueColumns): Catalogue {
  const found = (option: keyof CatalogueColumns): Column | undefined => {
    const name = columns[option];
    if (name === undefined) return undefined;
    const column = table.columns.find(({ schema }) => schema.name === name);
    if (column) return column;
    throw new UserFailure(
      'INVALID_CONFIG',
      `The option ${option} names the column "${name}", which the table hasn't got. Its columns are ` +
        `${table.columns.map(({ schema }) => `"${schema.name}"`).join(', ')}.`,
      { field: option },
    );
  };
  const items = coded(found('item')!);
  const count = items.values.length;
  const [price, category, text] = [found('price'), found('category'), found('text')];
  if (price && !isNumeric(price)) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `The option price names the column "${columns.price}", which isn't numeric. Name another, or correct its kind.`,
      { field: 'price' },
    );
  }
  const prices = new Float64Array(count).fill(NaN);
  const lastTexts = (column: Column | undefined): (string | undefined)[] => {
    const last = new Array<string | undefined>(count).fill(undefined);
    if (!column) return last;
    const { codes, values } = coded(column);
    items.codes.forEach((item, row) => {
      if (item >= 0 && codes[row]! >= 0) last[item] = String(values[codes[row]!]);
    });
    return last;
  };
  items.codes.forEach((item, row) => {
    if (item >= 0 && price && !Number.isNaN(price.values[row]!)) prices[item] = price.values[row]!;
  });
  return {
    ids: items.values.map(String),
    ...(price && { price: prices }),
    ...(category && { category: lastTexts(category) }),
    ...(text && { text: lastTexts(text).map((value) => value ?? '') }),
  };
}

/** The catalogue's attributes for these ids, in their order; nothing is known of one that it lacks. */
export function attributesFor(catalogue: Catalogue | undefined, ids: readonly string[]): Required<Catalogue> {
  const place = new Map(catalogue?.ids.map((id, index) => [id, index]));
  const at = <Value>(values: ArrayLike<Value> | undefined, id: string, unknown: Value): Value => {
    const index = place.get(id);
    return index === undefined || !values ? unknown : values[index]!;
  };
  return {
    ids,
    price: Float64Array.from(ids, (id) => at(catalogue?.price, id, NaN)),
    category: ids.map((id) => at<string | undefined>(catalogue?.category, id, undefined)),
    text: ids.map((id) => at(catalogue?.text, id, '')),
  };
}
