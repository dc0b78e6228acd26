import { z } from 'zod';
import { UserFailure } from '../../../failure.js';
import type { JudgedQuery } from '../search-ranker.js';

/** Judgements as the Search Relevance Workbench of OpenSearch imports them; ratings are texts. */
const JudgementList = z.object({
  judgmentRatings: z.array(
    z.object({
      query: z.string(),
      ratings: z.array(
        z.object({
          docId: z.string(),
          rating: z.coerce.number().min(0, 'a rating must be a number from 0 on'),
        }),
      ),
    }),
  ),
});

/**
 * Queries of a judgement list in JSON. A gain is the rating by the list's highest one: ESCI's are 100, 10, 1 and 0. Throws
 * UserFailure INVALID_FILE saying where the list is malformed, or that nothing in it is rated above 0.
 */
export function judgementList(json: string): JudgedQuery[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new UserFailure(
      'INVALID_FILE',
      `The judgement list isn't JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  const list = JudgementList.safeParse(parsed);
  if (!list.success) {
    const issue = list.error.issues[0]!;
    throw new UserFailure(
      'INVALID_FILE',
      `The judgement list is wrong at ${issue.path.join('.')}: ${issue.message}.`,
    );
  }
  const { judgmentRatings } = list.data;
  const highest = judgmentRatings
    .flatMap(({ ratings }) => ratings)
    .reduce((most, { rating }) => Math.max(most, rating), 0);
  if (highest === 0) throw new UserFailure('INVALID_FILE', 'The judgement list rates nothing above 0.');
  return judgmentRatings.map(({ query, ratings }) => ({
    query,
    judgements: ratings.map(({ docId, rating }) => ({ product: docId, gain: rating / highest })),
  }));
}
