import { userFeatureGroups } from '../features/user-features.js';
import type { FeatureGame, History } from '../recommender.js';
import { crossesFor, evidenceOf, userOf, type DnnModel, type UserInputs } from './model.js';

/** Features that only prices say something of. */
const OF_PRICES: ReadonlySet<string> = new Set(['spend', 'price level', 'price fit']);

/** A group of inputs that are the history's where it takes part, and a background's elsewhere. */
interface Feature {
  readonly name: string;
  readonly value?: string;
  readonly put: (from: Inputs, into: Inputs) => void;
}

interface Inputs extends UserInputs {
  /** Of each item that is asked about. */
  readonly crosses: readonly Float32Array[];
}

/** What the networks are given of a user, group by group: see `FeatureGame`. */
export function featureGame(
  model: DnnModel,
  history: History,
  background: readonly History[],
  codes: Int32Array,
): FeatureGame {
  const inputsOf = (of: History): Inputs => {
    const user = userOf(model, of);
    return { ...user, crosses: Array.from(codes, (item) => crossesFor(model, user.state, item)) };
  };
  const own = inputsOf(history);
  const others = background.map(inputsOf);
  const features = featuresOf(model, own);
  const places = new Map(Array.from(codes, (item, place) => [item, place]));
  return {
    ...{ players: features.length, outputs: codes.length, features },
    async worths(coalitions) {
      const worths = new Float64Array(coalitions.length * codes.length);
      coalitions.forEach((coalition, row) => {
        for (const other of others) {
          const mixed: Inputs = {
            state: own.state,
            features: other.features.slice(),
            mean: other.mean.slice(),
            last: other.last.slice(),
            crosses: other.crosses.map((crosses) => crosses.slice()),
          };
          features.forEach(({ put }, player) => coalition[player] && put(own, mixed));
          const evidence = evidenceOf(model, mixed, codes, (item) => mixed.crosses[places.get(item)!]!);
          for (let output = 0; output < codes.length; output++)
            worths[row * codes.length + output]! += evidence[output]! / others.length;
        }
      });
      return worths;
    },
  };
}

function featuresOf({ context }: DnnModel, own: Inputs): Feature[] {
  const { layout, prices } = context;
  const priced = Array.from(prices).some((price) => !Number.isNaN(price));
  const ofUser = userFeatureGroups(layout).map(({ name, from, to }): Feature => {
    const value = inWords(name, own.features.subarray(from, to));
    return {
      ...{ name, ...(value !== undefined && { value }) },
      put: (source, into) => into.features.set(source.features.subarray(from, to), from),
    };
  });
  const ofPairs = (name: string, from: number, to: number): Feature => ({
    name,
    put: (source, into) =>
      source.crosses.forEach((crosses, item) => into.crosses[item]!.set(crosses.subarray(from, to), from)),
  });
  const all: Feature[] = [
    { name: 'items of the history', put: (source, into) => into.mean.set(source.mean) },
    { name: 'last item', put: (source, into) => into.last.set(source.last) },
    ...ofUser,
    ofPairs('price fit', 0, 2),
    ...(layout.categories > 0 ? [ofPairs('category fit', 2, 3)] : []),
  ];
  return all.filter(({ name }) => priced || !OF_PRICES.has(name));
}

/** Undoes what `userFeatures` does, for people. */
function inWords(name: string, [first, second]: Float32Array): string | undefined {
  const shown = (value: number): string => String(Number(value.toPrecision(3)));
  switch (name) {
    case 'recency':
      return second ? `${shown(Math.expm1(3 * first!))} days` : 'not known';
    case 'frequency':
      return `${Math.round(Math.expm1(3 * first!))} events`;
    case 'spend':
      return shown(Math.expm1(5 * first!));
    case 'price level':
      return `${shown(first!)} deviations from the mean`;
    default:
      return undefined;
  }
}
