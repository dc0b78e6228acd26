import type { ColumnSchema } from '../messages/column.js';
import type { CatalogueColumns, SearchesColumns } from '../messages/search-columns.js';

/** Texts of a product that are searched. */
export const PRODUCT_FIELDS = ['title', 'brand', 'category', 'description'] as const;
export type ProductField = (typeof PRODUCT_FIELDS)[number];

/** Columns of a catalogue: of each text, none or more. */
export interface CatalogueRoles extends Readonly<Record<ProductField, readonly string[]>> {
  readonly id: string;
  readonly locale?: string;
}

/** Columns of searches. `query` or `queryId` is there. */
export interface SearchesRoles {
  readonly query?: string;
  readonly queryId?: string;
  readonly product: string;
  readonly relevance?: string;
  readonly split?: string;
  readonly locale?: string;
}

/** Columns of a table that has the texts of queries. */
export interface QueriesRoles {
  readonly query: string;
  readonly queryId: string;
}

/** Columns of the tables that a search ranker learns from. */
export interface SearchTables<Of> {
  readonly catalogue: Of;
  readonly searches?: Of | undefined;
  readonly synthetic?: Of | undefined;
  /** Of the texts of queries, where searches have ids alone. */
  readonly queries?: Of | undefined;
}

/** Searches whose texts are in the table of queries have no role `query`. */
export interface SearchRoles {
  readonly catalogue: CatalogueRoles;
  readonly searches?: SearchesRoles;
  readonly synthetic?: SearchesRoles;
  readonly queries?: QueriesRoles;
}

/** Columns that can't play their roles, and why, for people. */
export class ColumnMistake extends Error {
  override readonly name = 'ColumnMistake';

  constructor(
    message: string,
    /** The option that would say otherwise, such as `catalogueColumns`, `title`. */
    readonly path: readonly string[],
  ) {
    super(message);
  }
}

type Kinds = readonly ColumnSchema['kind'][];
const ANY: Kinds = ['ID', 'CATEGORY', 'TEXT', 'INTEGER', 'REAL', 'BOOLEAN'];
const KEY: Kinds = ['ID', 'CATEGORY', 'TEXT', 'INTEGER', 'REAL'];
const TEXT: Kinds = ['TEXT', 'CATEGORY', 'ID'];

const IDENTIFIER = '(id|no|nr|num|number|key|code)?';
/** Of names in lower case with nothing but letters and digits; of the first pattern that fits a column, all columns are taken. */
const PRODUCT = [
  new RegExp(`^(parent)?(product|item|article|sku|stock|asin|listing|doc)s?${IDENTIFIER}$`),
  /^(id|sku|asin|gtin|ean|upc|mpn)$/,
];
const LOCALE = [/^(product|query)?(locale|language|lang)$/];
const TEXTS: Readonly<Record<ProductField, readonly RegExp[]>> = {
  title: [/^(product|item|article)?(title|name)$/],
  brand: [/^(product|item)?(brand|manufacturer|vendor)(name)?$/],
  category: [/categor|^(product|item)?(class|type|department)$/],
  description: [
    /description|bulletpoint|feature|keyword|^(product|item)?(colou?r|material|tags|summary|details|text)$/,
  ],
};
const QUERY = [/^(search)?(query|quer(y|ies)text|term|terms|keyword|keywords|phrase|text)$/, /^(q|search)$/];
const QUERY_ID = [/^(query|search|q)(id|no|nr|key)$/];
const RELEVANCE = [/^(esci)?label$/, /^(relevance|gain|rating|grade|judge?ment)(score|label|value)?$/];
const SPLIT = [/^split$/];

/**
 * The columns that play the roles: those named, else guessed from names and kinds. Texts of queries are taken from the table of
 * queries, where there is one; synthetic searches may have them themselves. Throws ColumnMistake where a column is named that isn't
 * there, is of a kind that can't play the role or plays two; where a role that is needed can't be guessed; where no column of the
 * catalogue has a text; and for a locale without a column of locales.
 */
export function searchRoles(
  { catalogue, searches, synthetic, queries }: SearchTables<readonly ColumnSchema[]>,
  named: {
    readonly catalogueColumns?: CatalogueColumns | undefined;
    readonly searchesColumns?: SearchesColumns | undefined;
    readonly locale?: string | undefined;
  },
): SearchRoles {
  const { catalogueColumns = {}, searchesColumns = {}, locale } = named;
  const hasText = (columns: readonly ColumnSchema[]): boolean =>
    columns.some(
      ({ name, kind }) => TEXT.includes(kind) && QUERY.some((pattern) => pattern.test(plain(name))),
    );
  const apart = queries !== undefined;
  const roles: SearchRoles = {
    catalogue: catalogueRoles(catalogue, catalogueColumns),
    ...(searches && { searches: searchesRoles(searches, searchesColumns, apart) }),
    ...(synthetic && { synthetic: searchesRoles(synthetic, searchesColumns, apart && !hasText(synthetic)) }),
    // Ids of queries may be called otherwise in the searches; their texts are in this table alone.
    ...(queries && { queries: queriesRoles(queries, searchesColumns.query) }),
  };
  const located = [roles.catalogue, roles.searches, roles.synthetic].some((of) => of?.locale !== undefined);
  if (locale !== undefined && !located) {
    throw new ColumnMistake(
      'No table has a column that says for which locale a row is. Name it as `locale` of the columns, or leave `locale` out.',
      ['locale'],
    );
  }
  return roles;
}

