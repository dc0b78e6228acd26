import { z } from 'zod';
import { ExpressionText } from './expression.js';
import { Time } from './time.js';

const ColumnName = z.string().min(1);

/** Most steps of a run's preparation, and columns of one step. */
export const MOST_PREPARATION_STEPS = 50;
const MOST_COLUMNS = 200;

const Columns = z
  .array(ColumnName)
  .min(1)
  .max(MOST_COLUMNS)
  .refine((names) => new Set(names).size === names.length, 'a list of columns that differ');

/** Rows go in which one of the columns is missing, or for which the expression is true. */
export const DropRowsStep = z
  .strictObject({
    type: z.literal('dropRows'),
    missingIn: Columns.optional(),
    where: ExpressionText.optional(),
  })
  .refine(
    ({ missingIn, where }) => (missingIn === undefined) !== (where === undefined),
    'a step with either missingIn or where',
  );

export const DropColumnsStep = z.strictObject({ type: z.literal('dropColumns'), columns: Columns });

/** What missing cells are filled with: of the column's other cells, or `value`. */
export const FillMethod = z.enum(['mean', 'median', 'mode', 'value']);
export type FillMethod = z.infer<typeof FillMethod>;

export const FillMissingStep = z
  .strictObject({
    type: z.literal('fillMissing'),
    columns: Columns,
    with: FillMethod,
    /** As the table's file spells it. */
    value: z.string().min(1).optional(),
  })
  .refine(
    (step) => (step.with === 'value') === (step.value !== undefined),
    'a step with a value when it fills with one, and else without',
  );

/**
 * Where a column's outliers begin: beyond Tukey's fences, `factor` interquartile ranges outside of the quartiles; more than
 * `factor` standard deviations from the mean; or in the outermost `share` of the cells, on either side.
 */
export const OutlierMethod = z.enum(['iqr', 'zScore', 'quantile']);
export type OutlierMethod = z.infer<typeof OutlierMethod>;

/** The cell is brought to the fence, its row goes, or the cell becomes missing. */
export const OutlierAction = z.enum(['clip', 'drop', 'missing']);
export type OutlierAction = z.infer<typeof OutlierAction>;

export const OutliersStep = z
  .strictObject({
    type: z.literal('outliers'),
    columns: Columns,
    method: OutlierMethod,
    action: OutlierAction,
    /** 1.5 interquartile ranges or 3 standard deviations when not given. */
    factor: z.number().positive().max(1000).optional(),
    /** 0.01 when not given. */
    share: z.number().positive().max(0.25).optional(),
  })
  .refine(
    ({ method, factor }) => method !== 'quantile' || factor === undefined,
    'a step without a factor when its method is quantile',
  )
  .refine(
    ({ method, share }) => method === 'quantile' || share === undefined,
    'a step with a share only when its method is quantile',
  );

/** A new column that follows from others, and stays in the synthetic table. */
export const DeriveStep = z.strictObject({
  type: z.literal('derive'),
  column: ColumnName,
  formula: ExpressionText,
});

/** minMax: from the smallest value, as 0, to the largest, as 1. zScore: distance from the mean in standard deviations. */
export const ScaleMethod = z.enum(['minMax', 'zScore']);
export type ScaleMethod = z.infer<typeof ScaleMethod>;

export const ScaleStep = z.strictObject({
  type: z.literal('scale'),
  columns: Columns,
  method: ScaleMethod,
  /** Whether the synthetic table has the scaled values; else they are scaled back. */
  keep: z.boolean().default(false),
});

/** Bounds that are known without the data, of a number or of a date; both belong to the range. */
export const BoundsStep = z
  .strictObject({
    type: z.literal('bounds'),
    column: ColumnName,
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    earliest: Time.optional(),
    latest: Time.optional(),
  })
  .refine(
    ({ minimum, maximum, earliest, latest }) =>
      earliest === undefined && latest === undefined
        ? minimum !== undefined && maximum !== undefined
        : minimum === undefined && maximum === undefined && earliest !== undefined && latest !== undefined,
    'a step with minimum and maximum, or with earliest and latest',
  )
  .refine(
    ({ minimum, maximum }) => minimum === undefined || maximum === undefined || minimum < maximum,
    'a step whose minimum is less than its maximum',
  )
  .refine(
    ({ earliest, latest }) => earliest === undefined || latest === undefined || earliest < latest,
    'a step whose earliest is before its latest',
  );

export const RareReplacement = z.enum(['label', 'missing']);
export type RareReplacement = z.infer<typeof RareReplacement>;

/** Categories that fewer than `minimumSupport` rows have are replaced, all by the same. */
export const RareCategoriesStep = z
  .strictObject({
    type: z.literal('rareCategories'),
    columns: Columns,
    minimumSupport: z.int().min(2).max(1_000_000),
    as: RareReplacement.default('label'),
    /** `other` when not given. */
    label: z.string().min(1).max(200).optional(),
  })
  .refine(({ as, label }) => as === 'label' || label === undefined, 'a step with a label only as label');

