import 'reflect-metadata';
import { ArgsType, Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { nounOf } from '../platform/ids.js';
import { UserError, UserErrorCode } from './errors.js';

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 100;

/** Arguments of a Relay connection (relay.dev/graphql/connections.htm). */
@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the start, 1–${MAX_PAGE}; ${DEFAULT_PAGE} when neither \`first\` nor \`last\` is given.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: `How many from the end, 1–${MAX_PAGE}.` })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes before this cursor.' })
  before?: string | null;
}

@ObjectType({ description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follows the page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether more comes before the page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first item; null when the page is empty.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last item; null when the page is empty.',
  })
  endCursor!: string | null;
}

/** A page of rows, as the types of `ConnectionOf` read it. */
export interface Page<T> {
  edges: { cursor: string; node: T }[];
  pageInfo: PageInfo;
  /** Size of the whole list; asked only when the caller selects `totalCount`. */
  count: () => Promise<number>;
}

/** The connection and edge types of a node. Call once a node type, and keep the class. */
export function ConnectionOf<T extends object>(node: ClassType<T>, name: string): ClassType<Page<T>> {
  @ObjectType(`${name}Edge`, { description: `One of a list of ${name}, with its place.` })
  class Edge {
    @Field(() => String, { description: 'Its place in the list, for `after` and `before`.' })
    cursor!: string;

    @Field(() => node, { description: 'The item.' })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class Connection implements Page<T> {
    @Field(() => [Edge], { description: 'The items of the page, with their cursors.' })
    edges!: Edge[];

    @Field(() => [node], { description: 'The items of the page.' })
    nodes(): T[] {
      return this.edges.map((edge) => edge.node);
    }

    @Field(() => PageInfo, { description: 'Where the page lies in the list.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many items the whole list has.' })
    totalCount(): Promise<number> {
      return this.count();
    }

    count!: () => Promise<number>;
  }

  return Connection;
}

/** The same page with each row turned into what the API shows. */
export function mapPage<A, B>(page: Page<A>, show: (row: A) => B): Page<B> {
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: show(node) })) };
}

/** How a list is ordered: by a column that is never null, then by id. */
export interface KeysetOrder {
  column: string;
  direction: 'asc' | 'desc';
}

/** The order that an enum value names: `CREATED_AT_DESC` is by the column `createdAt`, descending. */
export function keysetOrder(name: string): KeysetOrder {
  const [, column = '', direction] = /^(\w+)_(ASC|DESC)$/.exec(name) ?? [];
  if (!direction) throw new Error(`${name} names no order.`);
  return {
    column: column.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    direction: direction === 'ASC' ? 'asc' : 'desc',
  };
}

/** What goes into Prisma's `findMany`, beside the list's own filter: `where: { AND: [filter, keyset.where] }`. */
export interface Keyset {
  where: object;
  orderBy: Record<string, 'asc' | 'desc'>[];
  /** One more than the page shows, to learn whether there is more. */
  take: number;
}

/**
 * Reads one page. `read` runs at once, inside the caller's transaction; `count` later, if at all, so it must open its
 * own. Throws INVALID_INPUT for sizes out of range and for cursors of another list or order.
 */
export async function readPage<Row extends { id: string }>(
  args: ConnectionArgs,
  order: KeysetOrder,
  read: (keyset: Keyset) => Promise<Row[]>,
  count: () => Promise<number>,
): Promise<Page<Row>> {
  const { size, backwards } = pageSize(args);
  const direction = backwards ? opposite(order.direction) : order.direction;
  const bounds = [
    ...(args.after ? [beyond(args.after, order, order.direction, 'after')] : []),
    ...(args.before ? [beyond(args.before, order, opposite(order.direction), 'before')] : []),
  ];
  const rows = await read({
    where: { AND: bounds },
    orderBy: order.column === 'id' ? [{ id: direction }] : [{ [order.column]: direction }, { id: direction }],
    take: size + 1,
  });
  const more = rows.length > size;
  const shown = rows.slice(0, size);
  if (backwards) shown.reverse();
  const edges = shown.map((node) => ({ cursor: encodeCursor(node, order), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backwards ? Boolean(args.before) : more,
      hasPreviousPage: backwards ? more : Boolean(args.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    count,
  };
}

/**
 * The same page of the lists of many owners, such as the artifacts of each run of a list, read together. `read` answers
 * the rows of all, in the order of the keyset within each owner; `count` answers by owner, without those that have none.
 */
export async function readPages<Row extends { id: string }>(
  owners: readonly string[],
  ownerOf: (row: Row) => string,
  args: ConnectionArgs,
  order: KeysetOrder,
  read: (keyset: Keyset) => Promise<Row[]>,
  count: () => Promise<ReadonlyMap<string, number>>,
): Promise<Page<Row>[]> {
  let rows: Promise<Row[]> | undefined;
  let counts: ReturnType<typeof count> | undefined;
  return Promise.all(
    owners.map((owner) =>
      readPage(
        args,
        order,
        async (keyset) => (await (rows ??= read(keyset))).filter((row) => ownerOf(row) === owner),
        async () => (await (counts ??= count())).get(owner) ?? 0,
      ),
    ),
  );
}

function pageSize(args: ConnectionArgs): { size: number; backwards: boolean } {
  const { first, last } = args;
  if (first != null && last != null) {
    throw new UserError(UserErrorCode.INVALID_INPUT, 'Give `first` or `last`, not both.', ['first']);
  }
  const backwards = last != null;
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) {
    const name = backwards ? 'last' : 'first';
    throw new UserError(UserErrorCode.INVALID_INPUT, `\`${name}\` must be between 1 and ${MAX_PAGE}.`, [
      name,
    ]);
  }
  return { size, backwards };
}

