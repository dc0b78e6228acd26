import type {
  AttributionMethod,
  EventAttribution,
  FeatureAttribution,
  ItemExplanation,
  UserExplanation,
} from '../../schema/messages/explanation.js';
import type { Engine } from '../compute/program.js';
import type { Random } from '../compute/random.js';
import type { FittedRecommender, History } from '../recommenders/recommender.js';
import { counterfactual } from './events/counterfactual.js';
import { EventWorlds } from './events/event-worlds.js';
import { faithfulnessCurves, orderBy, randomCurves, type FaithfulnessCurves } from './events/faithfulness.js';
import { leaveOneOut } from './events/leave-one-out.js';
import { itemInWords } from './in-words.js';
import type { EventsRequest } from './log-histories.js';
import { sampledShapley, shapleyValues } from './shapley/shapley.js';
import { localSurrogate } from './surrogate/local-surrogate.js';

export interface ExplainUserOptions {
  readonly mostEvents: number;
  /** Pairs of random orders. */
  readonly pairs: number;
  readonly engine?: Engine | undefined;
  readonly random: Random;
  /** Histories of other users, whose features stand for features that aren't there. */
  readonly background: readonly History[];
  /** Whether the log tells types of events apart: else there is nothing to tell of them. */
  readonly tellsTypes: boolean;
  /** Called between batches; may reject to stop. */
  readonly pause: () => Promise<void>;
}

/** An explained user, with what is measured of it. Plain data, so that it can be stored. */
export interface ExplainedUser {
  readonly explanation: UserExplanation;
  /** Curves of the first item by method, where the user has two events at least. */
  readonly curves: Partial<Record<AttributionMethod, { deletion: number[]; insertion: number[] }>>;
  readonly worlds: number;
}

const MOST_TAKEN_AWAY = 10;
const LOCAL_COALITIONS = 100;
const RANDOM_ORDERS = 5;

/** Why a user is recommended what they are. Items of the request's history that the model doesn't know must have been left out. */
export async function explainUser(
  name: string,
  model: FittedRecommender,
  request: EventsRequest,
  { mostEvents, pairs, engine, random, background, tellsTypes, pause }: ExplainUserOptions,
): Promise<ExplainedUser> {
  const ranking = model.rank(request);
  const history = model.historyOf(request);
  const codeOf = new Map(model.items.map((id, code) => [id, code]));
  const codes = Int32Array.from(ranking.items, ({ item }) => codeOf.get(item)!);
  const about = { user: name, events: history.item.length, basis: ranking.basis };
  if (codes.length === 0) return { explanation: { ...about, items: [] }, curves: {}, worlds: 0 };
  const worlds = new EventWorlds(model, history, codes, { mostEvents, engine, pause });
  const items = codes.length;
  const at = (values: ArrayLike<number>, player: number, item: number): number =>
    values[player * items + item]!;
  const shapley = await shapleyValues(worlds.game, { pairs, random: random.derive('orders') });
  const alone = await leaveOneOut(worlds);
  const local = await localSurrogate(worlds.game, {
    coalitions: LOCAL_COALITIONS,
    random: random.derive('local'),
  });
  const attention = attentionByPlayer(model, history, worlds);
  const features = await featuresOf(model, history, background, codes, pairs, random.derive('features'));
  await pause();
  const explained: ItemExplanation[] = [];
  for (const [item, { item: id }] of ranking.items.entries()) {
    const events = worlds.players.map((places, player): EventAttribution => {
      const { time, type, platform, ...told } = request.history[places.at(-1)!]!;
      return {
        ...told,
        ...(tellsTypes && type !== undefined && { type }),
        ...(platform !== undefined && { platform }),
        ...(time !== undefined && !Number.isNaN(time) && { time }),
        events: places.length,
        shapley: at(shapley.values, player, item),
        error: at(shapley.errors, player, item) || 0,
        leaveOneOut: at(alone.drops, player, item),
        rankWithout: at(alone.ranks, player, item),
        local: at(local.coefficients, player, item),
        ...(attention && { attention: attention[player]! }),
      };
    });
    const found = await counterfactual(worlds, item, request.k, MOST_TAKEN_AWAY);
    const without = found && { without: [...found.without], rank: found.rank };
    explained.push({
      ...{ item: id, base: shapley.base[item]!, evidence: shapley.whole[item]!, events },
      localFit: local.fit[item]!,
      features: features(item),
      ...(without && { counterfactual: without }),
      text: itemInWords({ events, counterfactual: without }, request.now ?? NaN),
    });
  }
  const curves = await curvesOf(worlds, explained[0]!.events, random.derive('random orders'));
  return { explanation: { ...about, items: explained }, curves, worlds: worlds.computed };
}

/** Of events that are one player, the sum. */
function attentionByPlayer(
  model: FittedRecommender,
  history: History,
  { players }: EventWorlds,
): number[] | undefined {
  const weights = model.attention?.(history);
  return weights && players.map((places) => places.reduce((sum, place) => sum + weights[place]!, 0));
}

async function featuresOf(
  model: FittedRecommender,
  history: History,
  background: readonly History[],
  codes: Int32Array,
  pairs: number,
  random: Random,
): Promise<(item: number) => FeatureAttribution[]> {
  if (!model.featureGame || background.length === 0) return () => [];
  const game = model.featureGame(history, background, codes);
  const { values, errors } = await sampledShapley(game, pairs, random);
  return (item) =>
    game.features.map(({ name, value }, player) => ({
      feature: name,
      ...(value !== undefined && { value }),
      shapley: values[player * codes.length + item]!,
      error: errors[player * codes.length + item]! || 0,
    }));
}

/** Of the first item of the list. */
async function curvesOf(
  worlds: EventWorlds,
  events: readonly EventAttribution[],
  random: Random,
): Promise<ExplainedUser['curves']> {
  if (events.length < 2) return {};
  const by = (attribution: (event: EventAttribution, player: number) => number) =>
    faithfulnessCurves(worlds, 0, orderBy(events.map(attribution)));
  const plain = ({ deletion, insertion }: FaithfulnessCurves) => ({
    deletion: [...deletion],
    insertion: [...insertion],
  });
  return {
    SHAPLEY: plain(await by(({ shapley }) => shapley)),
    LEAVE_ONE_OUT: plain(await by(({ leaveOneOut: drop }) => drop)),
    LOCAL: plain(await by(({ local }) => local)),
    ...(events[0]!.attention !== undefined && {
      ATTENTION: plain(await by(({ attention = 0 }) => attention)),
    }),
    RECENCY: plain(await by((_, player) => player)),
    RANDOM: plain(await randomCurves(worlds, 0, RANDOM_ORDERS, random)),
  };
}
