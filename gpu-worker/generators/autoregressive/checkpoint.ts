import { z } from 'zod';
import { readSafetensors, tensorOf, writeSafetensors, type StoredTensor } from '../../compute/safetensors.js';
import { Origin } from '../training/origin.js';
import type { ParameterShape } from './network.js';

/** Where a fit stands. */
const Progress = z.strictObject({
  epoch: z.int().min(0),
  /** Batches of the epoch that are done. */
  batch: z.int().min(0),
  /** Sum of the training losses of this epoch's rows so far. */
  epochLoss: z.number(),
  /** The lowest held-out loss so far. */
  bestLoss: z.number().nullable(),
  /** The last epoch that is kept if the fit ends; −1 before the first one's end. */
  bestEpoch: z.int().min(-1),
});
export type Progress = z.infer<typeof Progress>;

type Values = Map<string, Float32Array>;

/** Everything that a fit needs to go on as if it had never stopped; its random choices derive from the seed. */
export interface Checkpoint {
  readonly parameters: Values;
  /** Adam's moments. */
  readonly means: Values;
  readonly squares: Values;
  /** Running average of the parameters, and the one that is kept if the fit ends. */
  readonly average: Values;
  readonly best: Values;
  readonly progress: Progress;
  readonly origin: Origin;
}

const FORMAT = 'synthcart autoregressive checkpoint 3';
const PARTS = ['parameters', 'means', 'squares', 'average', 'best'] as const;

export function writeCheckpoint(shapes: readonly ParameterShape[], checkpoint: Checkpoint): Uint8Array {
  const tensors = new Map<string, StoredTensor>();
  for (const part of PARTS) {
    for (const { name, shape } of shapes)
      tensors.set(`${part}/${name}`, { shape, values: checkpoint[part].get(name)! });
  }
  return writeSafetensors(tensors, {
    format: FORMAT,
    progress: JSON.stringify(checkpoint.progress),
    origin: JSON.stringify(checkpoint.origin),
  });
}

/** Throws SafetensorsError or ZodError for anything but a file of `writeCheckpoint`. */
export function readCheckpoint(file: Uint8Array): Checkpoint {
  const read = readSafetensors(file);
  if (read.metadata['format'] !== FORMAT) {
    throw new RangeError(`a checkpoint of the format "${read.metadata['format']}" isn't "${FORMAT}"`);
  }
  const parts = Object.fromEntries(PARTS.map((part) => [part, new Map<string, Float32Array>()])) as Record<
    (typeof PARTS)[number],
    Values
  >;
  for (const path of read.tensors.keys()) {
    const part = PARTS.find((candidate) => path.startsWith(`${candidate}/`));
    if (!part) throw new RangeError(`a checkpoint has no part "${path}"`);
    parts[part].set(path.slice(part.length + 1), tensorOf(read, path, 'F32').values);
  }
  return {
    ...parts,
    progress: Progress.parse(JSON.parse(read.metadata['progress'] ?? 'null')),
    origin: Origin.parse(JSON.parse(read.metadata['origin'] ?? 'null')),
  };
}