/** One thing done to the real table before a generator learns from it. Steps go one after another. */
export const PreparationStep = z.discriminatedUnion('type', [
  DropRowsStep,
  DropColumnsStep,
  FillMissingStep,
  OutliersStep,
  DeriveStep,
  ScaleStep,
  BoundsStep,
  RareCategoriesStep,
]);
export type PreparationStep = z.infer<typeof PreparationStep>;
export type PreparationStepOf<Type extends PreparationStep['type']> = Extract<
  PreparationStep,
  { type: Type }
>;

export const Preparation = z.array(PreparationStep).max(MOST_PREPARATION_STEPS);

/** What a step did; part of the lineage of a model. */
export const StepRecord = z.strictObject({
  step: PreparationStep,
  /** Rows before it, and those that it dropped. */
  rows: z.int().min(0),
  rowsDropped: z.int().min(0),
  /** Whether what it does to a row follows from other rows; differential privacy is lost then. */
  learntFromRows: z.boolean(),
  columns: z.array(
    z.strictObject({
      name: z.string(),
      /** Cells that it filled, brought to a fence or bound, replaced or made missing. */
      cells: z.int().min(0),
      /** What it took from the column or from the step, in words: a filling, fences, bounds, a scale. */
      note: z.string().optional(),
    }),
  ),
});
export type StepRecord = z.infer<typeof StepRecord>;

/** The step in a few words, such as `fill missing Price with its median`. */
export function stepText(step: PreparationStep): string {
  switch (step.type) {
    case 'dropRows':
      return step.where === undefined
        ? `drop rows without ${(step.missingIn ?? []).join(', ')}`
        : `drop rows where ${step.where}`;
    case 'dropColumns':
      return `drop ${step.columns.join(', ')}`;
    case 'fillMissing':
      return `fill missing ${step.columns.join(', ')} with ${step.with === 'value' ? JSON.stringify(step.value) : `the ${step.with}`}`;
    case 'outliers':
      return `${OUTLIER_ACTIONS[step.action]} of ${step.columns.join(', ')} ${outlierRule(step)}`;
    case 'derive':
      return `derive ${step.column} = ${step.formula}`;
    case 'scale':
      return `scale ${step.columns.join(', ')} by ${step.method === 'minMax' ? 'minimum and maximum' : 'mean and deviation'}${step.keep ? ', kept' : ''}`;
    case 'bounds':
      return `bounds ${step.minimum ?? step.earliest} ≤ ${step.column} ≤ ${step.maximum ?? step.latest}`;
    case 'rareCategories':
      return `replace values of ${step.columns.join(', ')} that fewer than ${step.minimumSupport} rows have by ${step.as === 'missing' ? 'missing' : JSON.stringify(rareLabel(step))}`;
  }
}

/** The record in a sentence or two, such as `clip outliers of Price beyond 1.5 interquartile ranges: 12 cells (Price 0 to 91.5)`. */
export function recordText({ step, rowsDropped, columns }: StepRecord): string {
  const cells = columns.reduce((sum, column) => sum + column.cells, 0);
  const did = [
    ...(rowsDropped > 0 || step.type === 'dropRows' ? [counted(rowsDropped, 'row')] : []),
    ...(cells > 0 || CHANGES_CELLS.has(step.type) ? [counted(cells, 'cell')] : []),
  ];
  const notes = columns.flatMap(({ name, note }) => (note === undefined ? [] : [`${name} ${note}`]));
  return [
    stepText(step),
    ...(did.length > 0 ? [`: ${did.join(', ')}`] : []),
    ...(notes.length > 0 ? [` (${notes.join('; ')})`] : []),
  ].join('');
}

export const rareLabel = ({ label }: PreparationStepOf<'rareCategories'>): string => label ?? 'other';

export const outlierFactor = ({ method, factor }: PreparationStepOf<'outliers'>): number =>
  factor ?? (method === 'iqr' ? 1.5 : 3);

export const outlierShare = ({ share }: PreparationStepOf<'outliers'>): number => share ?? 0.01;

const OUTLIER_ACTIONS = {
  clip: 'clip outliers',
  drop: 'drop rows with outliers',
  missing: 'take for missing outliers',
} as const satisfies Record<OutlierAction, string>;

const CHANGES_CELLS: ReadonlySet<PreparationStep['type']> = new Set([
  'fillMissing',
  'bounds',
  'rareCategories',
]);

function outlierRule(step: PreparationStepOf<'outliers'>): string {
  switch (step.method) {
    case 'iqr':
      return `beyond ${outlierFactor(step)} interquartile ranges`;
    case 'zScore':
      return `beyond ${outlierFactor(step)} standard deviations`;
    case 'quantile':
      return `in the outermost ${outlierShare(step)} on either side`;
  }
}

const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
