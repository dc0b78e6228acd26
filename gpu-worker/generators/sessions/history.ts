import { COUNTED, PLACE_FEATURES } from './network.js';
import { REACH, weightOf, type Transitions } from '../../events/transitions.js';

/** What the log has counted about items, for the components that aren't learnt. */
export interface Counts {
  /** Which item follows the one before. */
  readonly near: Transitions;
  /** Which follow within `REACH` places. */
  readonly wide: Transitions;
  /** Events of each item. */
  readonly popularity: Float64Array;
}

/** The part of the counts that is a user's own, so that training can predict as if the user were unknown. */
export interface OwnCounts {
  readonly near: ReadonlyMap<number, number>;
  readonly wide: ReadonlyMap<number, number>;
  readonly popularity: ReadonlyMap<number, number>;
}

const NONE: ReadonlyMap<number, number> = new Map();
const DAY = 86_400_000;

/** A user's log so far, as the network and the counted components see it. */
export class History {
  private readonly recent: number[] = [];
  private readonly met = new Map<number, number>();
  private events = 0;
  private inSession = 0;
  private readonly metInSession = new Set<number>();

  constructor(
    private readonly counts: Counts,
    private readonly calendar: { readonly span: readonly [number, number]; readonly dates: boolean },
    private readonly own?: OwnCounts,
  ) {}

  /** The newest item first; at most `REACH`. */
  get last(): readonly number[] {
    return this.recent;
  }

  get items(): ReadonlyMap<number, number> {
    return this.met;
  }

  /** Those of the session that goes on. */
  get sessionItems(): ReadonlySet<number> {
    return this.metInSession;
  }

  /** `item` below 0 for none. */
  add(item: number, opens: boolean): void {
    this.events++;
    this.inSession = opens ? 1 : this.inSession + 1;
    if (opens) this.metInSession.clear();
    if (item < 0) return;
    this.metInSession.add(item);
    this.recent.unshift(item);
    if (this.recent.length > REACH) this.recent.pop();
    this.met.set(item, (this.met.get(item) ?? 0) + 1);
  }

  /** PLACE_FEATURES numbers about the place of the next event, written from `at`. `time`: of the event before. */
  writeFeatures(into: Float32Array, at: number, time: number, length: number): void {
    const { span, dates } = this.calendar;
    const width = Math.max(1e-9, span[1] - span[0]);
    const hour = dates ? (2 * Math.PI * (time % DAY)) / DAY : 0;
    const day = dates ? (2 * Math.PI * ((time / DAY + 4) % 7)) / 7 : 0;
    const follows = this.recent.length === 0 ? 0 : this.counts.near.totals[this.recent[0]!]!;
    const features = [
      Math.log1p(this.events) / 5,
      Math.log1p(this.inSession) / 3,
      Math.log1p(Math.max(0, length - this.events)) / 5,
      (time - span[0]) / width,
      Math.sin(hour),
      Math.cos(hour),
      Math.sin(day),
      Math.cos(day),
      Math.log1p(follows) / 5,
      this.events === 0 ? 1 : this.met.size / this.events,
      this.events === 0 ? 1 : 0,
      Math.log1p(this.met.size) / 5,
    ];
    if (features.length !== PLACE_FEATURES) throw new RangeError(`${features.length} features of a place`);
    into.set(features, at);
  }

  /** For each counted component, 1 if it has anything to offer, written from `at`. */
  writeOffered(into: Float32Array, at: number): void {
    const { near, wide } = this.counts;
    const first = this.recent[0];
    into[at] = first !== undefined && this.left(near, this.own?.near, first) > 0 ? 1 : 0;
    into[at + 1] = this.recent.some((from) => this.left(wide, this.own?.wide, from) > 0) ? 1 : 0;
    into[at + 2] = this.met.size > 0 ? 1 : 0;
    into[at + 3] = 1;
  }

  /** The likelihood of an item by each counted component, as if the user's own events had not been counted. */
  writeLikelihoods(into: Float32Array, at: number, item: number): void {
    into.fill(0, at, at + COUNTED);
    if (item < 0) return;
    const { near, wide, popularity } = this.counts;
    const first = this.recent[0];
    if (first !== undefined) into[at] = this.share(near, this.own?.near, first, item);
    let sum = 0;
    let weights = 0;
    this.recent.forEach((from, distance) => {
      if (this.left(wide, this.own?.wide, from) <= 0) return;
      const weight = 1 / (distance + 1);
      weights += weight;
      sum += weight * this.share(wide, this.own?.wide, from, item);
    });
    into[at + 1] = weights > 0 ? sum / weights : 0;
    const events = [...this.met.values()].reduce((total, count) => total + count, 0);
    into[at + 2] = (this.met.get(item) ?? 0) / Math.max(1, events);
    const ownEvents = this.own?.popularity ?? NONE;
    into[at + 3] =
      Math.max(0, popularity[item]! - (ownEvents.get(item) ?? 0)) /
      Math.max(1, this.total() - (ownEvents.get(-1) ?? 0));
  }

  private total(): number {
    return this.counts.near.items === 0 ? 0 : totalOf(this.counts.popularity);
  }

  /** Weight of an item's followers without the user's own. */
  private left(of: Transitions, own: ReadonlyMap<number, number> | undefined, from: number): number {
    const rest = of.totals[from]! - (own?.get(from) ?? 0);
    // Weights are sums of fractions.
    return rest > 1e-3 ? rest : 0;
  }

  private share(
    of: Transitions,
    own: ReadonlyMap<number, number> | undefined,
    from: number,
    to: number,
  ): number {
    const rest = this.left(of, own, from);
    if (rest === 0) return 0;
    const weight = weightOf(of, from, to) - (own?.get(pairKey(of.items, from, to)) ?? 0);
    return weight > 1e-3 ? Math.min(1, weight / rest) : 0;
  }
}

const totals = new WeakMap<Float64Array, number>();
function totalOf(popularity: Float64Array): number {
  const known = totals.get(popularity);
  if (known !== undefined) return known;
  const total = popularity.reduce((sum, count) => sum + count, 0);
  totals.set(popularity, total);
  return total;
}

/** Keys of pairs lie above those of items, which hold an item's total. */
const pairKey = (items: number, from: number, to: number): number => items + from * items + to;

/** What a user's own events add to the counts. */
export function ownCounts(item: Int32Array, from: number, to: number, items: number): OwnCounts {
  const near = new Map<number, number>();
  const wide = new Map<number, number>();
  const popularity = new Map<number, number>([[-1, 0]]);
  const add = (map: Map<number, number>, key: number, weight: number): void => {
    map.set(key, (map.get(key) ?? 0) + weight);
  };
  for (let at = from; at < to; at++) {
    const first = item[at]!;
    if (first < 0) continue;
    add(popularity, first, 1);
    add(popularity, -1, 1);
    for (let distance = 1; distance <= REACH && at + distance < to; distance++) {
      const next = item[at + distance]!;
      if (next < 0 || next === first) continue;
      for (const map of distance === 1 ? [near, wide] : [wide]) {
        add(map, first, 1 / distance);
        add(map, pairKey(items, first, next), 1 / distance);
      }
    }
  }
  return { near, wide, popularity };
}
