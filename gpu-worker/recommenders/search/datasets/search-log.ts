import type { QueriesRoles, SearchesRoles } from '../../../../schema/search/columns.js';
import { UserFailure } from '../../../failure.js';
import { columnOf, isNumeric, type Table } from '../../../tables/table.js';
import type { JudgedQuery } from '../search-ranker.js';
import { wordsKey } from '../text/analysis.js';
import { textCells, type CellReader } from './cells.js';
import { LABEL_GAINS } from './gains.js';
import { inLocale } from './shop-catalogue.js';

/** A query of a log, and whether the log itself holds it out; undefined where it doesn't say. */
export interface LoggedQuery extends JudgedQuery {
  readonly heldOut: boolean | undefined;
}

/** Searches with what answers them. */
export interface SearchLog {
  /** Those with the same words are one. At least one judgement of each has a gain above 0. */
  readonly queries: readonly LoggedQuery[];
  readonly notes: {
    /** Rows without a query or a product. */
    readonly incomplete: number;
    /** Rows of queries without a letter or digit. */
    readonly wordless: number;
    readonly otherLocale: number;
    /** Rows of products that the catalogue hasn't got, and how many products those are. */
    readonly strangeRows: number;
    readonly strangeProducts: number;
    /** Queries that no product of the catalogue answers. */
    readonly unanswered: number;
  };
}

export interface SearchLogOptions {
  /** Ids of the catalogue; judgements of other products are passed over. */
  readonly known: ReadonlySet<string>;
  /** The table that has the texts of queries, where the log has ids alone. */
  readonly texts?: { readonly table: Table; readonly roles: QueriesRoles } | undefined;
  /** What labels are worth, besides those of `LABEL_GAINS`. */
  readonly gains?: readonly { readonly label: string; readonly gain: number }[] | undefined;
  readonly locale?: string | undefined;
}

interface Gathered {
  readonly query: string;
  readonly gains: Map<string, number>;
  test: boolean;
}

/**
 * Reads judged queries from the rows of a log. A number says how well a product answers beside the others of its query, such as clicks:
 * gains are by the query's highest. A label is worth what the user says, or what ESCI and WANDS say. Without a column of
 * relevance each row is an answer. Throws UserFailure: INVALID_FILE for a label that nobody knows or a negative number, with its row;
 * INSUFFICIENT_DATA where no product of the log is in the catalogue, or none answers its query.
 */
export function searchLog(table: Table, roles: SearchesRoles, options: SearchLogOptions): SearchLog {
  const file = 'The table of searches';
  const product = textCells(table, file, roles.product);
  const textAt = queryTexts(table, roles, roles.query === undefined ? options.texts : undefined);
  const gainAt = gainReader(table, roles.relevance, options.gains);
  const split = roles.split === undefined ? undefined : textCells(table, file, roles.split);
  const counts = inLocale(table, file, roles.locale, options.locale);
  const found = new Map<string, Gathered>();
  const strangers = new Set<string>();
  let [incomplete, wordless, otherLocale, strangeRows] = [0, 0, 0, 0];
  for (let row = 0; row < table.rows; row++) {
    if (!counts(row)) {
      otherLocale++;
      continue;
    }
    const [query, id, gain] = [textAt(row), product(row)?.trim(), gainAt(row)];
    if (query === undefined || !id || gain === undefined) {
      incomplete++;
      continue;
    }
    const words = wordsKey(query);
    if (words === '') {
      wordless++;
      continue;
    }
    const gathered: Gathered = found.get(words) ?? { query, gains: new Map(), test: false };
    found.set(words, gathered);
    gathered.test ||= /^test/i.test(split?.(row) ?? '');
    if (!options.known.has(id)) {
      strangeRows++;
      strangers.add(id);
      continue;
    }
    gathered.gains.set(id, Math.max(gathered.gains.get(id) ?? 0, gain));
  }
  const byQuery =
    roles.relevance !== undefined && !options.gains && isNumeric(columnOf(table, roles.relevance));
  const queries = [...found.values()].flatMap(({ query, gains, test }): LoggedQuery[] => {
    const highest = Math.max(0, ...gains.values());
    if (highest === 0) return [];
    const judgements = [...gains].map(([id, gain]) => ({
      product: id,
      gain: byQuery ? gain / highest : gain,
    }));
    return [{ query, judgements, heldOut: split && test }];
  });
  if (queries.length === 0) throw nothingToLearn(table, roles, options, strangers, found.size);
  const unanswered = found.size - queries.length;
  const notes = {
    incomplete,
    wordless,
    otherLocale,
    strangeRows,
    strangeProducts: strangers.size,
    unanswered,
  };
  return { queries, notes };
}

