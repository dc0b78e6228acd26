import type { Constraint } from '../../schema/messages/constraints.js';
import type { PreparationStep } from '../../schema/messages/preparation.js';
import { columnsOf } from '../../schema/preparation/mistakes.js';
import { dateTimeText } from '../tables/cell-text.js';
import type { Table } from '../tables/table.js';

/**
 * What the steps promise of every row that is made: a bounded column stays within, and a derived one follows its formula, where
 * it is a number, a date or yes/no and no later step changed it or what it follows from.
 */
export function promisesOf(steps: readonly PreparationStep[], { columns }: Table): Constraint[] {
  const kindOf = new Map(columns.map(({ schema }) => [schema.name, schema.kind]));
  const formulas = steps.flatMap((step, index): Constraint[] => {
    if (step.type !== 'derive' || kindOf.get(step.column) === 'CATEGORY') return [];
    const later = new Set(steps.slice(index + 1).flatMap(changedBy));
    if ([step.column, ...columnsOf(step)].some((name) => later.has(name))) return [];
    return [{ type: 'formula', column: step.column, equals: step.formula }];
  });
  const ranges = columns.flatMap(({ schema: { name, kind, bounds } }): Constraint[] => {
    if (!bounds) return [];
    const [min, max] = bounds;
    return kind === 'DATETIME'
      ? [{ type: 'range', column: name, earliest: timeText(min), latest: timeText(max) }]
      : [{ type: 'range', column: name, min, max }];
  });
  return [...formulas, ...ranges];
}

function changedBy(step: PreparationStep): readonly string[] {
  switch (step.type) {
    case 'dropRows':
      return [];
    case 'derive':
      return [];
    case 'scale':
      return step.keep ? step.columns : [];
    case 'outliers':
      return step.action === 'drop' ? [] : step.columns;
    case 'dropColumns':
    case 'fillMissing':
    case 'bounds':
    case 'rareCategories':
      return columnsOf(step);
  }
}

const timeText = (milliseconds: number): string => dateTimeText(milliseconds, 'millisecond');
