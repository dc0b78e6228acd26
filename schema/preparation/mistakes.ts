import { columnsRead, parseExpression } from '../expressions/expression.js';
import type { ColumnKind } from '../messages/column.js';
import type { PreparationStep, PreparationStepOf } from '../messages/preparation.js';
import { milliseconds } from '../messages/time.js';
import { cellValue, type KnownColumn } from './cell-value.js';

/** What is wrong with a step, in words that follow "step 3 can't be done: ". */
export interface PreparationMistake {
  /** Position of the step, from 0. */
  readonly index: number;
  /** The step's field that is wrong. */
  readonly field: string;
  readonly message: string;
}

/**
 * The first step that can't be done to a table of these columns, as far as its rows needn't be known; undefined when all can.
 * Columns come and go on the way. Two rules about order keep promises: bounds come before whatever looks at their column, and
 * what is scaled back after the fit isn't looked at in between, where its values are no one's.
 */
export function mistakeIn(
  steps: readonly PreparationStep[],
  given: readonly KnownColumn[],
): PreparationMistake | undefined {
  let columns = given;
  const lookedAt = new Map<string, number>();
  const bounded = new Map<string, Bounds>();
  const scaledBack = new Map<string, number>();
  for (const [index, step] of steps.entries()) {
    const found =
      missingColumn(step, columns) ??
      afterScaling(step, scaledBack) ??
      wrongKind(step, columns) ??
      wrongBounds(step, { bounded, lookedAt, columns });
    if (found) return { index, ...found };
    columnsLookedAt(step).forEach((name) => lookedAt.set(name, index));
    if (step.type === 'bounds') bounded.set(step.column, boundsOf(step));
    if (step.type === 'scale') {
      step.columns.forEach((name) => {
        bounded.delete(name);
        if (!step.keep) scaledBack.set(name, index);
      });
    }
    if (step.type === 'dropColumns') {
      step.columns.forEach((name) => {
        lookedAt.delete(name);
        bounded.delete(name);
      });
    }
    columns = columnsAfter(step, columns);
  }
  return undefined;
}

export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** As numbers; those of dates in milliseconds since 1970. */
export function boundsOf({ minimum, maximum, earliest, latest }: PreparationStepOf<'bounds'>): Bounds {
  return {
    minimum: earliest === undefined ? minimum! : milliseconds(earliest),
    maximum: latest === undefined ? maximum! : milliseconds(latest),
  };
}

/** Columns that a step reads or changes, but for the one that it makes. */
export function columnsOf(step: PreparationStep): readonly string[] {
  switch (step.type) {
    case 'dropRows':
      return step.missingIn ?? columnsRead(parseExpression(step.where!));
    case 'derive':
      return columnsRead(parseExpression(step.formula));
    case 'bounds':
      return [step.column];
    case 'dropColumns':
    case 'fillMissing':
    case 'outliers':
    case 'scale':
    case 'rareCategories':
      return step.columns;
  }
}

type Wrong = Omit<PreparationMistake, 'index'>;

/** Those whose values decide what the step does. */
function columnsLookedAt(step: PreparationStep): readonly string[] {
  switch (step.type) {
    case 'dropRows':
      return step.where === undefined ? [] : columnsOf(step);
    case 'fillMissing':
      return step.with === 'value' ? [] : step.columns;
    case 'outliers':
    case 'derive':
    case 'scale':
    case 'rareCategories':
      return columnsOf(step);
    case 'dropColumns':
    case 'bounds':
      return [];
  }
}

function columnsAfter(step: PreparationStep, columns: readonly KnownColumn[]): readonly KnownColumn[] {
  switch (step.type) {
    case 'dropColumns':
      return columns.filter(({ name }) => !step.columns.includes(name));
    case 'derive':
      return [...columns, { name: step.column, kind: undefined }];
    case 'scale':
      return columns.map((column) =>
        step.columns.includes(column.name) ? { name: column.name, kind: 'REAL' } : column,
      );
    case 'dropRows':
    case 'fillMissing':
    case 'outliers':
    case 'bounds':
    case 'rareCategories':
      return columns;
  }
}

function missingColumn(step: PreparationStep, columns: readonly KnownColumn[]): Wrong | undefined {
  const names = columns.map(({ name }) => name);
  const missing = columnsOf(step).find((name) => !names.includes(name));
  if (missing !== undefined) {
    const field = fieldOfColumns(step);
    return { field, message: `there is no column "${missing}" at that point; there are ${listed(names)}` };
  }
  if (step.type === 'derive' && names.includes(step.column))
    return { field: 'column', message: `there is a column "${step.column}" already; choose another name` };
  if (step.type === 'dropColumns' && step.columns.length === columns.length)
    return { field: 'columns', message: 'it would drop every column; leave at least one' };
  return undefined;
}

