import { z } from 'zod';
import {
  readSafetensors,
  SafetensorsError,
  tensorOf,
  writeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../compute/safetensors.js';
import { itemCounts, type Interactions } from './interactions/interactions.js';
import { storedTexts, textsOf } from './stored-texts.js';

/** What every model knows of what it was fitted with. */
export interface Knowledge {
  readonly items: readonly string[];
  readonly platforms: readonly string[];
  readonly types: readonly string[];
  /** Interactions with each item [items]. */
  readonly counts: Int32Array;
  /** The same by platform [platforms, items]. */
  readonly platformCounts: Int32Array;
  /** Users that it can rank for by id, and the last items of each, back to back. */
  readonly users: readonly string[];
  readonly starts: Int32Array;
  readonly remembered: Int32Array;
}

/** Items of a user that are remembered: what any model looks at. */
export const REMEMBERED_ITEMS = 50;

const Texts = z.array(z.string());
/** Of a file's metadata. */
const Names = z.strictObject({ platforms: Texts, types: Texts });
/** Stands before the names of a scorer's tensors. */
const PREFIX = 'model/';

export function knowledgeOf(interactions: Interactions, rememberUsers: boolean): Knowledge {
  const { users, items, platforms, types, starts, item, platform } = interactions;
  const platformCounts = new Int32Array(platforms.length * items.length);
  platform.forEach((code, at) => {
    if (code >= 0) platformCounts[code * items.length + item[at]!]!++;
  });
  const known = rememberUsers ? [...users.keys()].filter((user) => starts[user + 1]! > starts[user]!) : [];
  const from = (user: number): number => Math.max(starts[user]!, starts[user + 1]! - REMEMBERED_ITEMS);
  const begins = Int32Array.from({ length: known.length + 1 }, () => 0);
  known.forEach((user, index) => (begins[index + 1] = begins[index]! + starts[user + 1]! - from(user)));
  const remembered = new Int32Array(begins[known.length]!);
  known.forEach((user, index) => remembered.set(item.subarray(from(user), starts[user + 1]), begins[index]));
  return {
    items,
    platforms,
    types,
    counts: itemCounts(interactions),
    platformCounts,
    users: known.map((user) => users[user]!),
    starts: begins,
    remembered,
  };
}

/** A safetensors file: what every model knows, and what a scorer has of its own. `kind` is told back by `readModel`. */
export function writeModel(
  kind: { readonly format: string; readonly description: unknown },
  { items, platforms, types, counts, platformCounts, users, starts, remembered }: Knowledge,
  scorer: ReadonlyMap<string, StoredTensor>,
): Uint8Array {
  const vector = (values: Int32Array): StoredTensor => ({ shape: [values.length], values });
  const tensors = new Map<string, StoredTensor>([
    ['catalogue/ids', storedTexts(items)],
    ['catalogue/counts', vector(counts)],
    ['catalogue/platform_counts', { shape: [platforms.length, items.length], values: platformCounts }],
    ['users/ids', storedTexts(users)],
    ['users/starts', vector(starts)],
    ['users/items', vector(remembered)],
  ]);
  for (const [name, tensor] of scorer) tensors.set(PREFIX + name, tensor);
  return writeSafetensors(tensors, {
    format: kind.format,
    knowledge: JSON.stringify({ platforms, types }),
    description: JSON.stringify(kind.description),
  });
}

/** What a file holds, for a recommender's `load`. */
export interface SavedModel {
  readonly knowledge: Knowledge;
  /** To be parsed. */
  readonly description: unknown;
  /** Of the scorer, by the names that it gave. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** What a model knows of what it was fitted with, whichever recommender it is of. Throws as `readModel` does. */
export function readKnowledge(file: Uint8Array): { readonly format: string; readonly knowledge: Knowledge } {
  const format = readSafetensors(file).metadata['format'] ?? '';
  return { format, knowledge: readModel(file, format).knowledge };
}

/** Reads a file of `writeModel`. Throws SafetensorsError, ZodError or RangeError for anything else, another format among it. */
export function readModel(file: Uint8Array, format: string): SavedModel {
  const read = readSafetensors(file);
  if (read.metadata['format'] !== format)
    throw new RangeError(`a model of the format "${read.metadata['format']}" isn't "${format}"`);
  const { platforms, types } = Names.parse(JSON.parse(read.metadata['knowledge'] ?? 'null'));
  const items = textsOf(read, 'catalogue/ids');
  const users = textsOf(read, 'users/ids');
  const knowledge: Knowledge = {
    items,
    platforms,
    types,
    counts: vectorOf(read, 'catalogue/counts', items.length),
    platformCounts: vectorOf(read, 'catalogue/platform_counts', platforms.length * items.length),
    users,
    starts: vectorOf(read, 'users/starts', users.length + 1),
    remembered: tensorOf(read, 'users/items', 'I32').values,
  };
  const tensors = [...read.tensors].filter(([name]) => name.startsWith(PREFIX));
  return {
    knowledge,
    description: JSON.parse(read.metadata['description'] ?? 'null') as unknown,
    tensors: new Map(tensors.map(([name, tensor]) => [name.slice(PREFIX.length), tensor])),
  };
}

function vectorOf(file: SafetensorsFile, name: string, length: number): Int32Array {
  const { values } = tensorOf(file, name, 'I32');
  if (values.length !== length)
    throw new SafetensorsError(`tensor "${name}" has ${values.length} values, not ${length}`);
  return values;
}
