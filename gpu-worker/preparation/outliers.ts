import {
  outlierFactor,
  outlierShare,
  type OutlierAction,
  type PreparationStepOf,
} from '../../schema/messages/preparation.js';
import { rowsAt, unmarked } from '../tables/rows.js';
import type { NumericColumn, Table } from '../tables/table.js';
import { stepOf } from '../tables/written-values.js';
import { replacing } from '../transforms/replacing.js';
import { UnfitStep, type FittedStep } from './fitted-step.js';
import { deviationOf, meanOf, measureOf, presentValues, quantileOf, spelled } from './measures.js';

/** Cells from `low` to `high` are none; both are values that the column can hold. */
interface Fences {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** Missing cells are no outliers. All fences are of the table before the step, also where it drops rows. */
export function outliers(step: PreparationStepOf<'outliers'>, real: Table): FittedStep {
  const columns = step.columns.map((name) => measureOf(real, name));
  const fences = columns.map((column) => fencesOf(step, column));
  return {
    learntFromRows: true,
    notes: new Map(
      fences.map(({ name, low, high }, index) => [
        name,
        `from ${spelled(low, columns[index]!)} to ${spelled(high, columns[index]!)}`,
      ]),
    ),
    apply(table) {
      const cells = new Map<string, number>();
      const marked = new Uint8Array(table.rows);
      let changed = table;
      for (const { name, low, high } of fences) {
        const column = measureOf(changed, name);
        let found = 0;
        const values = column.values.map((value, row) => {
          if (!(value < low || value > high)) return value;
          found++;
          marked[row] = 1;
          return inPlaceOf(value, low, high, step.action);
        });
        cells.set(name, found);
        if (found > 0 && step.action !== 'drop')
          changed = replacing(changed, name, { schema: { ...column.schema, unique: false }, values });
      }
      if (step.action !== 'drop') return { table: changed, rowsDropped: 0, cells };
      const kept = unmarked(marked);
      return { table: rowsAt(table, kept), rowsDropped: table.rows - kept.length, cells: new Map() };
    },
  };
}

function inPlaceOf(value: number, low: number, high: number, action: OutlierAction): number {
  switch (action) {
    case 'clip':
      return Math.min(high, Math.max(low, value));
    case 'missing':
      return NaN;
    case 'drop':
      return value;
  }
}

/** Milliseconds since 1970 that a date can be away from it (ECMA-262, time values). */
const LATEST_TIME = 8.64e15;

/** Moved outward to the next value that the column can hold, so that a clipped cell is one of the column's kind. */
function fencesOf(step: PreparationStepOf<'outliers'>, column: NumericColumn): Fences {
  const { name } = column.schema;
  const limit = column.schema.kind === 'DATETIME' ? LATEST_TIME : Number.MAX_VALUE;
  const [low, high] = exactFences(step, column).map((fence) => Math.min(limit, Math.max(-limit, fence))) as [
    number,
    number,
  ];
  const grid = stepOf(column.schema);
  if (grid === undefined) return { name, low, high };
  const onGrid = (steps: number): number => (grid < 1 ? steps / Math.round(1 / grid) : steps * grid);
  return { name, low: onGrid(Math.floor(low / grid)), high: onGrid(Math.ceil(high / grid)) };
}

function exactFences(step: PreparationStepOf<'outliers'>, column: NumericColumn): [number, number] {
  const sorted = presentValues(column, 'columns');
  switch (step.method) {
    case 'iqr': {
      // Inner fences: 1.5 hinge spreads from the hinges (Tukey, Exploratory Data Analysis, 1977, chapter 2).
      const [lower, upper] = [quantileOf(sorted, 0.25), quantileOf(sorted, 0.75)];
      if (lower === upper && sorted[0] !== sorted.at(-1)) {
        throw new UnfitStep(
          'method',
          `the middle half of "${column.schema.name}" is ${spelled(lower, column)} in every row, so that whatever differs ` +
            'would be an outlier. Take the method zScore or quantile',
        );
      }
      const reach = outlierFactor(step) * (upper - lower);
      return [lower - reach, upper + reach];
    }
    case 'zScore': {
      const mean = meanOf(sorted);
      const reach = outlierFactor(step) * deviationOf(sorted, mean);
      return [mean - reach, mean + reach];
    }
    case 'quantile': {
      const share = outlierShare(step);
      return [quantileOf(sorted, share), quantileOf(sorted, 1 - share)];
    }
  }
}