function catalogueRoles(columns: readonly ColumnSchema[], named: CatalogueColumns): CatalogueRoles {
  const choice = new Choice(columns, 'catalogueColumns');
  const fixedId = choice.named('id', KEY, named.id);
  const fixedLocale = choice.named('locale', TEXT, named.locale);
  const fixed = PRODUCT_FIELDS.map((field) => named[field]?.map((name) => choice.named(field, ANY, name)!));
  const id = fixedId ?? choice.needed('id', KEY, PRODUCT, 'which product a row is of');
  const locale = fixedLocale ?? choice.guessed(TEXT, LOCALE);
  const texts = PRODUCT_FIELDS.map((field, at) => fixed[at] ?? choice.allGuessed(TEXT, TEXTS[field]));
  if (texts.every((of) => of.length === 0)) {
    throw new ColumnMistake(
      "The catalogue doesn't show which column says what a product is called. Name columns of texts as `title`, `brand`, `category` " +
        `or \`description\`; ${choice.has}.`,
      ['catalogueColumns', 'title'],
    );
  }
  const [title, brand, category, description] = texts as [string[], string[], string[], string[]];
  return { id, title, brand, category, description, ...(locale !== undefined && { locale }) };
}

/** `apart`: the texts of queries are in a table of their own, and their ids are needed. */
function searchesRoles(
  columns: readonly ColumnSchema[],
  named: SearchesColumns,
  apart: boolean,
): SearchesRoles {
  const choice = new Choice(columns, 'searchesColumns');
  const fixed = {
    query: apart ? undefined : choice.named('query', TEXT, named.query),
    queryId: apart ? choice.named('queryId', KEY, named.queryId) : undefined,
    product: choice.named('product', KEY, named.product),
    relevance: choice.named('relevance', ANY, named.relevance),
    split: choice.named('split', ANY, named.split),
    locale: choice.named('locale', TEXT, named.locale),
  };
  const product = fixed.product ?? choice.needed('product', KEY, PRODUCT, 'which product answers a query');
  const more = ' Where the table has ids of queries alone, give the table of their texts, too.';
  const typed = apart
    ? { queryId: fixed.queryId ?? choice.needed('queryId', KEY, QUERY_ID, 'which query') }
    : { query: fixed.query ?? choice.needed('query', TEXT, QUERY, 'what was typed', more) };
  const relevance = fixed.relevance ?? choice.guessed(ANY, RELEVANCE);
  const split = fixed.split ?? choice.guessed(TEXT, SPLIT);
  const locale = fixed.locale ?? choice.guessed(TEXT, LOCALE);
  return {
    product,
    ...typed,
    ...(relevance !== undefined && { relevance }),
    ...(split !== undefined && { split }),
    ...(locale !== undefined && { locale }),
  };
}

function queriesRoles(columns: readonly ColumnSchema[], query: string | undefined): QueriesRoles {
  const choice = new Choice(columns, 'searchesColumns');
  const text = choice.named('query', TEXT, query) ?? choice.needed('query', TEXT, QUERY, 'what was typed');
  return {
    query: text,
    queryId: choice.needed('queryId', KEY, [...QUERY_ID, /^id$/], 'which query a row is of'),
  };
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Gives out columns of a table, each once. */
class Choice {
  readonly #taken = new Map<string, string>();

  constructor(
    private readonly columns: readonly ColumnSchema[],
    /** The option that names them. */
    private readonly option: string,
  ) {}

  get has(): string {
    return `its columns are ${this.columns.map(({ name }) => `"${name}"`).join(', ')}`;
  }

  named(role: string, kinds: Kinds, name: string | undefined): string | undefined {
    if (name === undefined) return undefined;
    const column = this.columns.find((candidate) => candidate.name === name);
    if (!column)
      throw this.#mistake(
        role,
        `\`${role}\` names the column "${name}", which the table hasn't got; ${this.has}.`,
      );
    if (!kinds.includes(column.kind)) {
      throw this.#mistake(
        role,
        `\`${role}\` names the column "${name}", which is of kind ${column.kind}. It must be one of ${kinds.join(', ')}: name ` +
          'another column, or correct the kind of this one.',
      );
    }
    const other = this.#taken.get(name);
    if (other !== undefined)
      throw this.#mistake(role, `\`${other}\` and \`${role}\` both name the column "${name}". Name it once.`);
    this.#taken.set(name, role);
    return name;
  }

  /** All columns that fit the first pattern that fits any, of those that nobody has. */
  allGuessed(kinds: Kinds, patterns: readonly RegExp[]): string[] {
    return this.#guess(kinds, patterns, Infinity);
  }

  guessed(kinds: Kinds, patterns: readonly RegExp[]): string | undefined {
    return this.#guess(kinds, patterns, 1)[0];
  }

  needed(role: string, kinds: Kinds, patterns: readonly RegExp[], meaning: string, more = ''): string {
    const name = this.guessed(kinds, patterns);
    if (name !== undefined) return name;
    throw this.#mistake(
      role,
      `The table doesn't show which column says ${meaning}. Name it as \`${role}\`; ${this.has}.${more}`,
    );
  }

  #guess(kinds: Kinds, patterns: readonly RegExp[], most: number): string[] {
    const able = this.columns.filter(({ name, kind }) => !this.#taken.has(name) && kinds.includes(kind));
    for (const pattern of patterns) {
      const fitting = able.filter(({ name }) => pattern.test(plain(name))).slice(0, most);
      if (fitting.length === 0) continue;
      for (const { name } of fitting) this.#taken.set(name, 'another role');
      return fitting.map(({ name }) => name);
    }
    return [];
  }

  #mistake(role: string, message: string): ColumnMistake {
    return new ColumnMistake(message, [this.option, role]);
  }
}
