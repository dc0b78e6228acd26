import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { startEngine } from '../../compute/engine.js';
import { registerGradients } from '../../compute/gradients/register.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { isNumeric, type Table } from '../../tables/table.js';
import { autoregressive } from './autoregressive.js';
import { layOut } from './layout.js';
import {
  initialParameters,
  inOrder,
  logitsOf,
  maskOf,
  oneHotOf,
  parameterShapes,
  totalLoss,
} from './network.js';
import { clippedSums, isTrained } from './private-steps.js';

tf.enableProdMode();
jest.setTimeout(60_000);

describe('clipped sums of gradients', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    registerGradients();
  });

  test.each([0, 1, 2])('are those of a loop over rows, with %p blocks', (blocks) => {
    const layout = layOut([3, 2, 4], [1, 0, 2], 6);
    const shapes = parameterShapes(layout, blocks);
    const random = Random.seeded(4);
    const initial = initialParameters(layout, blocks, new Float32Array(layout.units), random);
    // Away from the start, where the last layers are zero and hide the ones before.
    for (const { name } of shapes) {
      const mask = maskOf(layout, name);
      initial.set(
        name,
        initial.get(name)!.map((value, at) => (mask?.[at] === 0 ? value : value + 0.5 * random.normal())),
      );
    }
    const all = inOrder(shapes, initial).map(({ values, shape }) => tf.tensor(values, [...shape]));
    const rows = 7;
    const bins = Uint16Array.from({ length: rows * 3 }, (_, at) => random.integer([3, 2, 4][at % 3]!));
    const oneHot = tf.tensor2d(
      oneHotOf(
        layout,
        bins,
        Array.from({ length: rows }, (_, row) => row),
      ),
      [rows, layout.units],
    );
    const present = [1, 1, 0, 1, 1, 0, 1];
    const trained = shapes.flatMap((shape, at) => (isTrained(shape) ? [at] : []));
    const masks = trained.map((at) => {
      const mask = maskOf(layout, shapes[at]!.name);
      return mask ? tf.tensor(Float32Array.from(mask), [...shapes[at]!.shape]) : tf.zeros([0]);
    });
    const limit = 2;

    const parameters = trained.map((at) => all[at]!);
    const sums = clippedSums(
      layout,
      {
        adam: { parameters, means: parameters, squares: parameters },
        fixed: { direct: all[2] as tf.Tensor2D, outputBias: all.at(-1) as tf.Tensor1D },
        masks,
      },
      oneHot,
      tf.tensor1d(present),
      limit,
    );

    const expected = parameters.map(({ size }) => new Float64Array(size));
    const norms = present.map((there, row) => {
      const one = tf.slice(oneHot, [row, 0], [1, layout.units]);
      const { gradients } = valueAndGradients((own: readonly tf.Tensor[]) => {
        const whole = [...all];
        trained.forEach((at, index) => (whole[at] = own[index]!));
        return totalLoss(layout, logitsOf(whole, one), one);
      }, parameters);
      const values = gradients.map((gradient, at) =>
        [...gradient.dataSync()].map((value, place) =>
          masks[at]!.size > 0 ? value * masks[at]!.dataSync()[place]! : value,
        ),
      );
      const norm = Math.hypot(...values.flat());
      values.forEach((of, at) => {
        of.forEach((value, place) => (expected[at]![place]! += there * value * Math.min(1, limit / norm)));
      });
      return norm;
    });
    // Some are cut, and some are not.
    expect(Math.max(...norms)).toBeGreaterThan(limit);
    expect(Math.min(...norms)).toBeLessThan(limit);
    sums.forEach((sum, at) => {
      const found = [...sum.dataSync()];
      found.forEach((value, place) => expect(value).toBeCloseTo(expected[at]![place]!, 4));
    });
  });
});

describe('a private fit', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ forced: 'onnx-cpu' });
  });

  function visits(rows: number): Table {
    const random = Random.seeded(7);
    const country = Int32Array.from({ length: rows }, () => random.categorical([5, 3, 2]));
    const schema = { nullable: false, unique: false } as const;
    return {
      rows,
      columns: [
        {
          schema: { ...schema, name: 'country', kind: 'CATEGORY' },
          codes: country,
          categories: ['de', 'fr', 'it'],
        },
        {
          schema: { ...schema, name: 'pages', kind: 'INTEGER' },
          values: Float64Array.from(country, (code) => 10 * code + random.integer(4)),
        },
        {
          schema: { ...schema, name: 'bought', kind: 'BOOLEAN' },
          values: Float64Array.from(country, () => random.integer(2)),
        },
      ],
    };
  }

  test('keeps to its ε, tells nothing of the table on the way, and learns what goes together', async () => {
    const config = AutoregressiveConfig.parse({
      epsilon: 8,
      batchSize: 100,
      epochs: 1,
      hiddenUnits: 8,
      residualBlocks: 1,
    });
    const series = new Map<string, number[]>();
    const model = await autoregressive.fit(visits(4000), config, {
      engine,
      seed: 1,
      signal: new AbortController().signal,
      metric: (name, _, value) => series.set(name, [...(series.get(name) ?? []), value]),
      progress: () => {},
      checkpointDue: () => false,
      saveCheckpoint: () => Promise.resolve(),
      checkpoint: undefined,
    });
    expect(model.privacy!.epsilon).toBeLessThanOrEqual(8);
    expect(model.privacy!.epsilon).toBeGreaterThan(7.9);
    expect(model.privacy!.delta).toBe(1e-6);
    expect([...series.keys()].sort()).toEqual(['privacy/epsilon', 'train/learning_rate']);

    const loaded = await autoregressive.load(await model.save());
    expect(loaded.privacy).toEqual(model.privacy);
    const signal = new AbortController().signal;
    const sums = new Map<string, { pages: number; rows: number }>();
    for await (const { columns, rows } of loaded.sample(2000, {
      engine,
      seed: 1,
      signal,
      progress: () => {},
    })) {
      const [country, pages] = [columns[0]!, columns[1]!];
      if (isNumeric(country) || !isNumeric(pages)) throw new Error('columns of another kind');
      for (let row = 0; row < rows; row++) {
        const name = country.categories[country.codes[row]!]!;
        const sum = sums.get(name) ?? { pages: 0, rows: 0 };
        sums.set(name, { pages: sum.pages + pages.values[row]!, rows: sum.rows + 1 });
      }
    }
    const mean = (name: string) => sums.get(name)!.pages / sums.get(name)!.rows;
    expect(mean('it') - mean('fr')).toBeGreaterThan(5);
    expect(mean('fr') - mean('de')).toBeGreaterThan(5);
  });
});
