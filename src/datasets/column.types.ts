import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ColumnKind as ColumnKindSchema } from '../../schema/messages/column.js';

export const ColumnKind = ColumnKindSchema.enum;
export type ColumnKind = (typeof ColumnKind)[keyof typeof ColumnKind];

registerEnumType(ColumnKind, {
  name: 'ColumnKind',
  description: 'What a column holds. Decides how it is learnt, compared and written.',
  valuesConfig: {
    INTEGER: { description: 'Whole numbers.' },
    REAL: { description: 'Numbers.' },
    BOOLEAN: { description: 'Two opposite values, such as `TRUE` and `FALSE`.' },
    CATEGORY: { description: 'One of a set of values that come again and again.' },
    DATETIME: { description: 'Dates, with or without a time of day.' },
    TEXT: { description: 'Free text.' },
    ID: { description: 'Names a thing, such as a customer number; carries no quantity.' },
  },
});

const DATE_TIME_PRECISIONS = { DATE: 'date', SECOND: 'second', MILLISECOND: 'millisecond' } as const;

registerEnumType(DATE_TIME_PRECISIONS, {
  name: 'DateTimePrecision',
  description: 'How exact date-times are.',
  valuesConfig: {
    DATE: { description: 'Days.' },
    SECOND: { description: 'Seconds.' },
    MILLISECOND: { description: 'Milliseconds.' },
  },
});

@ObjectType({ description: 'A value, and how often it occurs.' })
export class ValueCount {
  @Field(() => String, {
    description: 'As a CSV file spells it; cut to 80 characters, and then ending in `…`.',
  })
  value!: string;

  @Field(() => Int, { description: 'Rows that hold it.' })
  count!: number;
}

@ObjectType({ description: 'The value below which a share of the values lie.' })
export class Quantile {
  @Field(() => Float, { description: 'The share, 0–1.' })
  p!: number;

  @Field(() => Float, { description: 'The value, interpolated between neighbours.' })
  value!: number;
}

@ObjectType({ description: 'The time before which a share of the times lie.' })
export class DateTimeQuantile {
  @Field(() => Float, { description: 'The share, 0–1.' })
  p!: number;

  @Field(() => String, { description: 'ISO 8601 without zone, UTC.' })
  value!: string;
}

@ObjectType({ description: 'The values of a numeric column.' })
export class NumericSummary {
  @Field(() => Float, { description: 'The smallest.' })
  min!: number;

  @Field(() => Float, { description: 'The largest.' })
  max!: number;

  @Field(() => Float, { nullable: true, description: 'Their mean; null when it overflows.' })
  mean?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Sample standard deviation (n − 1); null for fewer than two values.',
  })
  std?: number | null;

  @Field(() => [Quantile], { description: 'Quantiles, ascending.' })
  quantiles!: Quantile[];
}

@ObjectType({ description: 'The values of a date-time column; ISO 8601 without zone, UTC.' })
export class DateTimeSummary {
  @Field(() => String, { description: 'The earliest.' })
  min!: string;

  @Field(() => String, { description: 'The latest.' })
  max!: string;

  @Field(() => [DateTimeQuantile], { description: 'Quantiles, ascending.' })
  quantiles!: DateTimeQuantile[];
}

@ObjectType({ description: 'How many characters the values have.' })
export class LengthSummary {
  @Field(() => Int, { description: 'The shortest.' })
  min!: number;

  @Field(() => Float, { description: 'Their mean.' })
  mean!: number;

  @Field(() => Int, { description: 'The longest.' })
  max!: number;
}

@ObjectType({ description: 'Values in bins of equal width.' })
export class Histogram {
  @Field(() => [Float], {
    description:
      'Rising, one more than there are bins. Of date-time columns: milliseconds since 1970. The last bin is closed.',
  })
  edges!: number[];

  @Field(() => [Int], { description: 'Values in each bin.' })
  counts!: number[];
}

@ObjectType({ description: 'What is in a column.' })
export class ColumnProfile {
  @Field(() => Int, { description: 'Cells that hold a value.' })
  count!: number;

  @Field(() => Int, { description: 'Cells that hold none.' })
  missing!: number;

  @Field(() => Int, { description: 'Different values.' })
  distinct!: number;

  @Field(() => [ValueCount], {
    description: 'Spellings that were read as missing, other than an empty cell.',
  })
  missingSpellings!: ValueCount[];

  @Field(() => NumericSummary, { nullable: true, description: 'Of INTEGER and REAL columns.' })
  numeric?: NumericSummary | null;

  @Field(() => DateTimeSummary, { nullable: true, description: 'Of DATETIME columns.' })
  dateTime?: DateTimeSummary | null;

  @Field(() => LengthSummary, { nullable: true, description: 'Of CATEGORY, TEXT and ID columns.' })
  lengths?: LengthSummary | null;

  @Field(() => [ValueCount], {
    description: 'The most frequent values, at most 20; fewer in wide tables.',
  })
  topValues!: ValueCount[];

  @Field(() => Histogram, { nullable: true, description: 'Of INTEGER, REAL and DATETIME columns.' })
  histogram?: Histogram | null;
}

@ObjectType({ description: 'A column of a table.' })
export class Column {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => ColumnKind, { description: 'What it holds.' })
  kind!: ColumnKind;

  @Field(() => Boolean, { description: 'Whether a cell of it is missing.' })
  nullable!: boolean;

  @Field(() => Boolean, {
    description: 'Whether all values differ and none is missing, so that it can identify a row.',
  })
  unique!: boolean;

  @Field(() => Int, { nullable: true, description: 'Of REAL columns: most digits after the point.' })
  decimals?: number | null;

  @Field(() => DATE_TIME_PRECISIONS, {
    nullable: true,
    description: 'Of DATETIME columns: how exact the values are.',
  })
  precision?: string | null;

  @Field(() => ColumnProfile, {
    nullable: true,
    description: 'What is in it; null where only the schema is known, as of synthetic tables.',
  })
  profile?: ColumnProfile | null;
}
