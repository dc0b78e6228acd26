import type { Random } from '../../compute/random.js';

/** Parents that are told apart no further: among so few, how often each is chosen counts for more than its codes. */
const FEW_PARENTS = 4;

/** A column of codes by which children are given parents. */
export interface MatchedCodes {
  /** What each child asks for; −1 is unknown. */
  readonly children: Int32Array;
  /** What each parent has. */
  readonly parents: Int32Array;
  /** Codes below this one are ordered, so that a near one is better than any. */
  readonly ordered: number;
}

/**
 * Gives each child one of the parents. `codes` come with the most telling first: children are sorted among groups of parents by
 * the first, within those by the second, and so on, until a group has few parents. So the children decide how many a group gets, and
 * what they are like goes with what their parents are like. Within a group each parent takes children in proportion to its weight, to
 * within one, so that some parents stay as popular as the weights say, and those with the child's further codes take it first.
 *
 * @param weights of the parents, not negative; where all in a group are zero, they are equal
 * @returns a parent's row for each of `count` children
 */
export function matchParents(
  codes: readonly MatchedCodes[],
  weights: Float64Array,
  count: number,
  random: Random,
): Int32Array {
  const chosen = new Int32Array(count).fill(-1);
  // Groups that wait to be split; a stack, since there may be as many levels as columns.
  const groups = [{ children: [...random.permutation(count)], parents: [...weights.keys()], level: 0 }];
  for (let group = groups.pop(); group; group = groups.pop()) {
    const { children, parents, level } = group;
    if (children.length === 0) continue;
    const column = codes[level];
    if (!column || parents.length <= FEW_PARENTS) {
      settle(children, parents, codes.slice(level), weights, random, chosen);
      continue;
    }
    for (const part of split(children, parents, column, weights, random)) {
      groups.push({ ...part, level: level + 1 });
    }
  }
  return chosen;
}

interface Group {
  readonly children: number[];
  readonly parents: number[];
}

/** Parents by their code, each with the children that ask for it, or for one that is nearest to it, or for one that nobody has. */
function split(
  children: readonly number[],
  parents: readonly number[],
  { children: wanted, parents: had, ordered }: MatchedCodes,
  weights: Float64Array,
  random: Random,
): Group[] {
  const groups = new Map<number, Group>();
  for (const parent of parents) {
    const code = had[parent]!;
    const group = groups.get(code);
    if (group) group.parents.push(parent);
    else groups.set(code, { children: [], parents: [parent] });
  }
  const inOrder = [...groups.keys()].filter((code) => code >= 0 && code < ordered);
  const homeless: number[] = [];
  const nearest = new Map<number, number | undefined>();
  for (const child of children) {
    const code = wanted[child]!;
    if (!nearest.has(code)) nearest.set(code, groups.has(code) ? code : nearestOf(inOrder, code, ordered));
    const found = nearest.get(code);
    if (found === undefined) homeless.push(child);
    else groups.get(found)!.children.push(child);
  }
  const all = [...groups.values()];
  const places = slots(
    all.map(({ parents: some }) => some.reduce((sum, parent) => sum + weights[parent]!, 0)),
    homeless.length,
    random,
  );
  homeless.forEach((child, place) => all[places[place]!]!.children.push(child));
  return all;
}

function nearestOf(codes: readonly number[], wanted: number, ordered: number): number | undefined {
  if (wanted < 0 || wanted >= ordered || codes.length === 0) return undefined;
  return codes.reduce((best, code) => (Math.abs(code - wanted) < Math.abs(best - wanted) ? code : best));
}

/** Deals the children of a group out among its parents by weight; those whose first codes agree find each other first. */
function settle(
  children: readonly number[],
  parents: readonly number[],
  codes: readonly MatchedCodes[],
  weights: Float64Array,
  random: Random,
  chosen: Int32Array,
): void {
  let free = slots(
    parents.map((parent) => weights[parent]!),
    children.length,
    random,
  ).map((place) => parents[place]!);
  let waiting = children;
  for (let shared = codes.length; shared >= 0 && waiting.length > 0; shared--) {
    const places = new Map<string, number[]>();
    for (const parent of free) {
      const key = keyOf(codes, 'parents', parent, shared);
      const group = places.get(key);
      if (group) group.push(parent);
      else places.set(key, [parent]);
    }
    const left: number[] = [];
    for (const child of waiting) {
      const parent = places.get(keyOf(codes, 'children', child, shared))?.pop();
      if (parent === undefined) left.push(child);
      else chosen[child] = parent;
    }
    waiting = left;
    free = [...places.values()].flat();
  }
}

/** `count` positions of weights in random order, each as often as its weight says, rounded up or down (systematic sampling). */
function slots(weights: readonly number[], count: number, random: Random): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const drawn: number[] = [];
  let place = random.uniform();
  let reached = 0;
  for (const position of random.permutation(weights.length)) {
    reached += total > 0 ? (weights[position]! / total) * count : count / weights.length;
    for (; place < reached && drawn.length < count; place++) drawn.push(position);
  }
  // Rounding may leave the last place a hair beyond what was reached.
  while (drawn.length < count) drawn.push(drawn.at(-1) ?? 0);
  return Array.from(random.permutation(count), (at) => drawn[at]!);
}

function keyOf(
  codes: readonly MatchedCodes[],
  side: 'children' | 'parents',
  row: number,
  shared: number,
): string {
  let key = '';
  for (let column = 0; column < shared; column++) key += `${codes[column]![side][row]!},`;
  return key;
}

/**
 * Mutual information of two columns of codes, in nats, less what chance alone would give (Miller, "Note on the bias of information
 * estimates", 1955); at least 0.
 */
export function mutualInformation(a: Int32Array, b: Int32Array): number {
  const ofA = new Map<number, number>();
  const ofB = new Map<number, number>();
  const ofBoth = new Map<string, number>();
  const rows = a.length;
  const add = <Key>(counts: Map<Key, number>, key: Key): void =>
    void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let row = 0; row < rows; row++) {
    add(ofA, a[row]!);
    add(ofB, b[row]!);
    add(ofBoth, `${a[row]!},${b[row]!}`);
  }
  const entropy = (counts: Map<unknown, number>): number => {
    let sum = 0;
    for (const count of counts.values()) sum -= (count / rows) * Math.log(count / rows);
    return sum;
  };
  const bias = ((ofA.size - 1) * (ofB.size - 1)) / (2 * rows);
  return Math.max(0, entropy(ofA) + entropy(ofB) - entropy(ofBoth) - bias);
}
