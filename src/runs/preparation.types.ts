import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type {
  FillMethod,
  OutlierAction,
  OutlierMethod,
  PreparationStep as StoredStep,
  RareReplacement,
  ScaleMethod,
} from '../../schema/messages/preparation.js';

/** Names in the API of what preparation.ts spells in camel case. */
export const FillMethods = {
  MEAN: 'mean',
  MEDIAN: 'median',
  MODE: 'mode',
  VALUE: 'value',
} as const satisfies Record<string, FillMethod>;
export const OutlierMethods = {
  IQR: 'iqr',
  Z_SCORE: 'zScore',
  QUANTILE: 'quantile',
} as const satisfies Record<string, OutlierMethod>;
export const OutlierActions = {
  CLIP: 'clip',
  DROP: 'drop',
  MISSING: 'missing',
} as const satisfies Record<string, OutlierAction>;
export const ScaleMethods = { MIN_MAX: 'minMax', Z_SCORE: 'zScore' } as const satisfies Record<
  string,
  ScaleMethod
>;
export const RareReplacements = { LABEL: 'label', MISSING: 'missing' } as const satisfies Record<
  string,
  RareReplacement
>;

registerEnumType(FillMethods, {
  name: 'FillMethod',
  description: 'What missing cells of a column are filled with.',
  valuesConfig: {
    MEAN: { description: 'The mean of its other cells: numbers and dates.' },
    MEDIAN: { description: 'Their median: numbers and dates.' },
    MODE: { description: 'The most frequent one.' },
    VALUE: { description: 'The step’s `value`.' },
  },
});

registerEnumType(OutlierMethods, {
  name: 'OutlierMethod',
  description: 'Which cells of a column are outliers.',
  valuesConfig: {
    IQR: {
      description: 'Beyond Tukey’s fences: more than `factor` interquartile ranges outside of the quartiles.',
    },
    Z_SCORE: { description: 'More than `factor` standard deviations from the mean.' },
    QUANTILE: { description: 'In the outermost `share` on either side.' },
  },
});

registerEnumType(OutlierActions, {
  name: 'OutlierAction',
  description: 'What becomes of an outlier.',
  valuesConfig: {
    CLIP: { description: 'It is brought to the fence.' },
    DROP: { description: 'Its row is left out.' },
    MISSING: { description: 'Its cell is missing.' },
  },
});

registerEnumType(ScaleMethods, {
  name: 'ScaleMethod',
  description: 'How a column is scaled.',
  valuesConfig: {
    MIN_MAX: {
      description: 'From its smallest value, or lower bound, as 0, to its largest, or upper bound, as 1.',
    },
    Z_SCORE: { description: 'To distances from the mean in standard deviations.' },
  },
});

registerEnumType(RareReplacements, {
  name: 'RareReplacement',
  description: 'What takes the place of rare values.',
  valuesConfig: {
    LABEL: { description: 'The step’s `label`.' },
    MISSING: { description: 'A missing cell.' },
  },
});

const DROP_ROWS = 'Leaves rows out: give either `missingIn` or `where`.';
@ObjectType({ description: DROP_ROWS })
@InputType('DropRowsStepInput', { description: DROP_ROWS })
export class DropRowsStep {
  @Field(() => [String], { nullable: true, description: 'Columns: rows go in which one of them is missing.' })
  missingIn?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'An expression: rows go for which it is true, such as `Quantity < 0`.',
  })
  where?: string | null;
}

const DROP_COLUMNS = 'Takes columns away, from the synthetic table, too.';
@ObjectType({ description: DROP_COLUMNS })
@InputType('DropColumnsStepInput', { description: DROP_COLUMNS })
export class DropColumnsStep {
  @Field(() => [String], { description: 'The columns.' })
  columns!: string[];
}

const FILL_MISSING = 'Fills missing cells, all of a column with the same.';
@ObjectType({ description: FILL_MISSING })
@InputType('FillMissingStepInput', { description: FILL_MISSING })
export class FillMissingStep {
  @Field(() => [String], { description: 'The columns.' })
  columns!: string[];

  @Field(() => FillMethods, { description: 'What they are filled with.' })
  with!: FillMethod;

  @Field(() => String, {
    nullable: true,
    description: 'Given when they are filled with `VALUE`: the value as the file spells it.',
  })
  value?: string | null;
}

const OUTLIERS = 'Guards against outliers of numbers and dates.';
@ObjectType({ description: OUTLIERS })
@InputType('OutliersStepInput', { description: OUTLIERS })
export class OutliersStep {
  @Field(() => [String], { description: 'The columns.' })
  columns!: string[];

