/**
 * Places of the `k` highest scores above −∞, best first; of equal ones, the lower place first. A heap of k, so that long
 * catalogues aren't sorted. NaN counts as −∞.
 */
export function topPlaces(scores: Float32Array, k: number): number[] {
  // The worst of those kept is on top.
  const heap: number[] = [];
  const worse = (a: number, b: number): boolean =>
    scores[a]! < scores[b]! || (scores[a]! === scores[b]! && a > b);
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place]!;
    if (!(score > -Infinity)) continue;
    if (heap.length < k) {
      heap.push(place);
      if (heap.length === k) for (let at = k >> 1; at >= 0; at--) sink(heap, at, worse);
    } else if (score > scores[heap[0]!]!) {
      heap[0] = place;
      sink(heap, 0, worse);
    }
  }
  return heap.sort((a, b) => scores[b]! - scores[a]! || a - b);
}

function sink(heap: number[], from: number, before: (a: number, b: number) => boolean): void {
  for (let at = from; ;) {
    let first = at;
    for (let child = 2 * at + 1; child <= 2 * at + 2; child++)
      if (child < heap.length && before(heap[child]!, heap[first]!)) first = child;
    if (first === at) return;
    [heap[at], heap[first]] = [heap[first]!, heap[at]!];
    at = first;
  }
}
