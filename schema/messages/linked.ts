import { z } from 'zod';

/** Tables that one run may link. */
export const MAX_LINKED_TABLES = 20;

/** What a table is called within a run: also the name of its files and of its series. */
export const TableName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,49}$/i, 'a name of 1–50 letters, digits and _, beginning with a letter');

/** Rows of `childTable` point at rows of `parentTable`: the one column holds values of the other, which has each once. */
export const Relation = z.strictObject({
  childTable: TableName,
  foreignKeyColumn: z.string().min(1),
  parentTable: TableName,
  parentKeyColumn: z.string().min(1),
});
export type Relation = z.infer<typeof Relation>;

export const LinkedTable = z.strictObject({
  name: TableName,
  /** Column that identifies its rows, where no relation refers to it and it isn't of the kind ID. */
  key: z.string().min(1).optional(),
});
export type LinkedTable = z.infer<typeof LinkedTable>;

/** What to do about foreign keys that no parent has: fail, or take them for missing. */
export const Orphans = z.enum(['refuse', 'missing']);
export type Orphans = z.infer<typeof Orphans>;

/** Several tables and what holds them together. Of a child's relations the first decides how many rows a parent has. */
export const LinkedTables = z
  .strictObject({
    tables: z.array(LinkedTable).min(2).max(MAX_LINKED_TABLES),
    relations: z.array(Relation).min(1).max(50),
    orphans: Orphans.optional(),
    /** Rows of tables without parents, as a multiple of the real ones; children follow. */
    scale: z.number().min(0.001).max(1000).optional(),
  })
  .superRefine(({ tables, relations }, context) => {
    const refuse = (message: string, ...path: (string | number)[]): void =>
      context.addIssue({ code: 'custom', message, path });
    const names = new Set<string>();
    tables.forEach(({ name }, index) => {
      if (names.has(name.toLowerCase())) {
        refuse('a name that no other table has, whatever the case', 'tables', index, 'name');
      }
      names.add(name.toLowerCase());
    });
    const isTable = (name: string): boolean => tables.some((table) => table.name === name);
    relations.forEach((relation, index) => {
      for (const side of ['childTable', 'parentTable'] as const) {
        if (!isTable(relation[side])) {
          const known = tables.map(({ name }) => name).join(', ');
          refuse(`the name of a table (${known})`, 'relations', index, side);
        }
      }
      if (relation.childTable === relation.parentTable) {
        refuse(
          `another table than the child: "${relationText(relation)}" refers to itself, which can't be learnt. Leave the ` +
            'relation out; the column is then one like any other',
          'relations',
          index,
          'parentTable',
        );
      }
      const same = (other: Relation): boolean =>
        other.childTable === relation.childTable && other.foreignKeyColumn === relation.foreignKeyColumn;
      if (relations.findIndex(same) < index) {
        refuse('a column that no other relation of the table has', 'relations', index, 'foreignKeyColumn');
      }
    });
    const cycle = tablesOnCycles(tables, relations);
    const cyclic = relations.findIndex(
      ({ childTable, parentTable }) =>
        childTable !== parentTable && cycle.includes(childTable) && cycle.includes(parentTable),
    );
    if (cyclic >= 0) {
      refuse(
        `one without cycles: "${relationText(relations[cyclic]!)}" is on a way that leads from a table back to itself, among ` +
          `${cycle.join(', ')}. Leave one of their relations out`,
        'relations',
        cyclic,
      );
    }
  });
export type LinkedTables = z.infer<typeof LinkedTables>;

/** Tables so that each comes after its parents; those on a cycle, and whatever hangs on one, are missing. */
export function parentsFirst(
  tables: readonly Pick<LinkedTable, 'name'>[],
  relations: readonly Relation[],
): string[] {
  const order: string[] = [];
  for (;;) {
    const next = tables.find(
      ({ name }) =>
        !order.includes(name) &&
        relations.every(({ childTable, parentTable }) => childTable !== name || order.includes(parentTable)),
    );
    if (!next) return order;
    order.push(next.name);
  }
}

/** Tables that are on a cycle of relations, or between two of them. */
function tablesOnCycles(tables: readonly LinkedTable[], relations: readonly Relation[]): string[] {
  const among = relations.filter(({ childTable, parentTable }) => childTable !== parentTable);
  const order = parentsFirst(tables, among);
  const left = tables.filter(({ name }) => !order.includes(name));
  // What only hangs on a cycle comes first when the arrows are turned round.
  const turned = among
    .filter(({ childTable, parentTable }) => !order.includes(childTable) && !order.includes(parentTable))
    .map((relation) => ({
      ...relation,
      childTable: relation.parentTable,
      parentTable: relation.childTable,
    }));
  const hanging = parentsFirst(left, turned);
  return left.map(({ name }) => name).filter((name) => !hanging.includes(name));
}

/** A relation as people write it. */
export function relationText(relation: Relation): string {
  const { childTable, foreignKeyColumn, parentTable, parentKeyColumn } = relation;
  return `${childTable}.${foreignKeyColumn} → ${parentTable}.${parentKeyColumn}`;
}
