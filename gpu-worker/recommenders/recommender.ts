import type { z } from 'zod';
import type { EvidenceUnit } from '../../schema/messages/explanation.js';
import type { Engine } from '../compute/program.js';
import type { Game } from '../explain/game.js';
import type { FitSession } from '../generators/generator.js';
import type { Catalogue } from './features/catalogue.js';
import type { Interactions } from './interactions/interactions.js';

/** What a recommender learns from. */
export interface TrainingData {
  readonly interactions: Interactions;
  /** What is known of items; read by recommenders that take features, and passed over by others. */
  readonly catalogue?: Catalogue | undefined;
  /** A file of the same recommender that a network's weights begin as, in place of chance; passed over by recommenders without a network. */
  readonly continues?: Uint8Array | undefined;
}

/** What was done before a list is shown, oldest first. All arrays have the same length; codes are the model's. */
export interface History {
  /** Each 0…items−1. */
  readonly item: Int32Array;
  /** −1: not told. */
  readonly type?: Int32Array;
  readonly platform?: Int32Array;
  /** In ms since 1970; NaN: not told. */
  readonly time?: Float64Array;
  /** When the list is shown, in ms since 1970. */
  readonly now?: number;
  /** Code of the platform that it is shown on. */
  readonly shownOn?: number;
  /** That the first `events` are what the model remembers of this user of its own. */
  readonly remembered?: { readonly user: number; readonly events: number };
}

/** One thing that a user did. */
export interface HistoryEvent {
  readonly item: string;
  readonly type?: string | undefined;
  readonly platform?: string | undefined;
  /** In ms since 1970. */
  readonly time?: number | undefined;
}

/** Who or what to rank for. */
export interface RankRequest {
  /** Id of a user that the model was fitted with; its remembered items are ranked for. */
  readonly user?: string | undefined;
  /** Ids of items or events, the newest last. With a `user`, what happened since the model was fitted: it comes after what is remembered. */
  readonly history?: readonly (string | HistoryEvent)[] | undefined;
  /** Most items of the answer, from 1. */
  readonly k: number;
  /** Ids of items that mustn't be in the answer, such as those that are sold out or deleted; the model need not know them. */
  readonly exclude?: readonly string[] | undefined;
  /** Leaves out the items of the history, too; true unless said otherwise. */
  readonly excludeSeen?: boolean | undefined;
  /** Ranks only items that somebody interacted with on this platform. One that the model doesn't know is passed over, and told. */
  readonly platform?: string | undefined;
  /** When the list is shown, in ms since 1970; for recommenders that know how long ago things were. */
  readonly now?: number | undefined;
}

export interface RankedItem {
  readonly item: string;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
}

/** An answer to a `RankRequest`. */
export interface Ranking {
  /** Best first; of equal scores, the item first that the training data had first. Fewer than k where no more may be shown. */
  readonly items: readonly RankedItem[];
  /** What the scores follow from; POPULARITY where nothing that the model can use is known of the user. */
  readonly basis: 'HISTORY' | 'FEATURES' | 'POPULARITY';
  /** What the request named and the model doesn't know, and the answer therefore passes over. */
  readonly unknown: {
    readonly user: boolean;
    /** Items of the history, each once. */
    readonly items: readonly string[];
    readonly platform: boolean;
  };
}

/**
 * The features that a model makes of a history, as players of a game: a coalition is worth the mean evidence when its features are
 * those of the history, and all others those of each of the background's.
 */
export interface FeatureGame extends Game {
  readonly features: readonly {
    readonly name: string;
    /** Of the history, in words; a feature of a history and an item has none of its own. */
    readonly value?: string;
  }[];
}

/** A fitted recommender: ranks the items of its catalogue. */
export interface FittedRecommender {
  /** Ids of the catalogue, in the order of their codes. */
  readonly items: readonly string[];
  readonly platforms: readonly string[];
  /** How many users it can rank for by their id. */
  readonly rememberedUsers: number;
  /** Interactions with each item that it learnt from [items]. */
  readonly counts: Int32Array;
  /** Answers one request, without an engine; a few milliseconds for 10,000 items. Throws RangeError for a `k` below 1. */
  rank(request: RankRequest): Ranking;
  /** Answers many, each as `rank` does up to rounding; an engine makes networks faster from a dozen requests on. */
  rankAll(requests: readonly RankRequest[], engine?: Engine): Promise<readonly Ranking[]>;
  /** Scores of all items [histories, items], for evaluation. Of an empty history, popularity's. */
  scores(histories: readonly History[], engine?: Engine): Promise<Float32Array>;
  /** What a request tells the model: what is remembered of its user and what it says itself, as far as the model knows it. */
  historyOf(request: RankRequest): History;
  /** What `evidence` counts in. */
  readonly evidenceUnit: EvidenceUnit;
  /**
   * How much speaks for items after a history [codes], comparable between histories, which scores need not be. Among the items
   * that a list begins with it has the order of the scores. An empty history has evidence, too. `scores`: of all items after it, as `scores` has them.
   */
  evidence(history: History, codes: Int32Array, scores: Float32Array): Float64Array;
  /** What the last event attends to: weights of all events of a history, together 1. Absent without an attention network. */
  attention?(history: History): Float64Array;
  /** Absent where a model makes no features of a history. Outputs are the items [codes]. */
  featureGame?(history: History, background: readonly History[], codes: Int32Array): FeatureGame;
  /**
   * The same model with more items, known by their features alone; those that it has already stay as they are. Absent
   * where a model knows items by their interactions only.
   */
  withItems?(catalogue: Catalogue): FittedRecommender;
  /**
   * A safetensors file: what was learnt, ids of items, and, unless the option `rememberUsers` is off, ids of users with the
   * last items of each, and sums over all their events where features are made of them, which ranking by a user's id takes.
   */
  save(): Promise<Uint8Array>;
  /** Frees what it holds on engines. */
  dispose(): void;
}

/** A way of ranking items for users. One per folder; `recommenders.ts` is the catalogue of them by name. */
export interface Recommender<Config = unknown> {
  /** The name that a run's config gives, such as `item-knn`. */
  readonly name: string;
  /** One sentence for users who choose among recommenders. */
  readonly summary: string;
  /** Every option with its range, default and meaning (`.describe`); unknown keys are refused. */
  readonly config: z.ZodType<Config>;
  /**
   * Throws UserFailure INSUFFICIENT_DATA for interactions that it can't learn from, and INVALID_CONFIG for a model to go on from
   * that has other sizes. Vectors of items that such a model knows are kept by their ids; new items get new ones.
   */
  fit(data: TrainingData, config: Config, session: FitSession): Promise<FittedRecommender>;
  /** Throws SafetensorsError, ZodError or RangeError for a file that `save` didn't write. */
  load(file: Uint8Array): Promise<FittedRecommender>;
}
