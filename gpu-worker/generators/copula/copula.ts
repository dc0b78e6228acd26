import { Matrix } from 'ml-matrix';
import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import { GENERATOR_OPTIONS } from '../../../schema/messages/generator-options/catalogue.js';
import { CopulaConfig } from '../../../schema/messages/generator-options/copula.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, tensorOf, writeSafetensors } from '../../compute/safetensors.js';
import type { Column, Table } from '../../tables/table.js';
import { inChunks, ROWS_AT_A_TIME } from '../chunks.js';
import type { Finding, FittedGenerator, Generator, SampleSession } from '../generator.js';
import { normalCdf, normalQuantile } from '../marginals/distributions.js';
import { findingsOf } from '../marginals/findings.js';
import { cellsAt, fitMarginal, inside, Marginal, stretchesOf, varies } from '../marginals/marginal.js';
import { requireRows } from '../requirements.js';
import { correlationsOf, lowerTriangle } from './correlation.js';

const FORMAT = 'synthcart copula model 1';
/** Rows that correlations are estimated from: their standard error is 0.003 then. */
const MOST_ROWS = 100_000;
/** Correlations that are told, strongest first. */
const MOST_FINDINGS = 10;

const Description = z.strictObject({ columns: z.array(ColumnSchema), marginals: z.array(Marginal) });
type Description = z.infer<typeof Description>;

/** See README.md beside this file. */
export const copula: Generator<CopulaConfig> = {
  name: 'copula',
  summary: GENERATOR_OPTIONS.copula.summary,
  config: CopulaConfig,

  async fit(table, { marginals: kind, bins, minimumSupport }, session) {
    requireRows(table, 2, 'copula');
    session.signal.throwIfAborted();
    const options = { parametric: kind === 'parametric', bins, support: minimumSupport };
    const marginals = table.columns.map((column, index) => {
      session.progress(index / (2 * table.columns.length), undefined);
      return fitMarginal(column, options);
    });
    session.signal.throwIfAborted();
    const some = Random.seeded(session.seed).derive('rows').permutation(table.rows).subarray(0, MOST_ROWS);
    const scores = table.columns.flatMap((column, index) =>
      varies(marginals[index]!) ? [normalScores(marginals[index]!, column, some)] : [],
    );
    const correlations = correlationsOf(scores);
    session.progress(1, 0);
    return new CopulaModel({ columns: table.columns.map(({ schema }) => schema), marginals }, correlations);
  },

  async load(file) {
    const read = readSafetensors(file);
    if (read.metadata['format'] !== FORMAT) {
      throw new RangeError(`a model of the format "${read.metadata['format']}" isn't "${FORMAT}"`);
    }
    const description = Description.parse(JSON.parse(read.metadata['description'] ?? 'null'));
    const { shape, values } = tensorOf(read, 'correlations', 'F64');
    return new CopulaModel(description, Matrix.from1DArray(shape[0]!, shape[1]!, values));
  },
};

class CopulaModel implements FittedGenerator {
  /** Columns that vary: their places in the table, in the order of the correlations. */
  readonly #varying: readonly number[];
  readonly #triangle: Matrix;

  constructor(
    private readonly description: Description,
    private readonly correlations: Matrix,
  ) {
    this.#varying = description.marginals.flatMap((marginal, index) => (varies(marginal) ? [index] : []));
    this.#triangle = lowerTriangle(correlations);
  }

  get columns(): readonly ColumnSchema[] {
    return this.description.columns;
  }

  findings(): Finding[] {
    const { columns, marginals } = this.description;
    const pairs = this.#varying.flatMap((column, row) =>
      this.#varying.slice(0, row).map((other, at) => ({
        subject: `${columns[other]!.name} and ${columns[column]!.name}`,
        correlation: this.correlations.get(row, at),
      })),
    );
    const strongest = pairs
      .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation))
      .slice(0, MOST_FINDINGS)
      .map(({ subject, correlation }) => ({
        subject,
        text: `Their normal scores have a correlation of ${correlation.toFixed(3)}.`,
      }));
    return [...findingsOf(columns, marginals), ...strongest];
  }

  sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    const { columns, marginals } = this.description;
    const random = Random.seeded(session.seed);
    const place = new Map(this.#varying.map((column, at) => [column, at]));
    return inChunks({ rows, atATime: ROWS_AT_A_TIME, chunkRows }, session, (start, count) => {
      const ofRows = random.derive('rows', start);
      const scores = this.#scores(count, ofRows.derive('scores'));
      return {
        rows: count,
        columns: columns.map((schema, index) => {
          const at = place.get(index);
          const uniforms = at === undefined ? new Float64Array(count).fill(0.5) : scores[at]!.map(normalCdf);
          return cellsAt(marginals[index]!, schema, uniforms, start, ofRows.derive('values', index));
        }),
      };
    });
  }

  async save(): Promise<Uint8Array> {
    const size = this.#varying.length;
    const values = Float64Array.from(this.correlations.to1DArray());
    return writeSafetensors(new Map([['correlations', { shape: [size, size], values }]]), {
      format: FORMAT,
      description: JSON.stringify(this.description),
    });
  }

  /** Normal numbers with the model's correlations: one array a varying column. */
  #scores(rows: number, random: Random): Float64Array[] {
    const independent = this.#varying.map(() => Float64Array.from({ length: rows }, () => random.normal()));
    return this.#varying.map((_, at) => {
      const scores = new Float64Array(rows);
      for (let other = 0; other <= at; other++) {
        const weight = this.#triangle.get(at, other);
        const source = independent[other]!;
        for (let row = 0; row < rows; row++) scores[row]! += weight * source[row]!;
      }
      return scores;
    });
  }
}

/** The normal quantile of the middle of each cell's stretch: what stands for a cell among normal numbers. */
function normalScores(marginal: Marginal, column: Column, rows: Uint32Array): Float64Array {
  const { lows, highs } = stretchesOf(marginal, column);
  return Float64Array.from(rows, (row) => normalQuantile(inside((lows[row]! + highs[row]!) / 2)));
}
