import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CompletionScore as StoredScore, MOST_DOUBTS_NAMED } from '../../schema/messages/completion.js';
import { ColumnKind } from '../datasets/column.types.js';

const CompletionMeasure = StoredScore.shape.measure.enum;

registerEnumType(CompletionMeasure, {
  name: 'CompletionMeasure',
  description: 'How values found in place of hidden ones are measured.',
  valuesConfig: {
    ACCURACY: { description: 'Share of the hidden cells that were found exactly: more is better.' },
    ERROR: {
      description: "Mean absolute error as a share of the column's standard deviation: less is better.",
    },
  },
});

@ObjectType({ description: 'How well one method finds hidden cells.' })
export class CompletionFinding {
  @Field(() => Float, { description: 'In the measure of the score, 0 or more.' })
  value!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'R² of numbers and date-times: 1 is exact, 0 as good as their mean, below 0 worse; null for others, and where all hidden cells are equal.',
  })
  r2!: number | null;
}

@ObjectType({ description: 'How well hidden cells of a column were found, beside two simple methods.' })
export class CompletionScore {
  @Field(() => CompletionMeasure, { description: 'What is measured.' })
  measure!: string;

  @Field(() => Int, { description: 'Known cells that were hidden.' })
  cells!: number;

  @Field(() => CompletionFinding, { description: 'Of the model.' })
  model!: CompletionFinding;

  @Field(() => CompletionFinding, { description: "Of the column's mean, or its most frequent value." })
  simple!: CompletionFinding;

  @Field(() => CompletionFinding, {
    description: 'Of the mean, or the most frequent value, of the ten nearest rows.',
  })
  neighbours!: CompletionFinding;
}

@ObjectType({ description: 'What was done about a column.' })
export class CompletedColumn {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => ColumnKind, { description: 'What it holds.' })
  kind!: ColumnKind;

  @Field(() => Int, { description: 'Cells that were missing.' })
  missing!: number;

  @Field(() => Int, { description: 'Of these, cells that have a value now.' })
  filled!: number;

  @Field(() => Int, { description: 'Known cells that were looked at for doubts.' })
  checked!: number;

  @Field(() => Int, { description: 'Of these, cells found doubtful.' })
  doubtful!: number;

  @Field(() => CompletionScore, {
    nullable: true,
    description: 'How well hidden cells were found; null where none was hidden.',
  })
  score!: CompletionScore | null;
}

@ObjectType({
  description: 'A known cell that is improbable beside the rest of its row. It was not changed.',
})
export class DoubtfulCell {
  @Field(() => Int, { description: 'Its row; 1 is the first row of data.' })
  row!: number;

  @Field(() => String, { description: 'Its column.' })
  column!: string;

  @Field(() => String, { description: 'What it holds, as the file spells it.' })
  value!: string;

  @Field(() => String, { nullable: true, description: 'What the model would put there, if it knows.' })
  suggestion!: string | null;

  @Field(() => Float, { description: 'Probability of all values that are at most as likely, 0–1.' })
  probability!: number;
}

@ObjectType({ description: 'What a run that completes a table found.' })
export class CompletionReport {
  @Field(() => Int, { description: 'Rows of the table.' })
  rows!: number;

  @Field(() => Int, { description: 'Rows in which known cells were hidden.' })
  hiddenRows!: number;

  @Field(() => Boolean, { description: 'Whether the model did not learn from those rows.' })
  heldOut!: boolean;

  @Field(() => [CompletedColumn], { description: "The columns, in the table's order." })
  columns!: CompletedColumn[];

  @Field(() => [DoubtfulCell], {
    description: `Doubtful cells, the least probable first; the first ${MOST_DOUBTS_NAMED.toLocaleString('en')}. The artifact of the kind CELLS has all.`,
  })
  doubts!: DoubtfulCell[];

  @Field(() => [String], { description: 'Plain sentences: what was left out or cut, and why.' })
  notes!: string[];
}
