import type { RankedProduct } from './search-ranker.js';

/**
 * The `k` products of the highest scores [products] above `floor`, best first; equal ones in the catalogue's order. A heap
 * of k, so that long catalogues aren't sorted. Throws RangeError for a `k` that isn't a whole number above 0.
 */
export function topProducts(
  ids: readonly string[],
  scores: Float32Array,
  k: number,
  floor = -Infinity,
): readonly RankedProduct[] {
  return topPlaces(scores, k, floor).map((place) => ({ id: ids[place]!, score: scores[place]! }));
}

/** The same as places in the catalogue. */
export function topPlaces(scores: Float32Array, k: number, floor = -Infinity): number[] {
  if (!(Number.isInteger(k) && k > 0)) throw new RangeError(`the best ${k} products can't be told`);
  // The worst of those kept is on top.
  const heap: number[] = [];
  const worse = (a: number, b: number): boolean =>
    scores[a]! < scores[b]! || (scores[a]! === scores[b]! && a > b);
  for (let place = 0; place < scores.length; place++) {
    if (!(scores[place]! > floor)) continue;
    if (heap.length < k) {
      heap.push(place);
      rise(heap, worse);
    } else if (worse(heap[0]!, place)) {
      heap[0] = place;
      sink(heap, worse);
    }
  }
  return heap.sort((a, b) => (worse(a, b) ? 1 : -1));
}

type Before = (a: number, b: number) => boolean;

function rise(heap: number[], before: Before): void {
  for (let at = heap.length - 1; at > 0;) {
    const parent = (at - 1) >> 1;
    if (!before(heap[at]!, heap[parent]!)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

function sink(heap: number[], before: Before): void {
  for (let at = 0; ;) {
    let first = at;
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && before(heap[child]!, heap[first]!)) first = child;
    if (first === at) return;
    [heap[at], heap[first]] = [heap[first]!, heap[at]!];
    at = first;
  }
}
