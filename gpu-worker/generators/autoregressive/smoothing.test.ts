import { beforeAll, expect, test } from '@jest/globals';
import { startEngine } from '../../compute/engine.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { decayOf } from './decay.js';
import { layOut } from './layout.js';
import { initialParameters, inOrder, maskOf, parameterShapes } from './network.js';
import { kernelsOf, plainParameters, trainedDirectWeights } from './smoothing.js';

const BLOCKS = 0;
/** A number of twelve bins, yes or no, and a category of five. */
const LAYOUT = layOut([12, 2, 5], [0, 2, 1], 6);
const ORDERED = [12, 2, 0];
const SHAPES = parameterShapes(LAYOUT, BLOCKS);

/** Very uneven shares: a value that most rows have beside rare ones. */
const SHARES = Float32Array.from({ length: LAYOUT.units }, (_, unit) => (unit === 3 ? 0.9 : 0.01));
const KERNELS = kernelsOf(LAYOUT, ORDERED, SHARES);

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu' });
});

/** The plain network's direct weights of those that are trained. */
async function plainDirect(direct: Float32Array): Promise<Float32Array> {
  const initial = initialParameters(LAYOUT, BLOCKS, new Float32Array(LAYOUT.units), Random.seeded(1));
  const all = inOrder(SHAPES, new Map(initial).set('direct/weights', direct));
  const plain = await plainParameters(engine, LAYOUT, KERNELS, all);
  return plain[SHAPES.findIndex(({ name }) => name === 'direct/weights')]!.values as Float32Array;
}

test('direct weights are what a fit starts from, whatever is trained in their place', async () => {
  const random = Random.seeded(2);
  const mask = maskOf(LAYOUT, 'direct/weights')!;
  const wanted = Float32Array.from(mask, (allowed) => (allowed ? 2 * random.normal() : 0));
  const found = await plainDirect(trainedDirectWeights(LAYOUT, KERNELS, wanted));
  found.forEach((weight, at) => expect(weight).toBeCloseTo(wanted[at]!, 3));
});

test("a step of one bin's direct weights moves those of its neighbours, and of no other column", async () => {
  const { units, offsets } = LAYOUT;
  const [number, category, target] = [offsets[0]!, offsets[2]!, offsets[1]!];
  const moved = async (unit: number): Promise<Float32Array> => {
    const step = new Float32Array(units * units);
    step[unit * units + target] = 1;
    const plain = await plainDirect(step);
    return Float32Array.from({ length: units }, (_, from) => plain[from * units + target]!);
  };
  const ofNumber = await moved(number + 6);
  expect(ofNumber[number + 6]).toBeGreaterThan(ofNumber[number + 7]!);
  expect(ofNumber[number + 7]).toBeGreaterThan(ofNumber[number + 11]!);
  expect(ofNumber[category]).toBe(0);
  const ofCategory = await moved(category);
  expect(ofCategory[category]).toBeGreaterThan(0);
  expect(ofCategory[category + 1]).toBe(0);
});

const TREE = LAYOUT.widths.map(() => ({ open: 1 }));

test('weights into columns of few bins decay faster, and forbidden ones have no decay', () => {
  for (const name of ['direct/weights', 'output/weights']) {
    const [mask, decay] = [maskOf(LAYOUT, name)!, decayOf(LAYOUT, TREE, name)!];
    const { units, offsets } = LAYOUT;
    decay.forEach((times, at) => {
      const isNarrow = at % units >= offsets[1]! && at % units < offsets[1]! + 2;
      if (!mask[at]) expect(times).toBe(0);
      else if (isNarrow) expect(times).toBeGreaterThan(1);
      else expect(times).toBe(1);
    });
  }
  expect(decayOf(LAYOUT, TREE, 'input/weights')).toEqual(Float32Array.from(maskOf(LAYOUT, 'input/weights')!));
  expect(decayOf(LAYOUT, TREE, 'output/bias')).toBeUndefined();
});

test('weights into a column of few bins decay as others where another column decides it', () => {
  const decided = TREE.map((one, column) => (column === 1 ? { from: 0, open: 0.1 } : one));
  expect(decayOf(LAYOUT, decided, 'direct/weights')).toEqual(
    Float32Array.from(maskOf(LAYOUT, 'direct/weights')!),
  );
});
