import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../gpu-worker/compute/engine.js';
import { evaluate } from '../../gpu-worker/evaluation/evaluate.js';
import type { FitSession } from '../../gpu-worker/generators/generator.js';
import { generatorOf } from '../../gpu-worker/generators/generators.js';
import { readParquet } from '../../gpu-worker/tables/parquet-reader.js';
import { createTableWriter } from '../../gpu-worker/tables/table-writer.js';
import type { Table } from '../../gpu-worker/tables/table.js';
import { splitDataset } from './dataset.js';
import type { Measured, Measurement } from './measurement.js';

/**
 * One generator, one dataset, one seed: fits, samples as many rows as it learnt from, and scores them. A process of its
 * own, so that its time and its memory are that measurement's.
 */
async function measure(request: Measurement): Promise<Measured> {
  const { dataset, generator, options, seed, protocol, threads } = request;
  const folder = await mkdtemp(join(tmpdir(), 'synthcart-quality-'));
  try {
    const { train, test } = await splitDataset(dataset, protocol, folder);
    const engine = await startEngine({ threads });
    const made = generatorOf(generator);
    const config = made.config.parse(options);
    const signal = new AbortController().signal;
    const fitting: FitSession = {
      engine,
      seed,
      signal,
      metric: () => {},
      progress: () => {},
      checkpointDue: () => false,
      saveCheckpoint: () => Promise.resolve(),
      checkpoint: undefined,
    };
    const begun = performance.now();
    const model = await made.fit(train, config, fitting);
    const fitted = performance.now();
    const parquetPath = join(folder, 'synthetic.parquet');
    const writer = createTableWriter({ columns: model.columns, parquetPath });
    let sampleMs = 0;
    let last = performance.now();
    for await (const chunk of model.sample(train.rows, { engine, seed, signal, progress: () => {} })) {
      sampleMs += performance.now() - last;
      await writer.write(chunk);
      last = performance.now();
    }
    await writer.close();
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    const synthetic: Table = await readParquet(parquetPath, model.columns);
    const { scores } = await evaluate({
      real: train,
      synthetic,
      test,
      // The halves are for privacy alone, and utility takes most of an evaluation's time.
      ...(dataset.target !== undefined && protocol === 'NINE_TENTHS' && { target: dataset.target }),
      seed: 1,
      signal,
      progress: () => {},
    });
    return {
      rows: train.rows,
      engine: `${engine.name} on ${engine.device}`,
      fitSeconds: (fitted - begun) / 1000,
      sampleSeconds: sampleMs / 1000,
      peakMiB,
      scores: scores.map(({ name, value, reference }) => ({ name, value, reference: reference ?? null })),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

process.once('message', (request: Measurement) => {
  void measure(request).then(
    (measured) => process.send?.({ type: 'measured', measured }),
    (error: unknown) =>
      process.send?.({ type: 'measured', error: error instanceof Error ? error.message : String(error) }),
  );
});
process.send?.({ ready: true });
