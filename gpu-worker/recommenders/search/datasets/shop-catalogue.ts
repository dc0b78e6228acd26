import { PRODUCT_FIELDS, type CatalogueRoles } from '../../../../schema/search/columns.js';
import { UserFailure } from '../../../failure.js';
import type { Table } from '../../../tables/table.js';
import type { Product } from '../search-ranker.js';
import { wordsKey } from '../text/analysis.js';
import { textCells, withoutTags } from './cells.js';

/** Products of a table, each once. */
export interface ShopCatalogue {
  readonly products: readonly Product[];
  /** Distinct texts that a product is called by in its rows, the most frequent first, which `products` has; by id. None of a product without text. */
  readonly spellings: ReadonlyMap<string, readonly string[]>;
  readonly notes: {
    readonly withoutId: number;
    readonly otherLocale: number;
    /** Rows of a product that has another already. */
    readonly repeated: number;
    /** Products that are called by several texts. */
    readonly respelt: number;
  };
}

interface Spelling {
  readonly product: Product;
  readonly text: string;
  rows: number;
}

/** What a product is called where it has no title: so many words of another text. */
const WORDS_OF_OTHER_TEXTS = 8;

/**
 * Reads products from the rows of a table. Several rows of one product, as in a table of sales, are taken for spellings of it: the most
 * frequent is the product's. Throws UserFailure INVALID_CONFIG for a locale that no row has, and INSUFFICIENT_DATA where no row has a product's id.
 */
export function shopCatalogue(
  table: Table,
  roles: CatalogueRoles,
  locale: string | undefined,
): ShopCatalogue {
  const file = 'The catalogue';
  const id = textCells(table, file, roles.id);
  const counts = inLocale(table, file, roles.locale, locale);
  const texts = PRODUCT_FIELDS.map((field) => roles[field].map((name) => textCells(table, file, name)));
  const found = new Map<string, Map<string, Spelling>>();
  let [withoutId, otherLocale, rows] = [0, 0, 0];
  for (let row = 0; row < table.rows; row++) {
    const key = id(row)?.trim();
    if (!counts(row)) otherLocale++;
    else if (!key) withoutId++;
    else {
      rows++;
      const product: Record<string, string> = { id: key };
      for (const [at, field] of PRODUCT_FIELDS.entries()) {
        const cells = texts[at]!.flatMap((cell) => cell(row) ?? []);
        const text = cells.join(field === 'category' ? ' / ' : ' ');
        if (text !== '') product[field] = withoutTags(text).trim();
      }
      const text = nameOf(product);
      const spellings = found.get(key) ?? new Map<string, Spelling>();
      found.set(key, spellings);
      const spelling = spellings.get(wordsKey(text));
      if (spelling) spelling.rows++;
      else spellings.set(wordsKey(text), { product: product as unknown as Product, text, rows: 1 });
    }
  }
  if (found.size === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `No row of the catalogue has a product's id in the column "${roles.id}".`,
      {
        column: roles.id,
      },
    );
  }
  const products: Product[] = [];
  const kept = new Map<string, readonly string[]>();
  for (const [key, spellings] of found) {
    // A row without words, of a product that has others, says nothing of it.
    const order = [...spellings].sort(
      ([a, one], [b, other]) => Number(a === '') - Number(b === '') || other.rows - one.rows,
    );
    products.push(order[0]![1].product);
    const own = order.filter(([words]) => words !== '').map(([, { text }]) => text);
    if (own.length > 0) kept.set(key, own);
  }
  const respelt = [...kept.values()].filter((own) => own.length > 1).length;
  return {
    products,
    spellings: kept,
    notes: { withoutId, otherLocale, repeated: rows - found.size, respelt },
  };
}

function nameOf({ title, category, brand, description }: Readonly<Record<string, string>>): string {
  if (title) return title;
  const other = [brand, category, description].find((text) => text) ?? '';
  return other.split(/\s+/).slice(0, WORDS_OF_OTHER_TEXTS).join(' ');
}

/** Whether a row is of the locale that is asked for; all are where none is, and where the table has no column for it. */
export function inLocale(
  table: Table,
  file: string,
  column: string | undefined,
  locale: string | undefined,
): (row: number) => boolean {
  if (locale === undefined || column === undefined) return () => true;
  const cells = textCells(table, file, column);
  const seen = new Set<string>();
  for (let row = 0; row < table.rows; row++) seen.add(cells(row) ?? '');
  if (!seen.has(locale)) {
    const some = [...seen].slice(0, 10).join(', ');
    throw new UserFailure(
      'INVALID_CONFIG',
      `${file} has no row of the locale "${locale}". It has: ${some}.`,
      {
        field: 'locale',
      },
    );
  }
  return (row) => cells(row) === locale;
}
