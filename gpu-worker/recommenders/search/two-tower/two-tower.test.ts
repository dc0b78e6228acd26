import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine } from '../../../compute/engine.js';
import type { Engine } from '../../../compute/program.js';
import { Random } from '../../../compute/random.js';
import { stored, type Stored, type StoredOf } from '../../../compute/tensors.js';
import type { Product } from '../search-ranker.js';
import { fitting } from '../testing.js';
import { TowerEncoder } from './encoder.js';
import { encode, fieldWeights, firstParameters, type Parameters } from './network.js';
import { featureScale, longest, productFeatures, textFeatures } from './text-features.js';
import { trainingQueries } from './training-queries.js';
import { twoTower } from './two-tower.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ forced: 'onnx-cpu', threads: 1 });
});

const PATTERNS = ['retrospot', 'paisley', 'gingham', 'floral'];
const THINGS = [
  'mug',
  'teapot',
  'lantern',
  'cushion',
  'garland',
  'umbrella',
  'tray',
  'clock',
  'apron',
  'basket',
];
const SHOP: readonly Product[] = THINGS.flatMap((thing) =>
  PATTERNS.map((pattern) => ({
    id: `${pattern} ${thing}`,
    title: `${pattern} ${thing}`,
    brand: 'Home & Co',
  })),
);

describe('features of a text', () => {
  it('are shared by a word and the same word misspelt, or written in two', () => {
    const shared = (a: string, b: string): number => {
      const of = new Set(textFeatures(a, 1 << 20, 200));
      return [...textFeatures(b, 1 << 20, 200)].filter((bucket) => of.has(bucket)).length;
    };
    expect(shared('umbrella', 'umbrela')).toBeGreaterThan(shared('umbrella', 'cinderella'));
    expect(shared('tlight', 't light')).toBeGreaterThan(shared('tlight', 't bright'));
  });

  it('are at most so many', () => {
    expect(textFeatures('a text of quite a few words', 1024, 7).length).toBe(7);
    expect(textFeatures('', 1024, 7).length).toBe(0);
  });
});

describe('the towers', () => {
  it('compute the same in plain JavaScript, as served, and in tensors, as trained', async () => {
    const shape = { buckets: 64, width: 12, hiddenUnits: 8 };
    const random = Random.seeded(4);
    const first = firstParameters(shape, random, new Float32Array(64).fill(1));
    const noisy = ({ shape: of, values }: Stored): Stored =>
      stored(
        of,
        Float32Array.from(values, (value) => value + 0.3 * random.normal()),
      );
    const tower = (of: StoredOf<Parameters['query']>): StoredOf<Parameters['query']> => ({
      hidden: { weights: noisy(of.hidden.weights), bias: noisy(of.hidden.bias) },
      output: { weights: noisy(of.output.weights) },
    });
    const parameters: StoredOf<Parameters> = {
      ...first,
      query: tower(first.query),
      product: tower(first.product),
    };
    const features = productFeatures(SHOP.slice(0, 5), shape.buckets);
    const length = longest(features);
    const [buckets, weights, fields] = [
      new Int32Array(5 * length),
      new Float32Array(5 * length),
      new Int32Array(5 * length),
    ];
    for (let product = 0; product < 5; product++) {
      const [from, to] = [features.starts[product]!, features.starts[product + 1]!];
      buckets.set(features.buckets.subarray(from, to), product * length);
      fields.set(features.fields.subarray(from, to), product * length);
      weights.fill(featureScale(to - from), product * length, product * length + to - from);
    }
    const state = engine.hold<Parameters>(parameters);
    const spec = (dtype: 'int32' | 'float32') => ({ shape: [5, length], dtype }) as const;
    const program = await engine.compile('towers', {
      state,
      inputs: { buckets: spec('int32'), weights: spec('float32'), fields: spec('int32') },
      step: (held: Parameters, inputs) => ({
        outputs: {
          products: encode(held.features, held.product, {
            buckets: inputs.buckets,
            weights: tf.mul(inputs.weights, fieldWeights(held, inputs.fields)),
          }),
          queries: encode(held.features, held.query, { buckets: inputs.buckets, weights: inputs.weights }),
        },
      }),
    });
    const { products, queries } = await program.run({ buckets, weights, fields });
    const encoder = new TowerEncoder(parameters);
    const served = encoder.products(features);
    for (const [at, value] of served.entries()) expect(products[at]).toBeCloseTo(value, 5);
    const query = encoder.query(features.buckets.slice(0, features.starts[1]));
    for (const [at, value] of query.entries()) expect(queries[at]).toBeCloseTo(value, 5);
    program.dispose();
    state.dispose();
  });
});

