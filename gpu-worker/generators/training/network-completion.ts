import type { Random } from '../../compute/random.js';
import { isMissing, type Column } from '../../tables/table.js';
import { drawRows } from '../encoding/output.js';
import { requireToldCategories } from '../discretisation/known-codes.js';
import {
  encodeRows,
  vectorsOf,
  type EncodedRows,
  type RowEncoding,
  type VectorLayout,
} from '../encoding/row-encoding.js';

/** What a model expects of rows: outputs [rows, units], scalars' means and codes' probabilities, to draw rows from. */
export interface Redrawer {
  /** Of rows that nothing is known of; at most as many as it was compiled for. */
  anew(rows: number, random: Random): Promise<Float32Array>;
  /** Of rows that are like these vectors [rows, units]. */
  like(vectors: Float32Array, random: Random): Promise<Float32Array>;
  /** Standard deviation of each scalar. */
  readonly deviations: Float64Array;
  dispose(): void;
}

/** Rows to start from, of which one is taken. */
const CANDIDATES = 16;
/** Times that what is unknown of a row is drawn anew. */
const SWEEPS = 20;
/** More than 1, so that rounding leaves nothing for the code that must not be drawn. */
const ALL = 1 + 1e-5;

/**
 * Rows around known cells by pseudo-Gibbs sampling (Rezende, Mohamed and Wierstra, "Stochastic backpropagation and approximate
 * inference in deep generative models", 2014, appendix F): a row is encoded, decoded and its unknown cells are replaced, again and
 * again. With an encoder that knows the posterior it would be exact. It moves slowly where little is known, so a row starts
 * as one of `CANDIDATES` made without conditions, taken by how likely its known cells are there (sampling importance resampling,
 * Rubin, 1987).
 *
 * `known` has a column or undefined for each of the model's. A missing cell of a column that is there is never drawn as missing.
 */
export async function completedRows(
  encoding: RowEncoding,
  layout: VectorLayout,
  known: readonly (Column | undefined)[],
  rows: number,
  redrawer: Redrawer,
  random: Random,
): Promise<EncodedRows> {
  known.forEach((column, index) => {
    const of = encoding.encodings[index]!;
    if (column && of.type === 'modes') requireToldCategories(of.bins, column);
  });
  const given = encodeRows(encoding, layout, {
    rows,
    columns: known.map((column, index) => column ?? missingColumn(encoding, index, rows)),
  });
  const isUnknown = known.map((column) => (row: number) => !column || isMissing(column, row));
  const missingCodes = layout.spans.map(({ column, width }) =>
    known[column] && hasMissingCode(encoding, column) ? width - 1 : -1,
  );
  const adjust = (output: Float32Array): void => {
    for (let row = 0; row < rows; row++)
      layout.spans.forEach(({ column, offset, width }, span) => {
        if (missingCodes[span]! < 0 || !isUnknown[column]!(row)) return;
        const from = row * layout.units + layout.scalars.length + offset;
        exclude(output.subarray(from, from + width), missingCodes[span]!);
      });
  };
  const everyRow = Uint32Array.from({ length: rows }, (_, row) => row);
  const draw = (output: Float32Array, of: Random): EncodedRows => {
    adjust(output);
    const noise = of.derive('scalars');
    const scalarNoise = (scalar: number) => redrawer.deviations[scalar]! * noise.normal();
    return mixed(layout, given, drawRows(layout, output, rows, of.derive('codes'), scalarNoise), isUnknown);
  };
  let current = draw(await likelyStart(), random.derive('start'));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const { values } = vectorsOf(layout, current, everyRow);
    const ofSweep = random.derive('sweep', sweep);
    current = draw(await redrawer.like(values, ofSweep.derive('latent')), ofSweep);
  }
  return current;

  /** Outputs of one candidate for each row, taken in proportion to the likelihood of the row's known cells. */
  async function likelyStart(): Promise<Float32Array> {
    const taken = new Float32Array(rows * layout.units);
    // Largest of the candidates' log likelihoods with Gumbel noise: a draw by their weights, one candidate at a time.
    const largest = new Float64Array(rows).fill(-Infinity);
    for (let candidate = 0; candidate < CANDIDATES; candidate++) {
      const ofCandidate = random.derive('candidate', candidate);
      const output = await redrawer.anew(rows, ofCandidate.derive('latent'));
      const noise = ofCandidate.derive('choice');
      for (let row = 0; row < rows; row++) {
        const gumbel = -Math.log(-Math.log(Math.max(noise.uniform(), Number.MIN_VALUE)));
        const weight = logLikelihood(output, row) + gumbel;
        if (weight <= largest[row]!) continue;
        largest[row] = weight;
        taken.set(output.subarray(row * layout.units, (row + 1) * layout.units), row * layout.units);
      }
    }
    return taken;
  }

  function logLikelihood(output: Float32Array, row: number): number {
    const { spans, scalars, units } = layout;
    let sum = 0;
    spans.forEach(({ column, offset }, span) => {
      if (isUnknown[column]!(row)) return;
      const code = given.codes[row * spans.length + span]!;
      sum += Math.log(Math.max(output[row * units + scalars.length + offset + code]!, LEAST_LIKELY));
    });
    scalars.forEach(({ column, span, counts }, scalar) => {
      if (isUnknown[column]!(row)) return;
      if (!counts[span < 0 ? 0 : given.codes[row * spans.length + span]!]) return;
      const value = given.scalars[row * scalars.length + scalar]!;
      sum -= ((value - output[row * units + scalar]!) / redrawer.deviations[scalar]!) ** 2 / 2;
    });
    return sum;
  }
}

/** Probabilities below this count as this, so that their logarithm is finite. */
const LEAST_LIKELY = 1e-7;

/** What is known of the rows, and else what was drawn. */
function mixed(
  { spans, scalars }: VectorLayout,
  given: EncodedRows,
  drawn: EncodedRows,
  isUnknown: readonly ((row: number) => boolean)[],
): EncodedRows {
  const codes = given.codes.slice();
  const numbers = given.scalars.slice();
  for (let row = 0; row < given.rows; row++) {
    spans.forEach(({ column }, span) => {
      const at = row * spans.length + span;
      if (isUnknown[column]!(row)) codes[at] = drawn.codes[at]!;
    });
    scalars.forEach(({ column }, scalar) => {
      const at = row * scalars.length + scalar;
      if (isUnknown[column]!(row)) numbers[at] = drawn.scalars[at]!;
    });
  }
  return { rows: given.rows, codes, scalars: numbers };
}

/** Takes a code's probability away and shares it out among the others. */
function exclude(probabilities: Float32Array, code: number): void {
  probabilities[code] = 0;
  const left = probabilities.reduce((sum, probability) => sum + probability, 0);
  probabilities.forEach((probability, other) => {
    if (other !== code)
      probabilities[other] = left > 0 ? (ALL * probability) / left : ALL / (probabilities.length - 1);
  });
}

function hasMissingCode({ encodings }: RowEncoding, column: number): boolean {
  const encoding = encodings[column]!;
  if (encoding.type === 'range') return encoding.missing;
  return 'missing' in encoding.bins && encoding.bins.missing;
}

function missingColumn({ columns, encodings }: RowEncoding, index: number, rows: number): Column {
  const schema = columns[index]!;
  const encoding = encodings[index]!;
  const isNumber = encoding.type === 'range' || encoding.bins.type === 'numeric';
  return isNumber
    ? { schema, values: new Float64Array(rows).fill(NaN) }
    : { schema, codes: new Int32Array(rows).fill(-1), categories: [] };
}
