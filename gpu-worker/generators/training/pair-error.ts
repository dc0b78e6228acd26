import type { EncodedRows, VectorLayout } from '../encoding/row-encoding.js';

/** Codes of a span that are told apart; the rarer ones count as one, so that little noise comes from few rows. */
const MOST_LEVELS = 8;
/** Pairs of spans that are looked at, from the first; beyond them, more cost more and tell little more. */
const MOST_PAIRS = 300;

/**
 * How far made rows are from held-out ones: the mean total variation distance of the joint frequencies of pairs of codes,
 * 0–1, with scalars cut into quarters. What a generator is kept for, unlike its loss: the loss of a GAN says nothing about
 * its rows, and that of a VAE little.
 */
export class PairError {
  readonly #columns: readonly Levels[];
  readonly #held: readonly Uint8Array[];

  constructor(
    private readonly layout: VectorLayout,
    held: EncodedRows,
    private readonly rows: number = held.rows,
  ) {
    this.#columns = [
      ...layout.spans.map((_, span) => codeLevels(layout, held, span)),
      ...layout.scalars.map((_, scalar) => scalarLevels(layout, held, scalar)),
    ];
    this.#held = this.#columns.map(({ of }) => of(held));
  }

  of(made: EncodedRows): number {
    const levels = this.#columns.map(({ of }) => of(made));
    let [sum, pairs] = [0, 0];
    for (let first = 0; first < levels.length; first++) {
      for (let second = first + 1; second < levels.length && pairs < MOST_PAIRS; second++) {
        const width = this.#columns[second]!.count;
        const differences = new Float64Array(this.#columns[first]!.count * width);
        const add = (of: readonly Uint8Array[], rows: number, sign: number): void => {
          const [a, b] = [of[first]!, of[second]!];
          for (let row = 0; row < rows; row++) differences[a[row]! * width + b[row]!]! += sign / rows;
        };
        add(this.#held, this.rows, 1);
        add(levels, made.rows, -1);
        sum += differences.reduce((total, difference) => total + Math.abs(difference), 0) / 2;
        pairs++;
      }
    }
    return pairs === 0 ? 0 : sum / pairs;
  }
}

interface Levels {
  readonly count: number;
  readonly of: (rows: EncodedRows) => Uint8Array;
}

function codeLevels({ spans }: VectorLayout, { rows, codes }: EncodedRows, span: number): Levels {
  const counts = new Float64Array(spans[span]!.width);
  for (let row = 0; row < rows; row++) counts[codes[row * spans.length + span]!]!++;
  const frequent = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!).slice(0, MOST_LEVELS);
  const levelOf = new Uint8Array(counts.length).fill(frequent.length);
  frequent.forEach((code, level) => (levelOf[code] = level));
  return {
    count: frequent.length + 1,
    of: (other) =>
      Uint8Array.from({ length: other.rows }, (_, row) => levelOf[other.codes[row * spans.length + span]!]!),
  };
}

function scalarLevels(
  { scalars: places }: VectorLayout,
  { rows, scalars }: EncodedRows,
  scalar: number,
): Levels {
  const sorted = Float32Array.from(
    { length: rows },
    (_, row) => scalars[row * places.length + scalar]!,
  ).sort();
  const cuts = [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * rows)]!);
  return {
    count: cuts.length + 1,
    of: (other) =>
      Uint8Array.from({ length: other.rows }, (_, row) => {
        const value = other.scalars[row * places.length + scalar]!;
        return cuts.filter((cut) => value >= cut).length;
      }),
  };
}