  @Field(() => OutlierMethods, { description: 'Which cells are outliers.' })
  method!: OutlierMethod;

  @Field(() => OutlierActions, { description: 'What becomes of them.' })
  action!: OutlierAction;

  @Field(() => Float, {
    nullable: true,
    description: 'Of `IQR` and `Z_SCORE`: how far is too far, up to 1,000. Default: 1.5 and 3.',
  })
  factor?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Of `QUANTILE`: the share on either side, up to 0.25. Default: 0.01.',
  })
  share?: number | null;
}

const DERIVE =
  'Adds a column that follows from others, to the synthetic table, too: there numbers, dates and yes/no follow exactly.';
@ObjectType({ description: DERIVE })
@InputType('DeriveStepInput', { description: DERIVE })
export class DeriveStep {
  @Field(() => String, { description: 'Its name, which no other column has.' })
  column!: string;

  @Field(() => String, {
    description: 'An expression of other columns, such as `round(Price * Quantity, 2)`.',
  })
  formula!: string;
}

const SCALE = 'Scales numbers and dates.';
@ObjectType({ description: SCALE })
@InputType('ScaleStepInput', { description: SCALE })
export class ScaleStep {
  @Field(() => [String], { description: 'The columns.' })
  columns!: string[];

  @Field(() => ScaleMethods, { description: 'How.' })
  method!: ScaleMethod;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the synthetic table has the scaled values. Default: false, only the generator sees them, and its rows are scaled back.',
  })
  keep?: boolean | null;
}

const BOUNDS =
  'Bounds that are known without the data: real values beyond are brought to them, the model takes the range from them, and no synthetic value is outside. Give `minimum` and `maximum`, or `earliest` and `latest`.';
@ObjectType({ description: BOUNDS })
@InputType('BoundsStepInput', { description: BOUNDS })
export class BoundsStep {
  @Field(() => String, { description: 'The column; no earlier step may have looked at its values.' })
  column!: string;

  @Field(() => Float, { nullable: true, description: 'Its smallest number.' })
  minimum?: number | null;

  @Field(() => Float, { nullable: true, description: 'Its largest number.' })
  maximum?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its first time, such as `2026-01-31` or `2026-01-31T08:26:00`.',
  })
  earliest?: string | null;

  @Field(() => String, { nullable: true, description: 'Its last time.' })
  latest?: string | null;
}

const RARE_CATEGORIES =
  'Replaces values that few rows have before anything learns them, so that none is given away.';
@ObjectType({ description: RARE_CATEGORIES })
@InputType('RareCategoriesStepInput', { description: RARE_CATEGORIES })
export class RareCategoriesStep {
  @Field(() => [String], { description: 'The columns, of the kinds CATEGORY and TEXT.' })
  columns!: string[];

  @Field(() => Int, { description: 'The fewest rows that a value must have to stay; at least 2.' })
  minimumSupport!: number;

  @Field(() => RareReplacements, { nullable: true, description: 'What takes their place. Default: `LABEL`.' })
  as?: RareReplacement | null;

  @Field(() => String, { nullable: true, description: 'The label. Default: `other`.' })
  label?: string | null;
}

@ObjectType({ description: 'One thing that is done to the real table; one of the fields is set.' })
@InputType('PreparationStepInput', {
  description:
    'One thing to do to the real table before the generator learns from it. Give exactly one of the fields.',
})
export class PreparationStep {
  @Field(() => DropRowsStep, { nullable: true, description: DROP_ROWS })
  dropRows?: DropRowsStep | null;

  @Field(() => DropColumnsStep, { nullable: true, description: DROP_COLUMNS })
  dropColumns?: DropColumnsStep | null;

  @Field(() => FillMissingStep, { nullable: true, description: FILL_MISSING })
  fillMissing?: FillMissingStep | null;

  @Field(() => OutliersStep, { nullable: true, description: OUTLIERS })
  outliers?: OutliersStep | null;

  @Field(() => DeriveStep, { nullable: true, description: DERIVE })
  derive?: DeriveStep | null;

  @Field(() => ScaleStep, { nullable: true, description: SCALE })
  scale?: ScaleStep | null;

  @Field(() => BoundsStep, { nullable: true, description: BOUNDS })
  bounds?: BoundsStep | null;

  @Field(() => RareCategoriesStep, { nullable: true, description: RARE_CATEGORIES })
  rareCategories?: RareCategoriesStep | null;
}

/** A stored step as its GraphQL type shows it. */
export function shownStep({ type, ...fields }: StoredStep): PreparationStep {
  return { [type]: fields };
}
