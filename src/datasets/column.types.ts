import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { ColumnKind as KINDS, type ColumnKind as Kind } from '../../schema/messages/column.js';

export const ColumnKind = KINDS.enum;
export type ColumnKind = Kind;

registerEnumType(ColumnKind, {
  name: 'ColumnKind',
  description: 'What a column holds: how it is learnt, compared and written back.',
  valuesConfig: {
    INTEGER: { description: 'Whole numbers.' },
    REAL: { description: 'Numbers with decimals.' },
    BOOLEAN: { description: 'One of two values that say yes and no.' },
    CATEGORY: { description: 'One of a few values, without an order.' },
    DATETIME: { description: 'Dates, with or without a time of day.' },
    TEXT: { description: 'Free text.' },
    ID: { description: 'A name for a row or for something elsewhere; says nothing else.' },
  },
});

@ObjectType({ description: 'A column of a table.' })
export class Column {
  @Field(() => String, { description: 'Its name, as in the header of the file.' })
  name!: string;

  @Field(() => ColumnKind, { description: 'What it holds.' })
  kind!: ColumnKind;

  @Field(() => Boolean, { description: 'Whether cells may be missing.' })
  nullable!: boolean;
}
