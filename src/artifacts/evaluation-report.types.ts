import { Field, Float, Int, ObjectType, createUnionType, registerEnumType } from 'type-graphql';
import { Relation } from '../runs/linked.types.js';
import {
  ReferenceSource as SOURCES,
  SCORE_NAMES,
  ScoreFamily as FAMILIES,
  type Score as StoredScore,
} from '../../schema/messages/scores.js';
import { ColumnKind } from '../datasets/column.types.js';

/** Names in the API of what scores.ts spells in lower case. */
const ScoreDirection = { HIGHER: 'higher', LOWER: 'lower' } as const satisfies Record<
  string,
  StoredScore['better']
>;
const ScoreUnit = { PERCENT: 'percent', SHARE: 'share', DISTANCE: 'distance' } as const satisfies Record<
  string,
  StoredScore['unit']
>;
const ReferenceSource = SOURCES.enum;
const ScoreFamily = FAMILIES.enum;

registerEnumType(ScoreFamily, {
  name: 'ScoreFamily',
  description: 'What a score answers.',
  valuesConfig: {
    FIDELITY: { description: 'Is it like the real table?' },
    DETECTION: { description: 'Can one tell it from the real table?' },
    UTILITY: { description: 'Can it be used in place of the real table?' },
    PRIVACY: { description: 'Does it give anyone away?' },
    DIVERSITY: { description: 'Is all of the real table there?' },
    CONSISTENCY: { description: 'Does every row keep the rules?' },
  },
});

registerEnumType(ScoreDirection, {
  name: 'ScoreDirection',
  description: 'What an improvement of a score is.',
  valuesConfig: {
    HIGHER: { description: 'A higher value is better.' },
    LOWER: { description: 'A lower value is better.' },
  },
});

registerEnumType(ScoreUnit, {
  name: 'ScoreUnit',
  description: 'How people want to read a score.',
  valuesConfig: {
    PERCENT: { description: '0.012 is read as 1.2 %.' },
    SHARE: { description: '0.012 is read as 0.012.' },
    DISTANCE: {
      description:
        'A distance between rows, 0 or more: a number counts by its share of the real range, different categories count √2.',
    },
  },
});

registerEnumType(ReferenceSource, {
  name: 'ReferenceSource',
  description: 'Which real rows a reference compares.',
  valuesConfig: {
    HOLDOUT: { description: 'Rows that the generator never saw, against the real table.' },
    HALVES: { description: 'One random half of the real table against the other: there was no holdout.' },
    REAL: { description: 'The real table by itself.' },
    IDEAL: {
      description: 'No rows: what the score is by its definition when the generator knows no single row.',
    },
  },
});

