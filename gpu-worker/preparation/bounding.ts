import type { PreparationStepOf } from '../../schema/messages/preparation.js';
import { boundsOf } from '../../schema/preparation/mistakes.js';
import { clip } from '../transforms/clip.js';
import { replacing } from '../transforms/replacing.js';
import type { FittedStep } from './fitted-step.js';
import { measureOf } from './measures.js';

/** Brings cells to the nearest value within; the column carries its bounds from then on. */
export function bounding(step: PreparationStepOf<'bounds'>): FittedStep {
  const { column: name } = step;
  const { minimum, maximum } = boundsOf(step);
  return {
    notes: new Map(),
    learntFromRows: false,
    apply(table) {
      const { schema, values } = measureOf(table, name);
      const clipped = measureOf(
        clip({ type: 'clip', schema, min: minimum, max: maximum }).undo(table),
        name,
      ).values;
      const isChanged = (value: number, row: number): boolean =>
        value !== values[row] && !Number.isNaN(value);
      const cells = clipped.reduce((sum, value, row) => sum + (isChanged(value, row) ? 1 : 0), 0);
      const bounded = {
        ...schema,
        unique: schema.unique && cells === 0,
        bounds: [minimum, maximum] satisfies [number, number],
      };
      return {
        table: replacing(table, name, { schema: bounded, values: clipped }),
        rowsDropped: 0,
        cells: new Map([[name, cells]]),
      };
    },
  };
}