function nothingToLearn(
  table: Table,
  { product, query, queryId }: SearchesRoles,
  { known }: SearchLogOptions,
  strangers: ReadonlySet<string>,
  queries: number,
): UserFailure {
  if (queries === 0) {
    return new UserFailure(
      'INSUFFICIENT_DATA',
      `None of the ${table.rows.toLocaleString('en')} rows of searches has a query with a word in the column "${query ?? queryId}" and a ` +
        `product in the column "${product}".`,
    );
  }
  const [stranger] = strangers;
  const [some] = known;
  return new UserFailure(
    'INSUFFICIENT_DATA',
    stranger === undefined
      ? 'No product answers a query: the searches rate nothing above 0.'
      : `No product that answers a search is in the catalogue. The searches name products such as "${stranger}", the catalogue such as ` +
          `"${some ?? ''}": name the columns that have the same ids, or give the catalogue of these searches.`,
    { field: 'searchesColumns.product' },
  );
}

function queryTexts(table: Table, roles: SearchesRoles, texts: SearchLogOptions['texts']): CellReader {
  const file = 'The table of searches';
  if (!texts) return textCells(table, file, roles.query!);
  const own = 'The table of queries';
  const [id, text] = [
    textCells(texts.table, own, texts.roles.queryId),
    textCells(texts.table, own, texts.roles.query),
  ];
  const known = new Map<string, string>();
  for (let row = 0; row < texts.table.rows; row++) {
    const [key, query] = [id(row), text(row)];
    if (key !== undefined && query !== undefined) known.set(key, query);
  }
  const queryId = textCells(table, file, roles.queryId!);
  return (row) => known.get(queryId(row) ?? '');
}

/** A row's gain: 0 or more of numbers, 0–1 of labels; undefined where the cell is missing. */
function gainReader(
  table: Table,
  name: string | undefined,
  gains: SearchLogOptions['gains'] = [],
): (row: number) => number | undefined {
  if (name === undefined) return () => 1;
  const column = columnOf(table, name);
  const own = new Map(gains.map(({ label, gain }) => [label.toLowerCase(), gain]));
  if (isNumeric(column) && own.size === 0) {
    return (row) => {
      const value = column.values[row]!;
      if (value < 0)
        throw wrong(
          row,
          name,
          `the number ${value}; how well a product answers is told by numbers from 0 on`,
        );
      return Number.isNaN(value) ? undefined : value;
    };
  }
  const label = textCells(table, 'The table of searches', name);
  return (row) => {
    const given = label(row);
    if (given === undefined) return undefined;
    const gain = own.get(given.trim().toLowerCase()) ?? LABEL_GAINS.get(given.trim().toLowerCase());
    if (gain === undefined) {
      throw wrong(
        row,
        name,
        `the label "${given}", of which nobody has said what it is worth. Say it in \`gains\`, such as {label: "${given}", gain: 0.5}`,
      );
    }
    return gain;
  };
}

const wrong = (row: number, column: string, what: string): UserFailure =>
  new UserFailure(
    'INVALID_FILE',
    `The table of searches has in row ${row + 1}, column "${column}", ${what}.`,
    { column },
  );