describe('queries to learn from', () => {
  const judged = SHOP.map(({ id }) => ({
    query: `spotty ${id}`,
    judgements: [
      { product: id, gain: 1 },
      { product: SHOP[0]!.id, gain: 0.1 },
    ],
  }));

  it('never ask for a product that is held out, and queries to validate on ask for no other', () => {
    const config = { validationShare: 0.25, queriesAProduct: 2 };
    const { products, training, validation } = trainingQueries(
      { products: SHOP, queries: judged },
      config,
      Random.seeded(1),
    );
    const learnt = new Set(products);
    expect(learnt.size).toBe(30);
    for (const { product } of training) expect(learnt.has(product)).toBe(true);
    for (const { answers } of validation) for (const place of answers) expect(learnt.has(place)).toBe(false);
    expect(validation.filter((query) => query.judged).length).toBe(10);
    expect(training.length).toBe(2 * 30 + 30);
  });

  it('are answered by every product with the same words', () => {
    const products = [...SHOP, { ...SHOP[3]!, id: 'the same again' }];
    const { training } = trainingQueries(
      { products },
      { validationShare: 0.02, queriesAProduct: 1 },
      Random.seeded(2),
    );
    expect(training.find(({ product }) => product === 3)?.answers).toEqual(new Set([3, 40]));
  });
});

describe('a trained network', () => {
  const options = {
    width: 32,
    hiddenUnits: 16,
    buckets: 4096,
    batchSize: 32,
    epochs: 12,
    learningRate: 0.01,
    patience: 50,
  };

  it('learns from judged queries of some products which words mean the same, for others', async () => {
    // Nobody who types "spotty" finds a word of it in the catalogue.
    const queries = THINGS.slice(0, 8).map((thing) => ({
      query: `spotty ${thing}`,
      judgements: [{ product: `retrospot ${thing}`, gain: 1 }],
    }));
    const found = async (training: typeof queries): Promise<number> => {
      const config = twoTower.config.parse(options);
      const model = await twoTower.fit({ products: SHOP, queries: training }, config, fitting({ engine }));
      return ['apron', 'basket'].filter(
        (thing) => model.rank(`spotty ${thing}`, 1)[0]!.id === `retrospot ${thing}`,
      ).length;
    };
    expect(await found(queries)).toBe(2);
    expect(await found([])).toBeLessThan(2);
  });

  it('goes on from a checkpoint to the same weights', async () => {
    const config = twoTower.config.parse({ ...options, epochs: 3 });
    const saved: Uint8Array[] = [];
    const saving = fitting({
      engine,
      checkpointDue: () => saved.length === 0,
      saveCheckpoint: (state) => {
        saved.push(state);
        return Promise.resolve();
      },
    });
    const whole = (await twoTower.fit({ products: SHOP }, config, saving)).save();
    const resumed = await twoTower.fit({ products: SHOP }, config, fitting({ engine, checkpoint: saved[0] }));
    expect(Buffer.from(resumed.save()).equals(Buffer.from(whole))).toBe(true);
  });

  it('says that there is nothing to learn from without made or judged queries', async () => {
    const config = twoTower.config.parse({ ...options, queriesAProduct: 0 });
    await expect(twoTower.fit({ products: SHOP }, config, fitting({ engine }))).rejects.toThrow(
      'Set queriesAProduct to 1 or more.',
    );
  });
});
