import type { FillMethod, PreparationStepOf } from '../../schema/messages/preparation.js';
import { cellValue } from '../../schema/preparation/cell-value.js';
import { columnOf, isNumeric, type Column, type Table } from '../tables/table.js';
import { writtenValue } from '../tables/written-values.js';
import { replacing } from '../transforms/replacing.js';
import { missingCells } from './dropping.js';
import type { FittedStep } from './fitted-step.js';
import { allMissing, meanOf, presentValues, quantileOf, spelled } from './measures.js';

/** Missing cells get one value, the same in every row; a mean or median is rounded as the column is written. */
export function filling(step: PreparationStepOf<'fillMissing'>, real: Table): FittedStep {
  const fillings = step.columns.map((name) => {
    const column = columnOf(real, name);
    const value = step.with === 'value' ? cellValue(step.value!, column.schema)! : learnt(step.with, column);
    return { name, value, shown: shown(value, column) };
  });
  return {
    learntFromRows: step.with !== 'value',
    notes: new Map(fillings.map(({ name, shown }) => [name, `with ${shown}`])),
    apply(table) {
      const cells = new Map<string, number>();
      let filled = table;
      for (const { name, value } of fillings) {
        const column = columnOf(filled, name);
        const missing = missingCells(column).reduce((sum, mark) => sum + mark, 0);
        cells.set(name, missing);
        if (missing > 0) filled = replacing(filled, name, filledColumn(column, value));
      }
      return { table: filled, rowsDropped: 0, cells };
    },
  };
}

function learnt(method: Exclude<FillMethod, 'value'>, column: Column): number | string {
  switch (method) {
    case 'mean':
    case 'median': {
      if (!isNumeric(column)) throw new TypeError(`column "${column.schema.name}" has no ${method}`);
      const present = presentValues(column, 'columns');
      return writtenValue(method === 'mean' ? meanOf(present) : quantileOf(present, 0.5), column.schema);
    }
    case 'mode':
      return modeOf(column);
  }
}

/** The most frequent cell; of several, the smallest number, or the category that comes first in the table's list. */
function modeOf(column: Column): number | string {
  if (isNumeric(column)) {
    const present = presentValues(column, 'columns');
    let [best = NaN, most, from] = [present[0], 0, 0];
    present.forEach((value, index) => {
      if (value !== present[from]) from = index;
      if (index - from + 1 <= most) return;
      most = index - from + 1;
      best = value;
    });
    return best;
  }
  const counts = new Float64Array(column.categories.length);
  for (const code of column.codes) if (code >= 0) counts[code]!++;
  const most = counts.reduce((largest, count) => Math.max(largest, count), 0);
  if (most === 0) throw allMissing(column.schema.name, 'columns');
  return column.categories[counts.indexOf(most)]!;
}

function filledColumn(column: Column, value: number | string): Column {
  const schema = { ...column.schema, nullable: false };
  if (isNumeric(column)) {
    return { schema, values: column.values.map((cell) => (Number.isNaN(cell) ? Number(value) : cell)) };
  }
  const label = String(value);
  const known = column.categories.indexOf(label);
  const categories = known < 0 ? [...column.categories, label] : column.categories;
  const code = known < 0 ? categories.length - 1 : known;
  return { schema, codes: column.codes.map((cell) => (cell < 0 ? code : cell)), categories };
}

const shown = (value: number | string, column: Column): string =>
  isNumeric(column) ? spelled(Number(value), column) : JSON.stringify(value);
