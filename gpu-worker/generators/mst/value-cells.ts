import type { ColumnSchema } from '../../../schema/messages/column.js';
import { stepOf } from '../discretisation/grid.js';

/**
 * Fixed cells of the values that a numeric column can hold, laid out without a look at its values: what may be counted with
 * noise before anything of the column is known. Cells are in ascending order and come in blocks of neighbours, in which the
 * column's range is looked for.
 */
export interface ValueCells {
  readonly count: number;
  /** Cells of a block; the last one may have fewer. */
  readonly blockSize: number;
  /** The cell of a value; values beyond the outermost cells count for those. */
  cellOf(value: number): number;
  /** The least and the largest value of a cell. */
  edgesOf(cell: number): { readonly low: number; readonly high: number };
}

/**
 * The cells of a column of about `rows` rows, when each cell is counted with noise of `deviation`: finer ones where there are
 * rows enough to fill them.
 */
export function valueCellsOf(schema: ColumnSchema, rows: number, deviation: number): ValueCells {
  if (schema.kind === 'BOOLEAN') return YES_AND_NO;
  if (schema.kind === 'DATETIME') return days(schema);
  const fine = 2 ** Math.floor(Math.log2(rows / (ROWS_A_CELL * deviation)));
  const perOctave = Math.min(MOST_CELLS_PER_OCTAVE, Math.max(FEWEST_CELLS_PER_OCTAVE, fine));
  return octaves(Math.max(stepOf(schema), FINEST_STEP), perOctave);
}

/** Numbers are told apart down to this. */
const FINEST_STEP = 1e-6;
/** Whole numbers of steps below it have cells of their own. */
const EXACT = 32;
/** Into which a power of two is cut beyond: with 32, a cell spans 1.6–3.1 % of its value. */
const MOST_CELLS_PER_OCTAVE = 32;
const FEWEST_CELLS_PER_OCTAVE = 2;
/** Of the table, in units of the noise, for each cell of an octave. */
const ROWS_A_CELL = 40;
/** Largest multiple of a step: 2^46 is 70 million at the finest step, and 7e13 in whole numbers. */
const LARGEST_OCTAVE = 46;

const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(1970, 0, 1) / DAY;
const DAYS = Math.ceil((Date.UTC(2100, 0, 1) - Date.UTC(1970, 0, 1)) / DAY);

const YES_AND_NO: ValueCells = {
  count: 2,
  blockSize: 2,
  cellOf: (value) => (value > 0 ? 1 : 0),
  edgesOf: (cell) => ({ low: cell, high: cell }),
};

/** Days from 1970 to 2099, in blocks of four weeks. */
function days(schema: ColumnSchema): ValueCells {
  const last = DAY - Math.min(DAY, stepOf(schema));
  return {
    count: DAYS,
    blockSize: 28,
    cellOf: (value) => Math.min(DAYS - 1, Math.max(0, Math.floor(value / DAY) - FIRST_DAY)),
    edgesOf: (cell) => {
      const low = (FIRST_DAY + cell) * DAY;
      return { low, high: low + last };
    },
  };
}

/**
 * Cells that grow with their values, as in an HDR histogram: each power of two, times `step`, is cut into equal cells. Those
 * of negative values mirror them; zero lies in the middle, and has a cell of its own.
 */
function octaves(step: number, perOctave: number): ValueCells {
  const exactOctaves = Math.log2(EXACT);
  const places = EXACT + perOctave * (LARGEST_OCTAVE - exactOctaves);
  // Whole blocks on each side, so that none holds the cells of two octaves.
  const middle = Math.ceil(places / perOctave) * perOctave;
  const widthAt = (octave: number): number => 2 ** octave / perOctave;
  const placeOf = (size: number): number => {
    if (size < EXACT) return size;
    const octave = Math.floor(Math.log2(size));
    const within = Math.floor((size - 2 ** octave) / widthAt(octave));
    return EXACT + (octave - exactOctaves) * perOctave + within;
  };
  const sizesAt = (place: number): { low: number; high: number } => {
    if (place < EXACT) return { low: place, high: place };
    const octave = Math.floor((place - EXACT) / perOctave) + exactOctaves;
    const width = widthAt(octave);
    const low = 2 ** octave + ((place - EXACT) % perOctave) * width;
    return { low, high: low + width - 1 };
  };
  return {
    count: middle * 2,
    blockSize: perOctave,
    cellOf: (value) => {
      const place = placeOf(Math.min(2 ** LARGEST_OCTAVE - 1, Math.round(Math.abs(value) / step)));
      return value < 0 ? middle - place : middle + place;
    },
    edgesOf: (cell) => {
      const { low, high } = sizesAt(Math.abs(cell - middle));
      return cell < middle
        ? { low: -high * step, high: -low * step }
        : { low: low * step, high: high * step };
    },
  };
}
