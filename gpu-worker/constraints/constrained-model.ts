import type { ColumnSchema } from '../../schema/messages/column.js';
import { readSafetensors, writeSafetensors } from '../compute/safetensors.js';
import { UserFailure } from '../failure.js';
import type { FittedGenerator, Finding, SampleSession } from '../generators/generator.js';
import type { Table } from '../tables/table.js';
import { complement, rowsAt, withRows } from '../tables/rows.js';
import { transformOf, type Transform } from '../transforms/transform.js';
import { Acceptance, mostDrawn } from './acceptance.js';
import { FittedConstraints, replacedBy, undone } from './fitted-constraints.js';

const ROWS_AT_A_TIME = 8192;
/** How often a row that must have certain cells is drawn before none is found that obeys. */
const MOST_TRIES = 50;

/** `format` of the files of constrained models; the one of the model inside stands under `inner format`. */
export const CONSTRAINED_FORMAT = 'synthcart constrained model 1';

/** A generator whose rows obey constraints: what it draws is transformed back, and drawn again where a row breaks one. */
export class ConstrainedModel implements FittedGenerator {
  readonly complete?: NonNullable<FittedGenerator['complete']>;
  readonly findings?: NonNullable<FittedGenerator['findings']>;
  readonly #transforms: readonly Transform[];

  constructor(
    private readonly inner: FittedGenerator,
    private readonly fitted: FittedConstraints,
  ) {
    this.#transforms = fitted.transforms.map(transformOf);
    if (inner.findings) this.findings = () => inner.findings!().map((finding) => this.#explained(finding));
    if (inner.complete) this.complete = (...given) => this.#complete(...given);
  }

  get columns(): readonly ColumnSchema[] {
    return this.fitted.columns;
  }

  /** @throws UserFailure INVALID_CONFIG when too few rows obey the constraints */
  async *sample(rows: number, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    if (rows === 0) return;
    const acceptance = new Acceptance(this.fitted.constraints);
    let found = 0;
    // One sample, longer than needed and left early: several short ones would repeat their fresh identifiers.
    const drawing = { ...session, progress: () => {} };
    const most = this.fitted.constraints.length > 0 ? mostDrawn(rows) : rows;
    for await (const drawn of this.inner.sample(most, drawing, chunkRows)) {
      const restored = this.#undone(drawn);
      const kept = acceptance.accept(restored, rows - found);
      found += kept.length;
      session.progress(found / rows);
      if (kept.length > 0) yield kept.length === restored.rows ? restored : rowsAt(restored, kept);
      if (found === rows) return;
      acceptance.requireEnough();
    }
    throw acceptance.failure();
  }

  async save(): Promise<Uint8Array> {
    const { tensors, metadata } = readSafetensors(await this.inner.save());
    const { format = '', ...others } = metadata;
    return writeSafetensors(tensors, {
      ...others,
      format: CONSTRAINED_FORMAT,
      'inner format': format,
      constraints: JSON.stringify(this.fitted),
    });
  }

  /**
   * Reads what `save` wrote. `loadInner` gets the file of the model inside.
   *
   * @throws RangeError for a file of another format
   */
  static async load(
    file: Uint8Array,
    loadInner: (file: Uint8Array) => Promise<FittedGenerator>,
  ): Promise<ConstrainedModel> {
    const { tensors, metadata } = readSafetensors(file);
    const { format, constraints, 'inner format': innerFormat = '', ...others } = metadata;
    if (format !== CONSTRAINED_FORMAT) {
      throw new RangeError(`a model of the format "${format}" isn't "${CONSTRAINED_FORMAT}"`);
    }
    const fitted = FittedConstraints.parse(JSON.parse(constraints ?? 'null'));
    const inner = await loadInner(writeSafetensors(tensors, { ...others, format: innerFormat }));
    return new ConstrainedModel(inner, fitted);
  }

  /** Numbers of a scaled column are told in its scale. */
  #explained({ subject, text }: Finding): Finding {
    const scale = this.fitted.transforms.find(
      (description) => description.type === 'scale' && description.schema.name === subject,
    );
    if (scale?.type !== 'scale') return { subject, text };
    const [offset, factor] = [scale.offset, scale.factor].map((value) => Number(value.toPrecision(4)));
    return { subject, text: `${text} Scaled: less ${offset}, divided by ${factor}.` };
  }

  #undone(drawn: Table): Table {
    return undone(this.#transforms, this.columns, drawn);
  }

  /** Rows that come out breaking a constraint are drawn again, with the same known cells. */
  async *#complete(known: Table, session: SampleSession, chunkRows = ROWS_AT_A_TIME): AsyncIterable<Table> {
    this.#requireUntouched(known);
    const learnt = this.#scaled(known);
    const acceptance = new Acceptance(this.fitted.constraints);
    const drawing = { ...session, progress: () => {} };
    let start = 0;
    for await (const drawn of this.inner.complete!(learnt, drawing, chunkRows)) {
      let rows = this.#undone(drawn);
      let waiting = complement(acceptance.accept(rows), rows.rows);
      for (let attempt = 1; waiting.length > 0; attempt++) {
        if (attempt > MOST_TRIES) throw acceptance.failure();
        const again = { ...drawing, seed: seedOf(session.seed, start, attempt) };
        const cells = rowsAt(
          learnt,
          waiting.map((row) => start + row),
        );
        let offset = 0;
        for await (const redrawn of this.inner.complete!(cells, again, cells.rows)) {
          const places = waiting.subarray(offset, offset + redrawn.rows);
          // The first identifiers stay: those of another try may be the same as of other rows.
          rows = withRows(rows, places, this.#undone(redrawn), ({ kind }) => kind === 'ID');
          offset += redrawn.rows;
        }
        const tried = waiting;
        waiting = complement(acceptance.accept(rowsAt(rows, tried)), tried.length).map((row) => tried[row]!);
      }
      yield rows;
      start += rows.rows;
      session.progress(start / known.rows);
    }
  }

  /** Known cells in the units in which the generator inside has learnt them. */
  #scaled(known: Table): Table {
    const names = new Set(known.columns.map(({ schema }) => schema.name));
    return this.fitted.transforms
      .filter((description) => description.type === 'scale' && names.has(description.schema.name))
      .reduce((table, description) => transformOf(description).apply(table), known);
  }

  /** What the generator inside doesn't know as a column of its own, it can't be told. */
  #requireUntouched(known: Table): void {
    const replaced = replacedBy(this.fitted.transforms);
    const name = known.columns.map(({ schema }) => schema.name).find((known) => replaced.has(known));
    if (name === undefined) return;
    throw new UserFailure(
      'INVALID_CONFIG',
      `"${name}" can't be given: the model's constraints make it follow from other columns. Give those, or sample a model ` +
        'without constraints on it.',
      { column: name, field: `where.${name}` },
    );
  }
}

/** A seed for each part and try, 0…2³¹−1. */
const seedOf = (seed: number, start: number, attempt: number): number =>
  (seed + Math.imul(start, 2654435761) + Math.imul(attempt, 40503)) & 0x7fffffff;