function fieldOfColumns(step: PreparationStep): string {
  switch (step.type) {
    case 'dropRows':
      return step.where === undefined ? 'missingIn' : 'where';
    case 'derive':
      return 'formula';
    case 'bounds':
      return 'column';
    case 'dropColumns':
    case 'fillMissing':
    case 'outliers':
    case 'scale':
    case 'rareCategories':
      return 'columns';
  }
}

function afterScaling(step: PreparationStep, scaledBack: ReadonlyMap<string, number>): Wrong | undefined {
  const name = columnsOf(step).find((column) => scaledBack.has(column));
  if (name === undefined) return undefined;
  return {
    field: fieldOfColumns(step),
    message:
      `"${name}" is scaled by step ${scaledBack.get(name)! + 1} until the rows are made, and can't be looked at in between; ` +
      'put the scaling last, or keep it',
  };
}

const NUMBERS: readonly ColumnKind[] = ['INTEGER', 'REAL'];
const MEASURES: readonly ColumnKind[] = [...NUMBERS, 'DATETIME'];
const CATEGORIES: readonly ColumnKind[] = ['CATEGORY', 'TEXT'];

function wrongKind(step: PreparationStep, columns: readonly KnownColumn[]): Wrong | undefined {
  const notOf = (
    kinds: readonly ColumnKind[],
    names: readonly string[],
    field: string,
    rule: string,
  ): Wrong | undefined => {
    const column = columns.find(
      ({ name, kind }) => names.includes(name) && kind !== undefined && !kinds.includes(kind),
    );
    return column && { field, message: `"${column.name}" is ${column.kind}; ${rule}` };
  };
  switch (step.type) {
    case 'dropRows':
    case 'dropColumns':
    case 'derive':
      return undefined;
    case 'outliers':
      return notOf(MEASURES, step.columns, 'columns', 'outliers are of numbers and dates');
    case 'scale':
      return notOf(MEASURES, step.columns, 'columns', 'only numbers and dates are scaled');
    case 'rareCategories':
      return notOf(CATEGORIES, step.columns, 'columns', 'this is for CATEGORY and TEXT columns');
    case 'bounds':
      return step.earliest === undefined
        ? notOf(NUMBERS, [step.column], 'column', 'minimum and maximum are for numbers')
        : notOf(['DATETIME'], [step.column], 'column', 'earliest and latest are for dates');
    case 'fillMissing': {
      const filling = columns.filter(({ name }) => step.columns.includes(name));
      const id = filling.find(({ kind }) => kind === 'ID');
      if (id) {
        return {
          field: 'columns',
          message: `"${id.name}" holds IDs, which a filling would repeat; drop rows without one instead`,
        };
      }
      switch (step.with) {
        case 'mean':
        case 'median':
          return notOf(MEASURES, step.columns, 'with', `only numbers and dates have a ${step.with}`);
        case 'mode':
          return undefined;
        case 'value': {
          const other = filling.find((column) => cellValue(step.value!, column) === undefined);
          return (
            other && {
              field: 'value',
              message: `"${step.value}" is no value of "${other.name}", which is ${other.kind}`,
            }
          );
        }
      }
    }
  }
}

interface Known {
  readonly columns: readonly KnownColumn[];
  readonly lookedAt: ReadonlyMap<string, number>;
  readonly bounded: ReadonlyMap<string, Bounds>;
}

function wrongBounds(step: PreparationStep, { columns, lookedAt, bounded }: Known): Wrong | undefined {
  if (step.type === 'bounds') {
    const { column: name } = step;
    const { minimum, maximum } = boundsOf(step);
    if (bounded.has(name))
      return { field: 'column', message: `"${name}" has bounds already; give them once` };
    const looker = lookedAt.get(name);
    if (looker !== undefined) {
      return {
        field: 'column',
        message: `step ${looker + 1} has looked at "${name}" before; put its bounds first`,
      };
    }
    const kind = columns.find((column) => column.name === name)?.kind;
    if (kind === 'INTEGER' && Math.ceil(minimum) > Math.floor(maximum))
      return { field: 'minimum', message: `there is no whole number from ${minimum} to ${maximum}` };
  }
  if (step.type === 'fillMissing' && step.with === 'value') {
    for (const column of columns.filter(({ name }) => step.columns.includes(name))) {
      const bounds = bounded.get(column.name);
      const value = cellValue(step.value!, column);
      if (!bounds || typeof value !== 'number') continue;
      if (value < bounds.minimum || value > bounds.maximum)
        return { field: 'value', message: `${step.value} is outside the bounds of "${column.name}"` };
    }
  }
  return undefined;
}

const MOST_LISTED = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).join(', ');
  return names.length > MOST_LISTED ? `${shown} and ${names.length - MOST_LISTED} more` : shown;
}
