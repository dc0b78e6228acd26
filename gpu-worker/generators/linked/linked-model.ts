import { z } from 'zod';
import { LinkedTables, type Relation } from '../../../schema/messages/linked.js';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { MAX_SYNTHETIC_ROWS } from '../../../schema/messages/run-config.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../compute/safetensors.js';
import { UserFailure } from '../../failure.js';
import { concatenate } from '../../tables/concatenate.js';
import { columnOf, isNumeric, isNumericKind, type Column, type Table } from '../../tables/table.js';
import { autoregressive } from '../autoregressive/autoregressive.js';
import type { FittedGenerator, SampleSession } from '../generator.js';
import { foreignKeys, freshKeys } from './keys.js';
import { matchParents } from './matching.js';
import { childCodes, codeColumn, codesIn, parentCodes, type ParentCodes } from './parent-codes.js';
import { flagColumn, TablePlan } from './table-plan.js';

export const LINKED_FORMAT = 'synthcart linked model 1';

const Description = z.strictObject({
  linked: LinkedTables,
  /** Parents first. */
  plans: z.array(TablePlan),
});

/** A table's plan, and the generator of what isn't a key in it; undefined where there is nothing else. */
export interface PlannedTable {
  readonly plan: TablePlan;
  readonly model: FittedGenerator | undefined;
}

/** What is kept of a table that has been drawn, for its children. */
interface Drawn {
  /** As its model has it. */
  readonly learnt: Table;
  readonly keys: ReadonlyMap<string, Column>;
}

/** A fitted generator of several tables: whatever it draws, every foreign key has its parent. */
export class LinkedModel {
  constructor(
    readonly linked: LinkedTables,
    private readonly planned: readonly PlannedTable[],
  ) {}

  /** Parents first. */
  get tables(): readonly { readonly name: string; readonly columns: readonly ColumnSchema[] }[] {
    return this.planned.map(({ plan }) => ({ name: plan.name, columns: plan.columns }));
  }

  /** The first table without parents, and how many rows the real one has. */
  get root(): { readonly name: string; readonly rows: number } {
    const { plan } = this.planned.find((one) => !one.plan.driver)!;
    return { name: plan.name, rows: plan.rows };
  }

