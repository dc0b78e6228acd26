/** The learning rate of a step, from 1: a plain number, that a program is given as a scalar. */
export type Schedule = (step: number) => number;

export function constant(rate: number): Schedule {
  return () => rate;
}

/**
 * Up from 0 to `peak` in a straight line over the warm-up, then down to `floor` along half a cosine until the last step
 * (Loshchilov and Hutter, "SGDR", 2017, equation 5, without restarts), and `floor` from there.
 */
export function warmupCosine({
  peak,
  warmup,
  steps,
  floor = 0,
}: {
  peak: number;
  /** Number of steps; the last of them has the peak rate. */
  warmup: number;
  /** Number of all steps, the warm-up among them. */
  steps: number;
  floor?: number;
}): Schedule {
  return (step) => {
    if (step < warmup) return (peak * step) / warmup;
    const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    return floor + ((peak - floor) * (1 + Math.cos(Math.PI * done))) / 2;
  };
}

/** Multiplied by `factor` over every `every` steps, evenly. */
export function exponential({
  initial,
  factor,
  every,
}: {
  initial: number;
  factor: number;
  every: number;
}): Schedule {
  return (step) => initial * factor ** ((step - 1) / every);
}

/** Multiplied by `factor` after every `every` steps, at once. */
export function stepwise({
  initial,
  factor,
  every,
}: {
  initial: number;
  factor: number;
  every: number;
}): Schedule {
  return (step) => initial * factor ** Math.floor((step - 1) / every);
}
