import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { listEngines, startEngine } from '../engine.js';
import { GRADIENTS } from '../gradients/register.js';
import type { Engine, EngineName } from '../program.js';
import { registerTracing, TRACING } from '../tracing/backend.js';
import type { Case } from './cases/case.js';
import { FAMILIES } from './cases/index.js';
import { disagreement } from './disagreement.js';
import { erf } from './float64/special.js';
import { DERIVATIVE_GAPS, GAPS } from './gaps.js';
import { checkDerivatives, prepareReferences, type Reference, referenceOf } from './reference.js';

const FAMILY_NAMES = Object.keys(FAMILIES);
const CASES = Object.values(FAMILIES).flat();
const NAMES = CASES.map(({ name }) => name);

/** Engines that need no more than the packages must be there; the others are checked where they can start. */
const EVERYWHERE: readonly EngineName[] = ['onnx-cpu', 'tfjs-wasm', 'tfjs-cpu'];
const reports = await listEngines({ allowSoftware: true, threads: availableParallelism() });
const engines = reports
  .filter(({ name, available }) => available || EVERYWHERE.includes(name))
  .map(({ name }) => name);

/** Operations that no function of tfjs runs by now; it composes them of others. */
const UNCALLED = ['BroadcastTo', 'LogSoftmax'];

/** Draw random numbers, which tracing refuses by name. */
const UNCOMPILED = [
  'Multinomial',
  'RandomUniform',
  'RandomNormal',
  'StatelessRandomNormal',
  'TruncatedNormal',
];

interface Known {
  /** Of the order that it really has. */
  readonly one: Case;
  readonly reference: Reference;
}

const known = new Map<string, Known>();
const unknown: string[] = [];
/** Listed as having too few derivatives, and having them. */
const found: string[] = [];

// Before any engine starts, since engines set tfjs's backend, too.
beforeAll(async () => {
  await prepareReferences();
  for (const full of CASES) {
    const gap = DERIVATIVE_GAPS.find(({ cases }) => cases.test(full.name));
    try {
      const one = gap ? { ...full, order: gap.order } : full;
      known.set(one.name, { one, reference: referenceOf(one) });
      if (gap && hasDerivatives(full)) found.push(full.name);
    } catch (error) {
      unknown.push(`${full.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
});

function hasDerivatives(one: Case): boolean {
  try {
    return checkDerivatives(one, referenceOf(one)).length === 0;
  } catch {
    return false;
  }
}

function knownOf(family: string): Known[] {
  return FAMILIES[family]!.flatMap(({ name }) => known.get(name) ?? []);
}

describe('the reference', () => {
  test('has the values and derivatives of every case', () => {
    expect(unknown).toEqual([]);
  });

  test('has one case of a name', () => {
    expect(NAMES.filter((name, index) => NAMES.indexOf(name) !== index)).toEqual([]);
  });

  test('lacks the derivatives that are listed as gaps, and each of those is of some case', () => {
    expect(found).toEqual([]);
    expect(DERIVATIVE_GAPS.filter(({ cases }) => !NAMES.some((name) => cases.test(name)))).toEqual([]);
  });

  test('has a case of every operation that has a gradient', async () => {
    await prepareReferences();
    const { kernelNames } = await tf.profile(() => {
      for (const { one } of known.values()) referenceOf({ ...one, order: 0 });
    });
    const tried = [...kernelNames, ...UNCALLED];
    expect(Object.keys(GRADIENTS).filter((name) => !tried.includes(name))).toEqual([]);
  });

  test('has a case of every operation that steps can be compiled with', async () => {
    await prepareReferences();
    registerTracing();
    const { kernelNames } = await tf.profile(() => {
      for (const { one } of known.values()) referenceOf({ ...one, order: 0 });
    });
    const tried = [...kernelNames, ...UNCALLED, ...UNCOMPILED];
    const names = tf.getKernelsForBackend(TRACING).map(({ kernelName }) => kernelName);
    expect(names.filter((name) => !tried.includes(name))).toEqual([]);
  });

  // Abramowitz and Stegun, table 7.1; the last from the complement's first digits.
  test.each([
    [0, 0],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [-2, -0.995322265],
    [2.9999999, 0.9999779095],
    [3, 0.9999779095],
    [4, 1 - 1.541725790028e-8],
  ])('knows the error function at %d', (x, expected) => {
    expect(erf(x)).toBeCloseTo(expected, 10);
  });

  test.each(FAMILY_NAMES)('has derivatives of %s that difference quotients confirm', async (family) => {
    await prepareReferences();
    expect(knownOf(family).flatMap(({ one, reference }) => checkDerivatives(one, reference))).toEqual([]);
  });
});

describe.each(engines)('%s', (name) => {
  const gaps = GAPS[name] ?? [];
  let engine: Engine;

  beforeAll(async () => {
    engine = await startEngine({ forced: name });
  });

  test.each(FAMILY_NAMES)('agrees with the reference on %s', async (family) => {
    const wrong: string[] = [];
    for (const { one, reference } of knownOf(family)) {
      const gap = gaps.find(({ cases }) => cases.test(one.name));
      const difference = await disagreement(engine, one, reference);
      if (difference === undefined) {
        if (gap && !gap.byChance) wrong.push(`${one.name}: agrees by now, but is listed as a gap`);
      } else if (!gap) wrong.push(difference);
    }
    expect(wrong).toEqual([]);
  });

  test('has gaps that are cases', () => {
    expect(gaps.filter(({ cases }) => !NAMES.some((name) => cases.test(name)))).toEqual([]);
  });
});