  /**
   * All tables, parents first. `scale` is the number of rows of tables without parents, as a multiple of the real ones. Tables are
   * held in memory as long as children are to be drawn.
   *
   * @throws UserFailure LIMIT_EXCEEDED before more than `MAX_SYNTHETIC_ROWS` rows are made
   */
  async *sample(scale: number, session: SampleSession): AsyncIterable<{ name: string; table: Table }> {
    const random = Random.seeded(session.seed);
    const drawn = new Map<string, Drawn>();
    let total = 0;
    for (const [index, { plan, model }] of this.planned.entries()) {
      session.signal.throwIfAborted();
      const ofTable = random.derive('table', plan.name);
      const drivers = plan.driver && this.#driverRows(plan.driver, scale, drawn, ofTable.derive('order'));
      const rows = drivers?.length ?? Math.max(1, Math.round(scale * plan.rows));
      total += rows;
      if (total > MAX_SYNTHETIC_ROWS) throw tooMany(plan.name, total, scale);
      const progress = (fraction: number): void => session.progress((index + fraction) / this.planned.length);
      const { learnt, parents } = await this.#rowsOf({ plan, model }, rows, drivers, drawn, ofTable, {
        ...session,
        progress,
      });
      const keys = new Map(
        plan.keys.map((key) => {
          const schema = plan.columns.find(({ name }) => name === key.column)!;
          return [key.column, freshKeys(key, schema, rows, ofTable.derive('keys', key.column))] as const;
        }),
      );
      drawn.set(plan.name, { learnt, keys });
      const foreign = new Map(
        [...parents].map(([relation, parentRows]) => {
          const { foreignKeyColumn, parentTable, parentKeyColumn } = this.#relation(relation);
          const schema = plan.columns.find(({ name }) => name === foreignKeyColumn)!;
          const column = foreignKeys(schema, drawn.get(parentTable)!.keys.get(parentKeyColumn)!, parentRows);
          return [foreignKeyColumn, column] as const;
        }),
      );
      const columns = plan.columns.map(
        ({ name }) => keys.get(name) ?? foreign.get(name) ?? columnOf(learnt, name),
      );
      yield { name: plan.name, table: { rows, columns } };
      session.progress((index + 1) / this.planned.length);
    }
  }

  /** One safetensors file: the tensors of all tables' models, each under its table's name. Holds no training row. */
  async save(): Promise<Uint8Array> {
    const tensors = new Map<string, StoredTensor>();
    const metadata: Record<string, string> = { format: LINKED_FORMAT };
    for (const { plan, model } of this.planned) {
      if (!model) continue;
      const file = readSafetensors(await model.save());
      for (const [name, tensor] of file.tensors) tensors.set(`${plan.name}/${name}`, tensor);
      metadata[`model ${plan.name}`] = JSON.stringify(file.metadata);
    }
    const description: z.infer<typeof Description> = {
      linked: this.linked,
      plans: this.planned.map(({ plan }) => plan),
    };
    metadata['description'] = JSON.stringify(description);
    return writeSafetensors(tensors, metadata);
  }

  /** Reads what `save` wrote; throws a RangeError for a file of another format. */
  static async load(file: Uint8Array): Promise<LinkedModel> {
    const { tensors, metadata } = readSafetensors(file);
    if (metadata['format'] !== LINKED_FORMAT) {
      throw new RangeError(`a model of the format "${metadata['format']}" isn't "${LINKED_FORMAT}"`);
    }
    const { linked, plans } = Description.parse(JSON.parse(metadata['description'] ?? 'null'));
    const planned = plans.map(async (plan): Promise<PlannedTable> => {
      const inner = metadata[`model ${plan.name}`];
      if (inner === undefined) return { plan, model: undefined };
      const own = [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${plan.name}/`) ? [[name.slice(plan.name.length + 1), tensor] as const] : [],
      );
      const described = z.record(z.string(), z.string()).parse(JSON.parse(inner));
      return { plan, model: await autoregressive.load(writeSafetensors(new Map(own), described)) };
    });
    return new LinkedModel(linked, await Promise.all(planned));
  }

  #relation(index: number): Relation {
    return this.linked.relations[index]!;
  }

  /** The parent of each row to come, −1 for none, in random order. */
  #driverRows(
    { relation, parentless }: NonNullable<TablePlan['driver']>,
    scale: number,
    drawn: ReadonlyMap<string, Drawn>,
    random: Random,
  ): Int32Array {
    const counts = this.#counts(relation, drawn);
    const alone = Math.round(scale * parentless);
    const rows = counts.reduce((sum, count) => sum + count, alone);
    if (rows > MAX_SYNTHETIC_ROWS) throw tooMany(this.#relation(relation).childTable, rows, scale);
    const parents = new Int32Array(rows).fill(-1);
    let next = 0;
    counts.forEach((count, parent) => {
      parents.fill(parent, next, next + count);
      next += count;
    });
    return Int32Array.from(random.permutation(rows), (place) => parents[place]!);
  }

  /** How many children the parent's model has drawn for each of its rows. */
  #counts(relation: number, drawn: ReadonlyMap<string, Drawn>): Float64Array {
    const { parentTable } = this.#relation(relation);
    const { plan } = this.planned.find((one) => one.plan.name === parentTable)!;
    const name = plan.counts.find((count) => count.relation === relation)!.column;
    const column = columnOf(drawn.get(parentTable)!.learnt, name);
    if (!isNumeric(column)) throw new TypeError(`"${name}" isn't numeric`);
    return column.values.map((value) => Math.max(0, Math.round(value)));
  }

  /** The rows of a table as its model has them, and the parents of each by relation. */
  async #rowsOf(
    { plan, model }: PlannedTable,
    rows: number,
    drivers: Int32Array | undefined,
    drawn: ReadonlyMap<string, Drawn>,
    random: Random,
    session: SampleSession,
  ): Promise<{ learnt: Table; parents: ReadonlyMap<number, Int32Array> }> {
    const parents = new Map<number, Int32Array>();
    const known: Column[] = [];
    const tell = (relation: number, codes: readonly ParentCodes[], ofRows: Int32Array): void => {
      const { learnt } = drawn.get(this.#relation(relation).parentTable)!;
      parents.set(relation, ofRows);
      for (const coding of codes) {
        const ofParents = parentCodes(coding, columnOf(learnt, coding.attribute));
        known.push(codeColumn(coding, childCodes(coding, ofParents, ofRows)));
      }
    };
    if (plan.driver && drivers) tell(plan.driver.relation, plan.driver.codes, drivers);
    const first =
      plan.matched.length > 0
        ? await drawRows(model, known, rows, {
            ...session,
            progress: () => {},
            seed: seedOf(random, 'wanted parents'),
          })
        : undefined;
    for (const { relation, flag, codes } of plan.matched) {
      const { learnt } = drawn.get(this.#relation(relation).parentTable)!;
      const chosen = matched(
        { wanted: first!, flag, codes, parents: learnt, weights: this.#counts(relation, drawn) },
        random.derive('matching', relation),
      );
      if (flag !== undefined) known.push(flagColumn(flag, chosen));
      tell(relation, codes, chosen);
    }
    const learnt = await drawRows(model, known, rows, { ...session, seed: seedOf(random, 'rows') });
    return { learnt, parents };
  }
}

interface Matching {
  /** Rows that say what parents they want. */
  readonly wanted: Table;
  readonly flag: string | undefined;
  readonly codes: readonly ParentCodes[];
  readonly parents: Table;
  readonly weights: Float64Array;
}

/** A parent for each row that wants one, else −1. */
function matched({ wanted, flag, codes, parents, weights }: Matching, random: Random): Int32Array {
  const flags = flag === undefined ? undefined : columnOf(wanted, flag);
  if (flags && !isNumeric(flags)) throw new TypeError(`"${flag}" isn't numeric`);
  const rows = Int32Array.from({ length: wanted.rows }, (_, row) => row).filter(
    (row) => !flags || flags.values[row] === 1,
  );
  const chosen = matchParents(
    codes.map((coding) => {
      const ofRows = codesIn(columnOf(wanted, coding.column));
      return {
        children: rows.map((row) => ofRows[row]!),
        parents: parentCodes(coding, columnOf(parents, coding.attribute)),
        ordered: coding.values.type === 'ranges' ? coding.values.edges.length + 1 : 0,
      };
    }),
    weights,
    rows.length,
    random,
  );
  const all = new Int32Array(wanted.rows).fill(-1);
  rows.forEach((row, place) => (all[row] = chosen[place]!));
  return all;
}

/** Rows of the model around those columns, all of which come first in its order. */
async function drawRows(
  model: FittedGenerator | undefined,
  known: readonly Column[],
  rows: number,
  session: SampleSession,
): Promise<Table> {
  if (!model) return { rows, columns: [] };
  const chunks: Table[] = [];
  const drawing =
    known.length > 0 ? model.complete!({ rows, columns: known }, session) : model.sample(rows, session);
  for await (const chunk of drawing) chunks.push(chunk);
  return chunks.length > 0 ? concatenate(chunks) : empty(model.columns);
}

function empty(columns: readonly ColumnSchema[]): Table {
  return {
    rows: 0,
    columns: columns.map((schema) =>
      isNumericKind(schema.kind)
        ? { schema, values: new Float64Array(0) }
        : { schema, codes: new Int32Array(0), categories: [] },
    ),
  };
}

const seedOf = (random: Random, part: string): number => random.derive(part).uint32() >>> 1;

function tooMany(table: string, rows: number, scale: number): UserFailure {
  return new UserFailure(
    'LIMIT_EXCEEDED',
    `With "${table}" the tables would have ${rows.toLocaleString('en')} rows together, more than the ` +
      `${MAX_SYNTHETIC_ROWS.toLocaleString('en')} that one run may make. Ask for a smaller scale than ${scale}.`,
    { field: 'linked.scale' },
  );
}