const opposite = (direction: 'asc' | 'desc') => (direction === 'asc' ? 'desc' : 'asc');

type CursorValue = string | number | Date;

/**
 * Opaque to callers: order, value and id. It needs no signature: it holds nothing but what its reader was shown, and is
 * only ever compared with rows that they may see.
 */
function encodeCursor(row: { id: string }, order: KeysetOrder): string {
  const value = (row as Record<string, unknown>)[order.column];
  const shown = value instanceof Date ? { date: value.getTime() } : value;
  return Buffer.from(JSON.stringify([order.column, order.direction, shown, row.id])).toString('base64url');
}

function decodeCursor(
  cursor: string,
  order: KeysetOrder,
  argument: string,
): { value: CursorValue; id: string } {
  const parts = parsedCursor(cursor);
  if (parts) {
    const [column, direction, shown, id] = parts;
    const value = cursorValue(shown);
    if (
      column === order.column &&
      direction === order.direction &&
      value !== undefined &&
      typeof id === 'string' &&
      nounOf(id)
    ) {
      return { value, id };
    }
  }
  throw new UserError(
    UserErrorCode.INVALID_INPUT,
    `The cursor in \`${argument}\` doesn't belong to this list in this order. Take one from \`pageInfo\` or \`edges\` of the same query.`,
    [argument],
  );
}

function parsedCursor(cursor: string): unknown[] | undefined {
  if (cursor.length > 1_000) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) && parts.length === 4 ? parts : undefined;
  } catch {
    return undefined;
  }
}

function cursorValue(shown: unknown): CursorValue | undefined {
  if (typeof shown === 'string' && !shown.includes('\0')) return shown;
  if (typeof shown === 'number') return shown;
  if (typeof shown === 'object' && shown !== null && 'date' in shown && typeof shown.date === 'number') {
    const date = new Date(shown.date);
    return Number.isNaN(date.getTime()) ? undefined : date;
  }
  return undefined;
}

function beyond(cursor: string, order: KeysetOrder, direction: 'asc' | 'desc', argument: string): object {
  const { value, id } = decodeCursor(cursor, order, argument);
  const strictly = direction === 'asc' ? 'gt' : 'lt';
  if (order.column === 'id') return { id: { [strictly]: id } };
  return {
    AND: [
      // Implied by the next line, but a range that an index on (column, id) can start from; an OR alone can't.
      { [order.column]: { [`${strictly}e`]: value } },
      { OR: [{ [order.column]: { [strictly]: value } }, { [order.column]: value, id: { [strictly]: id } }] },
    ],
  };
}
