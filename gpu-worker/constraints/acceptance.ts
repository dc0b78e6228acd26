import { constraintText, type ConstraintOf } from '../../schema/messages/constraints.js';
import { UserFailure } from '../failure.js';
import { unmarked } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import { rowCheck, uniqueKeys, type FittedConstraint } from './breaks.js';
import { KeySet } from './key-set.js';

/** A generator of whose rows fewer than this share obey has not learnt the constraints: drawing on would take for ever. */
export const LEAST_ACCEPTANCE = 0.02;
/** Rows drawn before the share is judged. */
const FEWEST_JUDGED = 2000;

/** Rows to draw at most for so many accepted ones. */
export const mostDrawn = (rows: number): number => Math.ceil(rows / LEAST_ACCEPTANCE) + FEWEST_JUDGED;

/** Judges the rows of one sample, chunk after chunk, and remembers how many of them broke what. */
export class Acceptance {
  readonly #checks;
  readonly #broken: number[];
  #drawn = 0;
  #accepted = 0;

  constructor(private readonly fitted: readonly FittedConstraint[]) {
    this.#checks = fitted.map((one) => ({
      check: one.constraint.type === 'unique' ? uniqueAcross(one.constraint) : rowCheck(one),
    }));
    this.#broken = fitted.map(() => 0);
  }

  /** Positions of the rows that obey every constraint, at most `wanted` of them; keys count only for those. */
  accept(chunk: Table, wanted = chunk.rows): Int32Array {
    const rejected = new Uint8Array(chunk.rows);
    // Unique ones last: a row that another constraint rejects doesn't take its key.
    for (const unique of [false, true]) {
      this.#checks.forEach(({ check }, index) => {
        if ((this.fitted[index]!.constraint.type === 'unique') !== unique) return;
        const marks = check(chunk, rejected);
        for (let row = 0; row < chunk.rows; row++) {
          if (!marks[row] || rejected[row]) continue;
          rejected[row] = 1;
          this.#broken[index]!++;
        }
      });
    }
    const kept = unmarked(rejected).subarray(0, wanted);
    this.#drawn += chunk.rows;
    this.#accepted += kept.length;
    return kept;
  }

  /** Throws UserFailure INVALID_CONFIG when so few rows were accepted that drawing on makes no sense. */
  requireEnough(): void {
    if (this.#drawn >= FEWEST_JUDGED && this.#accepted < this.#drawn * LEAST_ACCEPTANCE) throw this.failure();
  }

  /** Tells how many rows were accepted, and which constraint rejected the most. */
  failure(): UserFailure {
    const worst = this.#broken.indexOf(Math.max(...this.#broken));
    const { constraint } = this.fitted[worst]!;
    const share = ((100 * this.#accepted) / this.#drawn).toFixed(2);
    const most = ((100 * this.#broken[worst]!) / this.#drawn).toFixed(1);
    const advice =
      constraint.type === 'unique'
        ? 'Ask for fewer rows, or add a column to the key: there may be no more values than that.'
        : 'Loosen it, or give the generator more of what it needs to learn it: more rows, or longer training.';
    return new UserFailure(
      'INVALID_CONFIG',
      `Only ${this.#accepted.toLocaleString('en')} of ${this.#drawn.toLocaleString('en')} rows that were drawn ` +
        `(${share} %) obey the constraints; "${constraintText(constraint)}" rejected ${most} %. ${advice}`,
      { field: `constraints.${worst}` },
    );
  }
}

/** Keys of all chunks so far count; of rows that are rejected already, none does. */
function uniqueAcross(constraint: ConstraintOf<'unique'>) {
  const seen = new KeySet();
  return (chunk: Table, rejected: Uint8Array): Uint8Array =>
    Uint8Array.from(uniqueKeys(constraint, chunk), (key, row) =>
      key === undefined || rejected[row] || seen.add(key) ? 0 : 1,
    );
}
