import { parseExpression } from '../../schema/expressions/expression.js';
import type { PreparationStepOf } from '../../schema/messages/preparation.js';
import { evaluateExpression } from '../expressions/evaluate.js';
import { rowsAt, unmarked } from '../tables/rows.js';
import { columnOf, isNumeric, type Column, type Table } from '../tables/table.js';
import { without } from '../transforms/replacing.js';
import { UnfitStep, type FittedStep } from './fitted-step.js';

/** Rows whose expression is missing stay: it isn't true. */
export function droppingRows(step: PreparationStepOf<'dropRows'>, real: Table): FittedStep {
  const marks = step.where === undefined ? gapsIn(step.missingIn ?? []) : matches(step.where);
  // So that an expression which isn't a condition is told of even where no row is looked at.
  marks(rowsAt(real, new Int32Array(0)));
  return {
    notes: new Map(),
    learntFromRows: false,
    apply(table) {
      const kept = unmarked(marks(table));
      const rowsDropped = table.rows - kept.length;
      return { table: rowsDropped === 0 ? table : rowsAt(table, kept), rowsDropped, cells: new Map() };
    },
  };
}

export function droppingColumns({ columns }: PreparationStepOf<'dropColumns'>): FittedStep {
  return {
    notes: new Map(),
    learntFromRows: false,
    apply: (table) => ({ table: without(table, columns), rowsDropped: 0, cells: new Map() }),
  };
}

/** 1 for each missing cell. */
export function missingCells(column: Column): Uint8Array {
  return isNumeric(column)
    ? Uint8Array.from(column.values, (value) => (Number.isNaN(value) ? 1 : 0))
    : Uint8Array.from(column.codes, (code) => (code < 0 ? 1 : 0));
}

type RowMarks = (table: Table) => Uint8Array;

function gapsIn(names: readonly string[]): RowMarks {
  return (table) => {
    const marks = new Uint8Array(table.rows);
    for (const name of names)
      missingCells(columnOf(table, name)).forEach((missing, row) => (marks[row]! |= missing));
    return marks;
  };
}

function matches(where: string): RowMarks {
  const tree = parseExpression(where);
  return (table) => {
    const outcome = evaluateExpression(tree, table);
    if (outcome.type !== 'boolean')
      throw new UnfitStep('where', `"${where}" gives a ${outcome.type}, and must be true or false`);
    return Uint8Array.from(outcome.values, (value) => (value === 1 ? 1 : 0));
  };
}
