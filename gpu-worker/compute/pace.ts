/** Long enough that a call's own cost is lost in it; short enough that a pause or a cancel is obeyed at once. */
const CALL_MILLISECONDS = 100;
/** Beyond this nothing is gained. */
const MOST_STEPS = 16;

/**
 * How many steps of a fit to take in one call of `Program.runAll`, by how long they took so far. Results don't depend on
 * it: the steps are the same, one after the other.
 */
export class Pace {
  #milliseconds = CALL_MILLISECONDS;

  /** At least 1. */
  get steps(): number {
    return Math.max(1, Math.min(MOST_STEPS, Math.floor(CALL_MILLISECONDS / this.#milliseconds)));
  }

  /** Takes steps, and learns from how long they took. */
  async timed<Result>(steps: number, take: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const result = await take();
    this.#milliseconds = (performance.now() - started) / steps;
    return result;
  }
}