@ObjectType({ description: 'One number that says how a synthetic table compares with the real one.' })
export class Score {
  @Field(() => String, {
    description: `Its name: ${Object.values(SCORE_NAMES)
      .map((name) => `\`${name}\``)
      .join(', ')}. More may come.`,
  })
  name!: string;

  @Field(() => ScoreFamily, { description: 'What it answers.' })
  family!: string;

  @Field(() => Float, {
    description: 'From 0 to 1; only distances and a `utility` that is an error may exceed 1.',
  })
  value!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'The same score of real rows: what a perfect generator could be expected to reach.',
  })
  reference!: number | null;

  @Field(() => ReferenceSource, { nullable: true, description: 'Which real rows the reference compares.' })
  referenceSource!: string | null;

  @Field(() => ScoreDirection, { description: 'What an improvement is.' })
  better!: string;

  @Field(() => ScoreUnit, { description: 'How people want to read it.' })
  unit!: string;

  @Field(() => String, { description: "A plain sentence for someone who doesn't know the score." })
  meaning!: string;
}

@ObjectType({ description: 'A share of the rows in each of the two tables.' })
export class RealAndSynthetic {
  @Field(() => Float, { description: 'Of the real table, 0–1.' })
  real!: number;

  @Field(() => Float, { description: 'Of the synthetic table, 0–1.' })
  synthetic!: number;
}

@ObjectType({ description: 'The mean of a column in each of the two tables.' })
export class MeanComparison {
  @Field(() => Float, { nullable: true, description: 'In the real table; null when every cell is missing.' })
  real!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'In the synthetic table; null when every cell is missing.',
  })
  synthetic!: number | null;
}

@ObjectType({ description: 'A value so frequent that it would dwarf the bars of a histogram.' })
export class FrequentValue {
  @Field(() => Float, { description: 'The value; of date-times: milliseconds since 1970.' })
  value!: number;

  @Field(() => Float, { description: 'Share of real rows that hold it.' })
  real!: number;

  @Field(() => Float, { description: 'Share of synthetic rows that hold it.' })
  synthetic!: number;
}

@ObjectType({ description: 'Bars of a numeric or date-time column. Shares are of the cells that are there.' })
export class HistogramComparison {
  @Field(() => [Float], {
    description: 'Rising; one more than there are bars. Of date-times: milliseconds since 1970.',
  })
  edges!: number[];

  @Field(() => [Float], { description: 'Share of real rows in each bar.' })
  real!: number[];

  @Field(() => [Float], { description: 'Share of synthetic rows in each bar.' })
  synthetic!: number[];

  @Field(() => Boolean, { description: 'Whether the first bar also holds everything below its edge.' })
  openLow!: boolean;

  @Field(() => Boolean, { description: 'Whether the last bar also holds everything above its edge.' })
  openHigh!: boolean;

  @Field(() => FrequentValue, { nullable: true, description: 'A value that is left out of the bars.' })
  atom!: FrequentValue | null;
}

@ObjectType({ description: 'The categories that are not shown by name, together.' })
export class OtherCategories {
  @Field(() => Int, { description: 'How many; 0 when all are shown.' })
  categories!: number;

  @Field(() => Float, { description: 'Share of real rows.' })
  real!: number;

  @Field(() => Float, { description: 'Share of synthetic rows.' })
  synthetic!: number;
}

@ObjectType({
  description: 'Categories of a column, the most frequent first. Shares are of the cells that are there.',
})
export class CategoriesComparison {
  @Field(() => [String], { description: 'The categories, at most 20.' })
  labels!: string[];

  @Field(() => [Float], { description: 'Share of real rows with each.' })
  real!: number[];

  @Field(() => [Float], { description: 'Share of synthetic rows with each.' })
  synthetic!: number[];

  @Field(() => OtherCategories, { description: 'All others.' })
  other!: OtherCategories;
}

const DRAWING_TYPES = { HISTOGRAM: HistogramComparison, CATEGORIES: CategoriesComparison } as const;

export const ColumnDrawing = createUnionType({
  name: 'ColumnDrawing',
  description: 'The two distributions of a column side by side, ready to draw.',
  types: () => Object.values(DRAWING_TYPES),
  resolveType: (drawing: object) => DRAWING_TYPES[(drawing as { type: keyof typeof DRAWING_TYPES }).type],
});

@ObjectType({ description: 'A column of the real table beside the same of the synthetic one.' })
export class ColumnComparison {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => ColumnKind, { description: 'What it holds.' })
  kind!: ColumnKind;

  @Field(() => Float, {
    nullable: true,
    description:
      'How alike the distributions are, 0–1: 1 − Kolmogorov–Smirnov statistic for numbers and date-times, ' +
      '1 − total variation distance for the rest; null for IDs and text.',
  })
  shape!: number | null;

  @Field(() => MeanComparison, { nullable: true, description: 'The means, of numbers and date-times.' })
  mean!: MeanComparison | null;

  @Field(() => RealAndSynthetic, { description: 'Share of missing cells.' })
  missing!: RealAndSynthetic;

  @Field(() => ColumnDrawing, { nullable: true, description: 'What to draw; null for IDs and text.' })
  drawing!: object | null;
}

@ObjectType({ description: 'How well a synthetic table keeps what two columns have to do with each other.' })
export class PairComparison {
  @Field(() => String, { description: 'The one that comes first in the table.' })
  left!: string;

  @Field(() => String, { description: 'The other one.' })
  right!: string;

  @Field(() => Float, { description: 'How alike the two tables are in it, 0–1; 1 is alike.' })
  trend!: number;
}

@ObjectType({ description: "Pearson's correlation of two columns in each of the two tables, −1 to 1." })
export class CorrelationComparison {
  @Field(() => String, { description: 'The one that comes first in the table.' })
  left!: string;

  @Field(() => String, { description: 'The other one.' })
  right!: string;

  @Field(() => Float, {
    nullable: true,
    description: 'In the real table; null when a column is constant or empty.',
  })
  real!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'In the synthetic table; null when a column is constant or empty.',
  })
  synthetic!: number | null;
}

@ObjectType({ description: 'How many rows an evaluation looked at.' })
export class EvaluatedRows {
  @Field(() => Int, { description: 'Rows of the real table.' })
  real!: number;

  @Field(() => Int, { description: 'Rows of the synthetic table.' })
  synthetic!: number;

  @Field(() => Int, { nullable: true, description: 'Rows of the holdout; null: there was none.' })
  test!: number | null;

  @Field(() => Int, { description: 'Real rows that were compared: a random cut of a long table.' })
  comparedReal!: number;

  @Field(() => Int, { description: 'Synthetic rows that were compared.' })
  comparedSynthetic!: number;
}

@ObjectType({ description: 'A score from 0 to 1, higher is better, beside the same of real data.' })
export class ComparedScore {
  @Field(() => Float, { description: 'Of the synthetic tables.' })
  value!: number;

  @Field(() => Float, {
    description: 'Of one random half of the real parents, with their children, against the other.',
  })
  reference!: number;
}

@ObjectType({ description: 'Shares of rows in both tables.' })
export class RowShares {
  @Field(() => Float, { description: 'In the real table.' })
  real!: number;

  @Field(() => Float, { description: 'In the synthetic table.' })
  synthetic!: number;
}

@ObjectType({ description: "The trend of a parent's column and a child's." })
export class RelatedPair extends ComparedScore {
  @Field(() => String, { description: "The parent's column." })
  parentColumn!: string;

  @Field(() => String, { description: "The child's column." })
  childColumn!: string;
}

@ObjectType({ description: 'How well synthetic tables keep a relation between two tables.' })
export class RelationScores {
  @Field(() => Relation, { description: 'The relation.' })
  relation!: Relation;

  @Field(() => Float, { description: 'Share of synthetic foreign keys that have a parent: 1.' })
  integrity!: number;

  @Field(() => RowShares, { description: 'Child rows without a parent.' })
  parentless!: RowShares;

  @Field(() => ComparedScore, {
    description: '1 − the Kolmogorov–Smirnov statistic of children per parent.',
  })
  cardinality!: ComparedScore;

  @Field(() => ComparedScore, {
    nullable: true,
    description: "Mean trend over pairs of a parent's and a child's column; null: there are none.",
  })
  trend!: ComparedScore | null;

  @Field(() => ComparedScore, {
    nullable: true,
    description: 'Mean trend over columns between two children of one parent; null: no parent has two.',
  })
  siblings!: ComparedScore | null;

  @Field(() => [RelatedPair], { description: 'The trends by pairs, the worst first.' })
  pairs!: RelatedPair[];
}

@ObjectType({ description: 'What an evaluation of a synthetic table against the real one found.' })
export class EvaluationReport {
  @Field(() => EvaluatedRows, { description: 'How many rows there were.' })
  rows!: EvaluatedRows;

  @Field(() => [Score], { description: 'The scores.' })
  scores!: Score[];

  @Field(() => [ColumnComparison], { description: "The columns, in the real table's order." })
  columns!: ColumnComparison[];

  @Field(() => [PairComparison], { description: 'Every pair of compared columns.' })
  pairs!: PairComparison[];

  @Field(() => [CorrelationComparison], {
    description: 'Every pair of numeric and date-time columns.',
  })
  correlations!: CorrelationComparison[];

  @Field(() => [RelationScores], {
    description: 'How the relations to parents are kept, where the table is one of several.',
  })
  relations!: RelationScores[];

  @Field(() => [String], { description: 'Plain sentences: what was left out or cut, and why.' })
  notes!: string[];
}
