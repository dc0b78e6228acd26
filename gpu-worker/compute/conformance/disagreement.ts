import type { Engine } from '../program.js';
import type { Spec, Stored, Values } from '../tensors.js';
import type { Case } from './cases/case.js';
import { probe } from './probe.js';
import type { Expected, Reference } from './reference.js';

/** Some 100 roundings of float32, each of 2⁻²⁴. */
const TOLERANCE = 1e-5;

/** Compiles and runs a case on an engine. Answers where that differs from the reference, or undefined. */
export async function disagreement(
  engine: Engine,
  one: Case,
  reference: Reference,
): Promise<string | undefined> {
  try {
    const outputs = await run(engine, one, reference);
    for (const [name, expected] of Object.entries(reference.expected)) {
      const difference = compare(outputs[name], expected, one);
      if (difference !== undefined) return `${one.name}: ${name} ${difference}`;
    }
    return undefined;
  } catch (error) {
    return `${one.name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function run(
  engine: Engine,
  one: Case,
  reference: Reference,
): Promise<Readonly<Record<string, Values>>> {
  const { inputs, cotangents, directions, expected } = reference;
  const state = engine.hold({});
  const program = await engine.compile(one.name, {
    state,
    inputs: {
      inputs: named(inputs, specOf),
      cotangents: named(cotangents, specOf),
      directions: named(directions, specOf),
    },
    step: (_, given) => {
      const outputs = probe(one, Object.values(given.inputs), {
        cotangents: Object.values(given.cotangents),
        directions: Object.values(given.directions),
      });
      // Programs answer numbers without shapes, so these are compared here.
      for (const [name, { shape }] of Object.entries(outputs)) {
        const wanted = expected[name]!.shape;
        if (shape.join() !== wanted.join()) {
          throw new Error(`${name} has the shape [${shape.join()}] instead of [${wanted.join()}]`);
        }
      }
      return { outputs };
    },
  });
  try {
    return await program.run({
      inputs: named(inputs, ({ values }) => values),
      cotangents: named(cotangents, ({ values }) => values),
      directions: named(directions, ({ values }) => values),
    });
  } finally {
    program.dispose();
    state.dispose();
  }
}

function specOf({ shape, dtype }: Stored): Spec {
  return { shape, dtype };
}

function named<T>(stored: readonly Stored[], of: (one: Stored) => T): Record<string, T> {
  return Object.fromEntries(stored.map((one, index) => [`n${index}`, of(one)]));
}

function compare(
  actual: Values | undefined,
  expected: Expected,
  { tolerance = TOLERANCE, scale = 1 }: Case,
): string | undefined {
  if (!actual) return 'is missing';
  const { values } = expected;
  if (actual.length !== values.length) return `has ${actual.length} numbers instead of ${values.length}`;
  for (let index = 0; index < values.length; index++) {
    const [is, should] = [actual[index]!, values[index]!];
    const allowed = expected.exact ? 0 : tolerance * Math.max(scale, Math.abs(should));
    if (!agree(is, should, allowed)) return `[${index}] is ${is} instead of ${should}`;
  }
  return undefined;
}

function agree(is: number, should: number, allowed: number): boolean {
  // What float32 can't hold is infinite in it.
  const held = Math.fround(should);
  if (Number.isFinite(held)) return Math.abs(is - should) <= allowed;
  return Object.is(is, held);
}
