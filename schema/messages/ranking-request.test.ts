import { MOST_RANKED, RankingQuery, RankingReply, RankingRequest } from './ranking-request.js';

const request = {
  v: 1,
  tenantId: 'ten_1',
  artifactId: 'art_1',
  model: { url: 'http://127.0.0.1/objects/key', bytes: 10, sha256: 'ab' },
  query: { user: 'u1', k: 10 },
};

test('a request of a later gateway may say more, which an older worker passes over', () => {
  expect(RankingRequest.parse({ ...request, segment: 'b' })).toEqual(request);
});

test('a request of another version is not taken for this one', () => {
  expect(RankingRequest.safeParse({ ...request, v: 2 }).success).toBe(false);
});

test('a list has from one item to as many as a message carries', () => {
  const k = (value: number): boolean => RankingQuery.safeParse({ user: 'u1', k: value }).success;
  expect([0, 1, 1.5, MOST_RANKED, MOST_RANKED + 1].map(k)).toEqual([false, true, false, true, false]);
});

test('a reply is a ranking, a refusal or a fault, and nothing between', () => {
  const unknown = { user: false, items: [], platform: false };
  const ranked = { answer: 'RANKED', recommender: 'item-knn', items: [], basis: 'POPULARITY', unknown };
  expect(RankingReply.parse(ranked)).toEqual(ranked);
  expect(RankingReply.safeParse({ ...ranked, basis: 'LUCK' }).success).toBe(false);
  expect(RankingReply.safeParse({ answer: 'REFUSED', reason: 'DELETED' }).success).toBe(false);
});
