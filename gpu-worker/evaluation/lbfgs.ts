/** Pairs of steps and gradient changes that the inverse Hessian is estimated from. */
const MEMORY = 10;
const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;
const LINE_SEARCH_STEPS = 30;

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
}

export interface MinimizeOptions {
  /** Of the largest absolute gradient entry. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Called before each iteration; may reject to stop. */
  readonly pause: () => Promise<void>;
}

/**
 * Minimizes a smooth function by limited-memory BFGS (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4)
 * with a weak-Wolfe line search by bisection.
 *
 * @param evaluate returns the value at `at` and writes the gradient there
 */
export async function minimize(
  evaluate: (at: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  { tolerance, maxIterations, pause }: MinimizeOptions,
): Promise<Minimum> {
  const size = start.length;
  let at = start.slice();
  let gradient = new Float64Array(size);
  let value = evaluate(at, gradient);
  const steps: { step: Float64Array; change: Float64Array; curvature: number }[] = [];

  for (let iteration = 0; iteration < maxIterations; iteration++) {
    await pause();
    if (largest(gradient) <= tolerance) return { at, value, iterations: iteration, converged: true };
    let direction = quasiNewtonDirection(gradient, steps);
    let slope = dot(direction, gradient);
    if (slope >= 0) {
      steps.length = 0;
      direction = gradient.map((entry) => -entry);
      slope = -dot(gradient, gradient);
    }

    const nextAt = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue = value;
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let [shortest, longest] = [0, Infinity];
    let found = false;
    for (let trial = 0; trial < LINE_SEARCH_STEPS; trial++) {
      for (let i = 0; i < size; i++) nextAt[i] = at[i]! + length * direction[i]!;
      nextValue = evaluate(nextAt, nextGradient);
      if (!(nextValue <= value + SUFFICIENT_DECREASE * length * slope)) longest = length;
      else if (dot(direction, nextGradient) < CURVATURE * slope) shortest = length;
      else {
        found = true;
        break;
      }
      length = longest === Infinity ? length * 2 : (shortest + longest) / 2;
    }
    // No better point along the best direction: the value is as small as rounding allows.
    if (!found && !(nextValue < value)) return { at, value, iterations: iteration, converged: true };

    const step = nextAt.map((entry, i) => entry - at[i]!);
    const change = nextGradient.map((entry, i) => entry - gradient[i]!);
    const curvature = dot(step, change);
    if (curvature > 0) {
      steps.push({ step, change, curvature });
      if (steps.length > MEMORY) steps.shift();
    }
    [at, gradient, value] = [nextAt, nextGradient, nextValue];
  }
  return { at, value, iterations: maxIterations, converged: false };
}

function quasiNewtonDirection(
  gradient: Float64Array,
  steps: readonly { step: Float64Array; change: Float64Array; curvature: number }[],
): Float64Array {
  const direction = gradient.map((entry) => -entry);
  const weights: number[] = [];
  for (const { step, change, curvature } of [...steps].reverse()) {
    const weight = dot(step, direction) / curvature;
    weights.push(weight);
    addScaled(direction, change, -weight);
  }
  const last = steps.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.change, last.change);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const { step, change, curvature } of steps) {
    addScaled(direction, step, weights.pop()! - dot(change, direction) / curvature);
  }
  return direction;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  return sum;
}

function addScaled(target: Float64Array, added: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * added[i]!;
}

function largest(values: Float64Array): number {
  let result = 0;
  for (const value of values) result = Math.max(result, Math.abs(value));
  return result;
}
