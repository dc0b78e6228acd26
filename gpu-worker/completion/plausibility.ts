import type { Conditionals, SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import { isMissing, isNumeric, type Column, type Table } from '../tables/table.js';
import { cellAt, withCells, type CellValue } from './cells.js';
import { drawingsOf, seenBy, type Completer } from './drawings.js';

/** Drawings that clear most cells of doubt, and those that the others are judged by. */
const FIRST_DRAWINGS = 12;
const ALL_DRAWINGS = 400;
/** From which on two drawings of twelve, or the cell alone, aren't enough to clear it. */
const LEAST_CLEAR = 2 / (FIRST_DRAWINGS + 1);

/** By what a column's distributions are tempered: 1 leaves them, more evens them out. */
export type Temperatures = ReadonlyMap<string, number>;
const TEMPERATURES = [1, 1.2, 1.5, 2, 2.5, 3, 4, 6, 8, 12, 20, 40];
/** Least likely cells that don't count when a temperature is chosen: some may be wrong. */
const SHARE_TRIMMED = 0.02;

export interface Plausibility {
  /** By column, for each row: 0–1; NaN where the cell is missing. */
  readonly of: ReadonlyMap<string, Float64Array>;
  readonly temperatures: Temperatures;
}

/**
 * How plausible known cells are given the rest of their rows: the probability of all values that the model finds at most as likely
 * as the cell's, 1 for what it expects most.
 *
 * Of a model that tells its distributions (`FittedGenerator.conditionals`), they are computed. Given many cells, models are too sure
 * of themselves, the more so the less there is to know. So each column's distributions are tempered so that they make the
 * cells of these rows, which the model should not have learnt from, as likely as can be (Guo et al., "On calibration of modern
 * neural networks", 2017), unless `temperatures` says by what.
 *
 * Else they are estimated: the cell is hidden, its row drawn again and again, and the share of drawings counts that lie at
 * the cell's value or beyond, on the side where fewer lie, twice (numbers and date-times), or that are values drawn at most as often
 * as the cell's (others); the cell itself counts as one drawing, so that no share is 0.
 */
export async function plausibilityOf(
  model: Completer,
  table: Table,
  columns: readonly string[],
  session: SampleSession,
  temperatures?: Temperatures,
): Promise<Plausibility> {
  const seen = seenBy(model, table);
  const found = new Map<string, Float64Array>();
  const used = new Map<string, number>();
  if (model.conditionals) {
    for await (const conditionals of model.conditionals(seen, columns, session)) {
      const { column } = conditionals;
      const temperature = temperatures?.get(column) ?? bestTemperature(conditionals);
      used.set(column, temperature);
      found.set(column, atMostAsLikely(conditionals, temperature));
    }
    return { of: found, temperatures: used };
  }
  for (const [index, name] of columns.entries()) {
    const progress = (fraction: number) => session.progress((index + fraction) / columns.length);
    found.set(name, await byDrawing(model, seen, name, { ...session, progress }));
  }
  return { of: found, temperatures: used };
}

/** The one that makes the rows' own cells likeliest, but for the least likely ones. */
function bestTemperature(conditionals: Conditionals): number {
  const likelihoods = TEMPERATURES.map((temperature) => {
    const logs = ownLogs(conditionals, temperature).sort();
    return logs.subarray(Math.floor(logs.length * SHARE_TRIMMED)).reduce((sum, log) => sum + log, 0);
  });
  return TEMPERATURES[likelihoods.indexOf(Math.max(...likelihoods))]!;
}

/** Logarithms of the tempered shares of the known cells' own bins. */
function ownLogs({ width, shares, own }: Conditionals, temperature: number): Float64Array {
  const logs: number[] = [];
  own.forEach((bin, row) => {
    if (bin < 0) return;
    const tempered = temperedShares(shares.subarray(row * width, (row + 1) * width), temperature);
    const all = tempered.reduce((sum, share) => sum + share, 0);
    logs.push(Math.log(tempered[bin]! / all));
  });
  return Float64Array.from(logs);
}

/** Not 0, so that each has a logarithm. */
const LEAST_SHARE = 1e-30;

function temperedShares(shares: Float32Array, temperature: number): Float64Array {
  return Float64Array.from(shares, (share) => Math.max(share, LEAST_SHARE) ** (1 / temperature));
}

function atMostAsLikely({ width, shares, own }: Conditionals, temperature: number): Float64Array {
  return Float64Array.from(own, (bin, row) => {
    if (bin < 0) return NaN;
    const tempered = temperedShares(shares.subarray(row * width, (row + 1) * width), temperature);
    const ofOwn = tempered[bin]!;
    let [atMost, all] = [0, 0];
    for (const share of tempered) {
      all += share;
      if (share <= ofOwn) atMost += share;
    }
    return atMost / all;
  });
}

async function byDrawing(
  model: Completer,
  table: Table,
  name: string,
  session: SampleSession,
): Promise<Float64Array> {
  const column = table.columns.find(({ schema }) => schema.name === name)!;
  const result = new Float64Array(table.rows).fill(NaN);
  const known = Array.from({ length: table.rows }, (_, row) => row).filter((row) => !isMissing(column, row));
  const judge = async (rows: readonly number[], drawings: number): Promise<void> => {
    const some = rowsAt(table, Uint32Array.from(rows));
    const hidden = withCells(some, new Map([[name, new Map(rows.map((_, at) => [at, undefined]))]]));
    for await (const { start, rows: count, of } of drawingsOf(model, hidden, drawings, session)) {
      for (let at = start; at < start + count; at++)
        result[rows[at]!] = shareAtOrBeyond(column, rows[at]!, of(name, at - start));
    }
  };
  await judge(known, FIRST_DRAWINGS);
  // One that no drawing came near may still be all right.
  const unclear = known.filter((row) => result[row]! <= LEAST_CLEAR);
  await judge(unclear, ALL_DRAWINGS);
  return result;
}

function shareAtOrBeyond(column: Column, row: number, drawn: readonly CellValue[]): number {
  const own = cellAt(column, row)!;
  const all = drawn.length + 1;
  if (isNumeric(column) && column.schema.kind !== 'BOOLEAN') {
    const below = drawn.filter((value) => value <= own).length + 1;
    const above = drawn.filter((value) => value >= own).length + 1;
    return Math.min(1, (2 * Math.min(below, above)) / all);
  }
  const counts = new Map<CellValue, number>([[own, 1]]);
  for (const value of drawn) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ofOwn = counts.get(own)!;
  let atMost = 0;
  for (const count of counts.values()) if (count <= ofOwn) atMost += count;
  return atMost / all;
}
