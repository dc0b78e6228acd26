import { z } from 'zod';
import type { Engine } from '../compute/program.js';
import {
  readSafetensors,
  SafetensorsError,
  tensorOf,
  writeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../compute/safetensors.js';
import { itemCounts, type Interactions } from './interactions/interactions.js';
import { attributesFor, type Catalogue } from './features/catalogue.js';
import type { FittedRecommender, History, Ranking, RankRequest } from './recommender.js';
import { topPlaces } from './top-items.js';

/** What differs between recommenders: scores of the whole catalogue. */
export interface Scorer {
  /** Scores of all items, given a history of one item at least; no engine is needed. */
  score(history: History, into: Float32Array): void;
  /** Whether it also scores for who did nothing yet, when it is told where the list is shown. */
  readonly scoresNewcomers?: boolean;
  /** The same of many histories, [histories, items]; left out, one after the other. */
  scoreAll?(histories: readonly History[], engine: Engine): Promise<Float32Array>;
  tensors(): ReadonlyMap<string, StoredTensor>;
  dispose?(): void;
  /** The same with items behind its own, known by their features. */
  withItems?(catalogue: Catalogue): Scorer;
}

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
const Description = z.strictObject({ platforms: Texts, types: Texts });
/** From so many requests on, an engine's batch costs less than scoring them one by one. */
const FEWEST_FOR_ENGINE = 12;
const BATCH = 256;

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

/** A recommender of a scorer: requests in ids, what mustn't be shown, files. */
export class RankingModel implements FittedRecommender {
  readonly withItems?: (catalogue: Catalogue) => FittedRecommender;
  readonly #codes: ReadonlyMap<string, number>;
  readonly #userCodes: ReadonlyMap<string, number>;

  constructor(
    /** `format` names the recommender and the version of its file; `description` is the scorer's own, in JSON. */
    private readonly kind: { readonly format: string; readonly description: unknown },
    private readonly knowledge: Knowledge,
    private readonly scorer: Scorer,
  ) {
    this.#codes = new Map(knowledge.items.map((id, code) => [id, code]));
    this.#userCodes = new Map(knowledge.users.map((id, code) => [id, code]));
    if (scorer.withItems) this.withItems = (catalogue) => this.#withItems(catalogue);
  }

  get items(): readonly string[] {
    return this.knowledge.items;
  }

  get platforms(): readonly string[] {
    return this.knowledge.platforms;
  }

  get rememberedUsers(): number {
    return this.knowledge.users.length;
  }

  get counts(): Int32Array {
    return this.knowledge.counts;
  }

  rank(request: RankRequest): Ranking {
    const asked = this.#asked(request);
    const scores = new Float32Array(this.items.length);
    this.#score(asked.history, scores);
    return this.#ranking(request, asked, scores);
  }

  async rankAll(requests: readonly RankRequest[], engine?: Engine): Promise<readonly Ranking[]> {
    const rankings: Ranking[] = [];
    for (let from = 0; from < requests.length; from += BATCH) {
      const batch = requests.slice(from, from + BATCH);
      const asked = batch.map((request) => this.#asked(request));
      const scores = await this.scores(
        asked.map(({ history }) => history),
        batch.length >= FEWEST_FOR_ENGINE ? engine : undefined,
      );
      batch.forEach((request, index) =>
        rankings.push(this.#ranking(request, asked[index]!, this.#row(scores, index))),
      );
    }
    return rankings;
  }

  async scores(histories: readonly History[], engine?: Engine): Promise<Float32Array> {
    const all = new Float32Array(histories.length * this.items.length);
    const { scoreAll } = this.scorer;
    if (!engine || !scoreAll) {
      histories.forEach((history, index) => this.#score(history, this.#row(all, index)));
      return all;
    }
    const told = [...histories.keys()].filter((index) => histories[index]!.item.length > 0);
    const found = await this.scorer.scoreAll!(
      told.map((index) => histories[index]!),
      engine,
    );
    told.forEach((index, at) => this.#row(all, index).set(this.#row(found, at)));
    histories.forEach((history, index) => {
      if (history.item.length === 0) this.#score(history, this.#row(all, index));
    });
    return all;
  }

  async save(): Promise<Uint8Array> {
    const { items, platforms, types, counts, platformCounts, users, starts, remembered } = this.knowledge;
    const vector = (values: Int32Array): StoredTensor => ({ shape: [values.length], values });
    const tensors = new Map<string, StoredTensor>([
      ['catalogue/ids', storedTexts(items)],
      ['catalogue/counts', vector(counts)],
      ['catalogue/platform_counts', { shape: [platforms.length, items.length], values: platformCounts }],
      ['users/ids', storedTexts(users)],
      ['users/starts', vector(starts)],
      ['users/items', vector(remembered)],
    ]);
    for (const [name, tensor] of this.scorer.tensors()) tensors.set(`model/${name}`, tensor);
    return writeSafetensors(tensors, {
      format: this.kind.format,
      knowledge: JSON.stringify({ platforms, types }),
      description: JSON.stringify(this.kind.description),
    });
  }

  dispose(): void {
    this.scorer.dispose?.();
  }

  #asked({ user, history = [], platform, now, k }: RankRequest): Asked {
    if (!(Number.isInteger(k) && k > 0)) throw new RangeError(`the best ${k} items can't be told`);
    const { starts, remembered, platforms, types } = this.knowledge;
    const code = user === undefined ? undefined : this.#userCodes.get(user);
    const before = code === undefined ? [] : [...remembered.subarray(starts[code], starts[code + 1])];
    const unknown = new Set<string>();
    const since = history.flatMap((given) => {
      const event = typeof given === 'string' ? { item: given } : given;
      const item = this.#codes.get(event.item);
      if (item === undefined) unknown.add(event.item);
      return item === undefined ? [] : [{ ...event, item }];
    });
    const shownOn = platform === undefined ? -1 : platforms.indexOf(platform);
    const codes = (names: readonly string[], of: 'type' | 'platform'): Int32Array =>
      Int32Array.from([...before.map(() => -1), ...since.map((event) => names.indexOf(event[of] ?? ''))]);
    return {
      history: {
        item: Int32Array.from([...before, ...since.map(({ item }) => item)]),
        type: codes(types, 'type'),
        platform: codes(platforms, 'platform'),
        time: Float64Array.from([...before.map(() => NaN), ...since.map(({ time }) => time ?? NaN)]),
        shownOn,
        ...(now !== undefined && { now }),
        ...(code !== undefined && { remembered: { user: code, events: before.length } }),
      },
      unknown: {
        user: user !== undefined && code === undefined,
        items: [...unknown],
        platform: platform !== undefined && shownOn < 0,
      },
    };
  }

  #score(history: History, into: Float32Array): void {
    if (this.#basis(history) === 'POPULARITY') into.set(this.knowledge.counts);
    else this.scorer.score(history, into);
  }

  #basis({ item, shownOn = -1 }: History): Ranking['basis'] {
    if (item.length > 0) return 'HISTORY';
    return this.scorer.scoresNewcomers && shownOn >= 0 ? 'FEATURES' : 'POPULARITY';
  }

  /** Changes the scores. */
  #ranking(
    { k, exclude = [], excludeSeen = true }: RankRequest,
    asked: Asked,
    scores: Float32Array,
  ): Ranking {
    const { items, counts, platformCounts } = this.knowledge;
    for (const id of exclude) {
      const code = this.#codes.get(id);
      if (code !== undefined) scores[code] = -Infinity;
    }
    if (excludeSeen) for (const code of asked.history.item) scores[code] = -Infinity;
    const { shownOn = -1 } = asked.history;
    if (shownOn >= 0) {
      const there = shownOn * items.length;
      // A new item has no interactions anywhere, and isn't kept from its first.
      for (let code = 0; code < items.length; code++)
        if (counts[code]! > 0 && !platformCounts[there + code]) scores[code] = -Infinity;
    }
    return {
      items: topPlaces(scores, k).map((code) => ({ item: items[code]!, score: scores[code]! })),
      basis: this.#basis(asked.history),
      unknown: asked.unknown,
    };
  }

  #withItems(catalogue: Catalogue): RankingModel {
    const { items, platforms, counts, platformCounts } = this.knowledge;
    const places = [...catalogue.ids.keys()].filter((place) => !this.#codes.has(catalogue.ids[place]!));
    const ids = places.map((place) => catalogue.ids[place]!);
    const wider = (rows: number, values: Int32Array): Int32Array => {
      const made = new Int32Array(rows * (items.length + ids.length));
      for (let row = 0; row < rows; row++)
        made.set(
          values.subarray(row * items.length, (row + 1) * items.length),
          row * (items.length + ids.length),
        );
      return made;
    };
    const knowledge: Knowledge = {
      ...this.knowledge,
      items: [...items, ...ids],
      counts: wider(1, counts),
      platformCounts: wider(platforms.length, platformCounts),
    };
    return new RankingModel(this.kind, knowledge, this.scorer.withItems!(attributesFor(catalogue, ids)));
  }

  #row(scores: Float32Array, index: number): Float32Array {
    return scores.subarray(index * this.items.length, (index + 1) * this.items.length);
  }
}

interface Asked {
  readonly history: History;
  readonly unknown: Ranking['unknown'];
}

/** What `RankingModel.save` wrote, for a recommender's `load`. Throws RangeError for a file of another format. */
export interface SavedModel {
  readonly knowledge: Knowledge;
  /** To be parsed. */
  readonly description: unknown;
  /** Of the scorer, by the names that it gave. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export function readModel(file: Uint8Array, format: string): SavedModel {
  const read = readSafetensors(file);
  if (read.metadata['format'] !== format)
    throw new RangeError(`a model of the format "${read.metadata['format']}" isn't "${format}"`);
  const { platforms, types } = Description.parse(JSON.parse(read.metadata['knowledge'] ?? 'null'));
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

const PREFIX = 'model/';

function vectorOf(file: SafetensorsFile, name: string, length: number): Int32Array {
  const { values } = tensorOf(file, name, 'I32');
  if (values.length !== length)
    throw new SafetensorsError(`tensor "${name}" has ${values.length} values, not ${length}`);
  return values;
}

/** Texts as a tensor of bytes: a JSON array in UTF-8. A file's header has no room for a long list. */
function storedTexts(texts: readonly string[]): StoredTensor {
  const values = new TextEncoder().encode(JSON.stringify(texts));
  return { shape: [values.length], values };
}

function textsOf(file: SafetensorsFile, name: string): string[] {
  return Texts.parse(JSON.parse(new TextDecoder().decode(tensorOf(file, name, 'U8').values)));
}
