import { LinkedConfig } from '../../../schema/messages/generator-options/linked.js';
import { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { LinkedTables, parentsFirst, relationText, type Relation } from '../../../schema/messages/linked.js';
import { Random } from '../../compute/random.js';
import { UserFailure } from '../../failure.js';
import { rowsAt } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { autoregressive } from '../autoregressive/autoregressive.js';
import type { FittedGenerator, FitSession } from '../generator.js';
import { LinkedCheckpoint } from './checkpoint.js';
import { fitKey, namedColumn, parentRows, requireParents, requireWritable, type Key } from './keys.js';
import { LinkedModel, type PlannedTable } from './linked-model.js';
import { attributesFor, planTable } from './table-plan.js';

/** As many as the network needs to learn from. */
const FEWEST_ROWS = 10;
/** Rows of one table that its network learns from; which rows have which parents is counted over all. */
const MOST_ROWS_LEARNT = 1_000_000;

/** Of the options those that the networks know. */
const NetworkConfig = AutoregressiveConfig.strip();

export interface LinkedFit {
  readonly model: LinkedModel;
  /** What was done about the tables' faults, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Fits a network to each table, parents first: see README.md beside this file. `tables` has those that `linked` names.
 *
 * @throws UserFailure INVALID_CONFIG for columns that don't exist or can't be keys, INVALID_FILE for keys that are missing, shared or
 * (where they are refused) without a parent, INSUFFICIENT_DATA for tables with too few rows
 */
export async function fitLinked(
  tables: ReadonlyMap<string, Table>,
  linked: LinkedTables,
  config: LinkedConfig,
  session: FitSession,
): Promise<LinkedFit> {
  const { relations } = linked;
  requireRows(tables);
  const keys = keysOf(tables, linked);
  const notes: string[] = [];
  const parents = relations.map((relation) => {
    const [child, parent] = [tables.get(relation.childTable)!, tables.get(relation.parentTable)!];
    const found = parentRows(relation, child, parent);
    requireParents(relation, found, linked.orphans ?? 'refuse');
    requireForeign(relation, child, keys);
    if (found.orphans > 0) notes.push(orphansNote(relation, found.orphans, child.rows));
    return found.rows;
  });
  const checkpoint = LinkedCheckpoint.read(session, [linked, config], tables);
  const total = [...tables.values()].reduce((sum, table) => sum + workOf(table), 0);
  const planned: PlannedTable[] = [];
  const learntOf = new Map<string, { learnt: Table; planned: PlannedTable }>();
  let done = 0;
  for (const name of parentsFirst(linked.tables, relations)) {
    const table = withMissing(tables.get(name)!, name, relations, parents);
    const driver = relations.findIndex(({ childTable }) => childTable === name);
    const above = relations.flatMap((relation, index) => {
      if (relation.childTable !== name) return [];
      const parent = learntOf.get(relation.parentTable)!;
      return {
        relation: index,
        parents: parents[index]!,
        parentRows: parent.learnt.rows,
        attributes: attributesFor(index === driver ? index : undefined, parent.planned.plan, parent.learnt),
        label: relation.foreignKeyColumn,
      };
    });
    const below = relations.flatMap((relation, index) =>
      relation.parentTable === name
        ? {
            relation: index,
            label: `rows of ${relation.childTable} by ${relation.foreignKeyColumn}`,
            counts: childrenOf(parents[index]!, table.rows),
          }
        : [],
    );
    const { plan, learnt } = planTable({
      name,
      table,
      keys: keys.get(name) ?? [],
      parents: above,
      children: below,
      foreign: new Set(above.map(({ label }) => label)),
      // Codes are to have bins of their own in the network, and so are the missing and the parentless.
      bins: Math.max(1, Math.min(config.parentBins, config.bins - 3)),
      support: config.minimumSupport,
    });
    const share = workOf(table) / total;
    const inner = checkpoint.sessionOf(name, { from: done, share });
    const saved = checkpoint.finished(name) ?? (await (await fitTable(learnt, config, inner))?.save());
    if (saved) checkpoint.finish(name, saved);
    // Also the one that was fitted here is read from its file, so that a resumed fit comes to the very same.
    const model = saved && (await autoregressive.load(saved));
    done += share;
    const entry = { plan, model };
    planned.push(entry);
    learntOf.set(name, { learnt, planned: entry });
  }
  return { model: new LinkedModel(linked, planned), notes };
}

async function fitTable(
  learnt: Table,
  config: LinkedConfig,
  session: FitSession,
): Promise<FittedGenerator | undefined> {
  if (learnt.columns.length === 0) return undefined;
  const random = Random.seeded(session.seed).derive('rows to learn');
  const some =
    learnt.rows > MOST_ROWS_LEARNT
      ? rowsAt(learnt, random.permutation(learnt.rows).subarray(0, MOST_ROWS_LEARNT).sort())
      : learnt;
  return autoregressive.fit(some, NetworkConfig.parse({ ...config, order: 'file' }), session);
}

const workOf = (table: Table): number => Math.min(table.rows, MOST_ROWS_LEARNT) * (table.columns.length + 1);

function requireRows(tables: ReadonlyMap<string, Table>): void {
  for (const [name, { rows }] of tables) {
    if (rows >= FEWEST_ROWS) continue;
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `The table "${name}" has ${rows} rows; the linked generator needs at least ${FEWEST_ROWS} to learn from. Add rows, or leave ` +
        'the table and its relations out.',
    );
  }
}

/** Keys that relations refer to, and those that tables name. */
function keysOf(tables: ReadonlyMap<string, Table>, linked: LinkedTables): Map<string, Key[]> {
  const named = new Map(
    linked.tables.map(({ name, key }) => [name, new Set(key === undefined ? [] : [key])]),
  );
  for (const { parentTable, parentKeyColumn } of linked.relations)
    named.get(parentTable)!.add(parentKeyColumn);
  return new Map(
    [...named].map(([name, columns]) => [
      name,
      [...columns].map((column) => fitKey(tables.get(name)!, column, name)),
    ]),
  );
}

function requireForeign(relation: Relation, child: Table, keys: ReadonlyMap<string, readonly Key[]>): void {
  const { childTable, foreignKeyColumn, parentTable, parentKeyColumn } = relation;
  const { schema } = namedColumn(child, foreignKeyColumn, childTable);
  if (keys.get(childTable)!.some(({ column }) => column === foreignKeyColumn)) {
    throw new UserFailure(
      'INVALID_CONFIG',
      `"${childTable}.${foreignKeyColumn}" can't be the key of its table and point at "${parentTable}" at once ` +
        `(${relationText(relation)}). Join the two tables into one, which have a row for each other.`,
      { column: foreignKeyColumn },
    );
  }
  requireWritable(
    relation,
    schema,
    keys.get(parentTable)!.find(({ column }) => column === parentKeyColumn)!,
  );
}

function orphansNote(relation: Relation, orphans: number, rows: number): string {
  return (
    `${orphans.toLocaleString('en')} of ${rows.toLocaleString('en')} rows of "${relation.childTable}" point at no row of ` +
    `"${relation.parentTable}" (${relationText(relation)}): their "${relation.foreignKeyColumn}" was taken for missing.`
  );
}

/** Foreign keys of orphans are missing from now on, so the columns have to allow it. */
function withMissing(
  table: Table,
  name: string,
  relations: readonly Relation[],
  parents: readonly Int32Array[],
): Table {
  const nullable = new Set(
    relations.flatMap(({ childTable, foreignKeyColumn }, index) =>
      childTable === name && parents[index]!.includes(-1) ? foreignKeyColumn : [],
    ),
  );
  return {
    rows: table.rows,
    columns: table.columns.map((column) =>
      nullable.has(column.schema.name) ? { ...column, schema: { ...column.schema, nullable: true } } : column,
    ),
  };
}

function childrenOf(parents: Int32Array, rows: number): Float64Array {
  const counts = new Float64Array(rows);
  for (const row of parents) if (row >= 0) counts[row]!++;
  return counts;
}
