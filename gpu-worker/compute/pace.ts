/** Long enough that a call's own cost is lost in it; short enough that a pause or a cancel is obeyed at once. */
const CALL_MILLISECONDS = 100;
/** Beyond this nothing is gained. */
const MOST_STEPS = 16;

/**
 * How many steps of a fit to take in one call of `Program.runAll`, by how long rows took so far. Results don't depend on
 * it: the steps are the same, one after the other.
 */
export class Pace {
  #millisecondsARow = Infinity;

  /** Steps of so many rows each; at least 1. */
  steps(rows: number): number {
    return Math.max(1, Math.min(MOST_STEPS, Math.floor(CALL_MILLISECONDS / (rows * this.#millisecondsARow))));
  }

  /** Takes steps of so many rows in all, and learns from how long they took. */
  async timed<Result>(rows: number, take: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const result = await take();
    this.#millisecondsARow = (performance.now() - started) / rows;
    return result;
  }
}
