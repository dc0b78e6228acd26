import type { Random } from '../../compute/random.js';
import type { EncodedRows, VectorLayout } from '../encoding/row-encoding.js';

/** A column that conditions may be of, and where its codes lie in a condition. */
interface ConditionPlace {
  readonly span: number;
  readonly width: number;
  readonly offset: number;
}

/** Of the columns of categories; of numbers, where there is no other. */
export function conditionPlaces({ spans }: VectorLayout): readonly ConditionPlace[] {
  const isOnlyNumbers = spans.every(({ isCategory }) => !isCategory);
  let offset = 0;
  return spans.flatMap(({ width, isCategory }, span) => {
    if (!isCategory && !isOnlyNumbers) return [];
    const place = { span, width, offset };
    offset += width;
    return [place];
  });
}

/** Width of a condition: one unit a code of those columns, at least one in all. */
export function conditionWidth(layout: VectorLayout): number {
  return Math.max(
    1,
    conditionPlaces(layout).reduce((sum, { width }) => sum + width, 0),
  );
}

/** How often each code occurs among these rows [conditionWidth]. */
export function codeCounts(
  layout: VectorLayout,
  { codes }: EncodedRows,
  rows: Uint32Array,
): Float32Array<ArrayBuffer> {
  const places = conditionPlaces(layout);
  const counts = new Float32Array(conditionWidth(layout));
  for (const row of rows) {
    for (const { span, offset } of places) counts[offset + codes[row * layout.spans.length + span]!]!++;
  }
  return counts;
}

/** A code of one column, drawn; `unit` is its place in the condition. */
interface Condition {
  readonly span: number;
  readonly code: number;
  readonly unit: number;
}

/** Draws conditions: a column, each as likely as the others, then one of its codes by these weights [conditionWidth]. */
export class ConditionSampler {
  readonly #places: readonly (ConditionPlace & { readonly cumulative: Float64Array })[];

  constructor(layout: VectorLayout, weights: ArrayLike<number>) {
    this.#places = conditionPlaces(layout).map((place) => {
      let sum = 0;
      const cumulative = Float64Array.from(
        { length: place.width },
        (_, code) => (sum += weights[place.offset + code]!),
      );
      return { ...place, cumulative };
    });
  }

  /** Undefined where no column has codes. */
  draw(random: Random): Condition | undefined {
    if (this.#places.length === 0) return undefined;
    const { span, offset, cumulative } = this.#places[random.integer(this.#places.length)]!;
    const mark = random.uniform() * cumulative.at(-1)!;
    const code = cumulative.findIndex((sum) => mark < sum);
    return { span, code, unit: offset + code };
  }
}

/**
 * Training by sampling (Xu et al., "Modeling tabular data using conditional GAN", 2019, section 4.3): a batch is drawn so that
 * rare codes are met more often than they occur, by the logarithm of their counts, and each real row has the code that is
 * asked for.
 */
export class TrainingSampler {
  readonly #conditions: ConditionSampler;
  /** Of each span, the training rows in the order of their codes, and where each code begins. */
  readonly #byCode: readonly { readonly rows: Uint32Array; readonly starts: Uint32Array }[];

  constructor(
    private readonly layout: VectorLayout,
    private readonly table: EncodedRows,
    private readonly training: Uint32Array,
  ) {
    const counts = codeCounts(layout, table, training);
    this.#conditions = new ConditionSampler(
      layout,
      counts.map((count) => Math.log1p(count)),
    );
    this.#byCode = layout.spans.map((_, span) => this.#sorted(span));
  }

  /** Rows of the table, and conditions that they meet [rows, conditionWidth]. */
  draw(rows: number, random: Random): { readonly rows: Uint32Array; readonly conditions: Float32Array } {
    const width = conditionWidth(this.layout);
    const conditions = new Float32Array(rows * width);
    const picked = Uint32Array.from({ length: rows }, (_, at) => {
      const condition = this.#conditions.draw(random);
      if (!condition) return this.training[random.integer(this.training.length)]!;
      conditions[at * width + condition.unit] = 1;
      const { rows: ofSpan, starts } = this.#byCode[condition.span]!;
      const first = starts[condition.code]!;
      return ofSpan[first + random.integer(starts[condition.code + 1]! - first)]!;
    });
    return { rows: picked, conditions };
  }

  #sorted(span: number): { rows: Uint32Array; starts: Uint32Array } {
    const { spans } = this.layout;
    const codeOf = (row: number): number => this.table.codes[row * spans.length + span]!;
    const starts = new Uint32Array(spans[span]!.width + 1);
    for (const row of this.training) starts[codeOf(row) + 1]!++;
    for (let code = 1; code < starts.length; code++) starts[code]! += starts[code - 1]!;
    const next = starts.slice();
    const rows = new Uint32Array(this.training.length);
    for (const row of this.training) rows[next[codeOf(row)]!++] = row;
    return { rows, starts };
  }
}
