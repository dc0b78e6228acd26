import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import { GENERATOR_OPTIONS } from '../../../schema/messages/generator-options/catalogue.js';
import { NormalConfig } from '../../../schema/messages/generator-options/normal.js';
import { Random } from '../../compute/random.js';
import { readSafetensors, writeSafetensors } from '../../compute/safetensors.js';
import type { Table } from '../../tables/table.js';
import { inChunks, ROWS_AT_A_TIME } from '../chunks.js';
import type { Finding, FittedGenerator, Generator, SampleSession } from '../generator.js';
import { findingsOf } from '../marginals/findings.js';
import { cellsAt, fitMarginal, Marginal } from '../marginals/marginal.js';
import { requireRows } from '../requirements.js';

const FORMAT = 'synthcart normal model 1';
/** Categories that keep their own frequency. */
const MOST_CATEGORIES = 1000;

const Description = z.strictObject({ columns: z.array(ColumnSchema), marginals: z.array(Marginal) });
type Description = z.infer<typeof Description>;

/** See README.md beside this file. */
export const normal: Generator<NormalConfig> = {
  name: 'normal',
  summary: GENERATOR_OPTIONS.normal.summary,
  config: NormalConfig,

  async fit(table, { minimumSupport }, session) {
    requireRows(table, 1, 'normal');
    session.signal.throwIfAborted();
    const options = { parametric: true, bins: MOST_CATEGORIES, support: minimumSupport };
    const marginals = table.columns.map((column, index) => {
      session.progress(index / table.columns.length, undefined);
      return fitMarginal(column, options);
    });
    session.progress(1, 0);
    return new NormalModel({ columns: table.columns.map(({ schema }) => schema), marginals });
  },

  async load(file) {
    const { metadata } = readSafetensors(file);
    if (metadata['format'] !== FORMAT) {
      throw new RangeError(`a model of the format "${metadata['format']}" isn't "${FORMAT}"`);
    }
    return new NormalModel(Description.parse(JSON.parse(metadata['description'] ?? 'null')));
  },
};

class NormalModel implements FittedGenerator {
  constructor(private readonly description: Description) {}

  get columns(): readonly ColumnSchema[] {
    return this.description.columns;
  }

  findings(): Finding[] {
    return findingsOf(this.description.columns, this.description.marginals);
  }

  sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    const { columns, marginals } = this.description;
    const random = Random.seeded(session.seed);
    return inChunks({ rows, atATime: ROWS_AT_A_TIME, chunkRows }, session, (start, count) => ({
      rows: count,
      columns: columns.map((schema, index) => {
        const ofColumn = random.derive('rows', start, 'column', index);
        const uniforms = Float64Array.from({ length: count }, () => ofColumn.uniform());
        return cellsAt(marginals[index]!, schema, uniforms, start, ofColumn.derive('values'));
      }),
    }));
  }

  async save(): Promise<Uint8Array> {
    return writeSafetensors(new Map(), { format: FORMAT, description: JSON.stringify(this.description) });
  }
}
