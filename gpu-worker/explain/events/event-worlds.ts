import type { Engine } from '../../compute/program.js';
import type { FittedRecommender, History } from '../../recommenders/recommender.js';
import { keyOf, type Coalition, type Game } from '../game.js';
import { partialHistory } from './partial-history.js';

/** What a recommender says of the asked items where some events of a history didn't happen. */
export interface World {
  /** How much speaks for each item, in the recommender's unit [items]. */
  readonly evidence: Float64Array;
  /** Place of each item among all that may be shown, from 1 [items]. */
  readonly ranks: Float64Array;
}

export interface EventWorldsOptions {
  readonly engine?: Engine | undefined;
  /** Newest events that are players of their own; what lies before them is one player. */
  readonly mostEvents: number;
  /** Worlds that are computed between two pauses; by default as many as a batch has room for. */
  readonly worldsAtOnce?: number;
  /** Called between batches; may reject to stop. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Scores of a batch take at most so many numbers: 64 MiB. */
const BATCH_SCORES = 2 ** 24;
const BATCH_WORLDS = 256;

/**
 * A history's events as players, for one list's items. What isn't shown because it is in the history isn't shown in any of the worlds,
 * so that ranks are comparable. Each world is computed once, whoever asks for it; it costs one scoring of the whole catalogue.
 */
export class EventWorlds {
  /** Places of each player's events in the history, the oldest first; more than one only for the first player. */
  readonly players: readonly (readonly number[])[];
  readonly #known = new Map<string, World>();
  readonly #hidden: ReadonlySet<number>;

  constructor(
    private readonly model: FittedRecommender,
    private readonly history: History,
    /** Codes of the items that are asked about. */
    private readonly codes: Int32Array,
    private readonly options: EventWorldsOptions,
  ) {
    const places = [...history.item.keys()];
    const early = places.slice(0, Math.max(0, places.length - options.mostEvents));
    const late = places.slice(early.length).map((place) => [place]);
    this.players = early.length > 0 ? [early, ...late] : late;
    this.#hidden = new Set(history.item);
  }

  /** Worlds that were computed: each one scoring of the catalogue. */
  get computed(): number {
    return this.#known.size;
  }

  /** Evidence for the items as a game among the events. */
  get game(): Game {
    return this.#gameOf(({ evidence }) => evidence);
  }

  /** Of each coalition of players, the world in which only their events happened. */
  async of(coalitions: readonly Coalition[]): Promise<readonly World[]> {
    const missing = new Map<string, Coalition>();
    for (const coalition of coalitions) {
      const key = keyOf(coalition);
      if (!this.#known.has(key)) missing.set(key, coalition);
    }
    const asked = [...missing];
    const { worldsAtOnce = BATCH_WORLDS } = this.options;
    const size = Math.max(1, Math.min(worldsAtOnce, Math.floor(BATCH_SCORES / this.model.items.length)));
    for (let from = 0; from < asked.length; from += size) {
      const batch = asked.slice(from, from + size);
      const histories = batch.map(([, coalition]) => this.#historyOf(coalition));
      const scores = await this.model.scores(histories, this.options.engine);
      batch.forEach(([key], index) => {
        const own = scores.subarray(index * this.model.items.length, (index + 1) * this.model.items.length);
        this.#known.set(key, {
          evidence: this.model.evidence(histories[index]!, this.codes, own),
          ranks: this.#ranksIn(own),
        });
      });
      await this.options.pause?.();
    }
    return coalitions.map((coalition) => this.#known.get(keyOf(coalition))!);
  }

  #gameOf(worth: (world: World) => Float64Array): Game {
    return {
      players: this.players.length,
      outputs: this.codes.length,
      worths: async (coalitions) => {
        const worths = new Float64Array(coalitions.length * this.codes.length);
        (await this.of(coalitions)).forEach((world, row) =>
          worths.set(worth(world), row * this.codes.length),
        );
        return worths;
      },
    };
  }

  #historyOf(coalition: Coalition): History {
    const kept = new Set(this.players.flatMap((places, player) => (coalition[player] ? places : [])));
    return partialHistory(this.history, (place) => kept.has(place));
  }

  /** As lists are made: of equal scores, the lower code first. */
  #ranksIn(scores: Float32Array): Float64Array {
    const ranks = new Float64Array(this.codes.length).fill(1);
    const thresholds = Float32Array.from(this.codes, (code) => scores[code]!);
    for (let item = 0; item < scores.length; item++) {
      const score = scores[item]!;
      for (let at = 0; at < thresholds.length; at++) {
        const isBefore = score > thresholds[at]! || (score === thresholds[at]! && item < this.codes[at]!);
        if (isBefore && !this.#hidden.has(item)) ranks[at]!++;
      }
    }
    return ranks;
  }
}
