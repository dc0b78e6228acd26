import type { EvidenceUnit } from '../../schema/messages/explanation.js';
import type { Engine } from '../compute/program.js';
import type { StoredTensor } from '../compute/safetensors.js';
import { attributesFor, type Catalogue } from './features/catalogue.js';
import { writeModel, type Knowledge } from './model-file.js';
import type { FeatureGame, FittedRecommender, History, Ranking, RankRequest } from './recommender.js';
import { topPlaces } from './top-items.js';

/** What differs between recommenders: scores of the whole catalogue. */
export interface Scorer {
  /** Scores of all items, given a history of one item at least; no engine is needed. */
  score(history: History, into: Float32Array): void;
  /** Whether it also scores for who did nothing yet, when it is told where the list is shown. */
  readonly scoresNewcomers?: boolean;
  /** The same of many histories, [histories, items]; left out, one after the other. */
  scoreAll?(histories: readonly History[], engine: Engine): Promise<Float32Array>;
  readonly evidenceUnit: EvidenceUnit;
  /** As `FittedRecommender` has it; left out, the items' scores, for an empty history too. */
  evidence?(history: History, codes: Int32Array, scores: Float32Array): Float64Array;
  attention?(history: History): Float64Array;
  featureGame?(history: History, background: readonly History[], codes: Int32Array): FeatureGame;
  tensors(): ReadonlyMap<string, StoredTensor>;
  dispose?(): void;
  /** The same with items behind its own, known by their features. */
  withItems?(catalogue: Catalogue): Scorer;
}

/** From so many requests on, an engine's batch costs less than scoring them one by one. */
const FEWEST_FOR_ENGINE = 12;
const BATCH = 256;

/** A recommender of a scorer: requests in ids, what mustn't be shown, files. */
export class RankingModel implements FittedRecommender {
  readonly withItems?: (catalogue: Catalogue) => FittedRecommender;
  readonly attention?: (history: History) => Float64Array;
  readonly featureGame?: NonNullable<FittedRecommender['featureGame']>;
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
    if (scorer.attention) this.attention = (history) => scorer.attention!(history);
    if (scorer.featureGame) this.featureGame = (...asked) => scorer.featureGame!(...asked);
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

  historyOf(request: RankRequest): History {
    return this.#asked(request).history;
  }

  get evidenceUnit(): EvidenceUnit {
    return this.scorer.evidenceUnit;
  }

  evidence(history: History, codes: Int32Array, scores: Float32Array): Float64Array {
    return (
      this.scorer.evidence?.(history, codes, scores) ?? Float64Array.from(codes, (code) => scores[code]!)
    );
  }

  async save(): Promise<Uint8Array> {
    return writeModel(this.kind, this.knowledge, this.scorer.tensors());
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
