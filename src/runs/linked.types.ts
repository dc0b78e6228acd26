import { Field, Float, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { MAX_LINKED_TABLES } from '../../schema/messages/linked.js';
import { LINKED_OPTIONS } from './generator-options.types.js';

/** As messages have them, by the names of the API. */
export const OrphanHandling = { REFUSE: 'refuse', MISSING: 'missing' } as const;

registerEnumType(OrphanHandling, {
  name: 'OrphanHandling',
  description: 'What to do about real foreign keys that no parent has.',
  valuesConfig: {
    REFUSE: { description: 'The run fails, and names the first.' },
    MISSING: { description: 'They count as missing, and the report says how many there were.' },
  },
});

@ObjectType({ description: 'Rows of one table point at rows of another.' })
@InputType('RelationInput', { description: 'Rows of one table point at rows of another.' })
export class Relation {
  @Field(() => String, { description: 'The table whose rows point.' })
  childTable!: string;

  @Field(() => String, { description: 'Its column that holds what identifies the parent.' })
  foreignKeyColumn!: string;

  @Field(() => String, { description: 'The table that is pointed at.' })
  parentTable!: string;

  @Field(() => String, { description: 'Its column that holds a value of its own for each row.' })
  parentKeyColumn!: string;
}

@InputType({ description: 'One of several tables to learn from.' })
export class LinkedTableInput {
  @Field(() => String, {
    description:
      'What relations, files and series call it: 1–50 letters, digits and _, beginning with a letter.',
  })
  name!: string;

  @Field(() => ID, { description: 'Its rows; a version that is READY.' })
  datasetVersionId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The column that identifies its rows, where no relation refers to it and its kind is not ID: its values are then made anew.',
  })
  key?: string | null;
}

@InputType({
  description:
    'Fit the generator `linked` to several tables that refer to each other, sample and score all of them. Every foreign key of a ' +
    'synthetic row is the key of a synthetic parent.',
})
export class SynthesizeTablesInput {
  @Field(() => [LinkedTableInput], { description: `The tables, 2–${MAX_LINKED_TABLES}.` })
  tables!: LinkedTableInput[];

  @Field(() => [Relation], {
    description:
      'What holds them together, without cycles. The first relation of a child decides how many rows each parent has; parents of its ' +
      'further ones are chosen by what suits the row.',
  })
  relations!: Relation[];

  @Field(() => Float, {
    nullable: true,
    description:
      'Rows of the tables without parents, as a multiple of the real ones, 0.001–1,000; the others follow. Default: 1.',
  })
  scale?: number | null;

  @Field(() => OrphanHandling, {
    nullable: true,
    description: 'What to do about real foreign keys that no parent has. Default: `REFUSE`.',
  })
  orphans?: 'refuse' | 'missing' | null;

  @Field(() => LINKED_OPTIONS.input, { nullable: true, description: 'Options of the generator `linked`.' })
  options?: object | null;
}

@ObjectType({ description: 'One of several tables that a run learns from; `inputs` of the run say which.' })
export class LinkedTable {
  @Field(() => String, { description: 'What relations, files and series call it.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'The column that was said to identify its rows.' })
  key?: string | null;
}

@ObjectType({ description: 'Several tables that a run learns from together.' })
export class LinkedTables {
  @Field(() => [LinkedTable], { description: 'The tables.' })
  tables!: LinkedTable[];

  @Field(() => [Relation], { description: 'What holds them together.' })
  relations!: Relation[];

  @Field(() => Float, {
    description: 'Rows of the tables without parents, as a multiple of the real ones.',
  })
  scale!: number;

  @Field(() => OrphanHandling, { description: 'What is done about real foreign keys that no parent has.' })
  orphans!: string;

  @Field(() => LINKED_OPTIONS.output, { description: 'Options of the generator that were set.' })
  options!: object;
}

/** The stored config of several tables as its GraphQL type shows it; null for one of a single table. */
export function shownTables(config: Record<string, unknown>): LinkedTables | null {
  const linked = config['linked'] as Partial<LinkedTables> | undefined;
  if (!linked) return null;
  return {
    tables: linked.tables ?? [],
    relations: linked.relations ?? [],
    scale: linked.scale ?? 1,
    orphans: linked.orphans ?? 'refuse',
    options: config['options'] as object,
  };
}
