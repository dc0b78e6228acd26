/** What the process is asked for: to rank with a recommender, or to find products with a search ranker. */
export type Question = 'rank' | 'find';

/**
 * Parent → the process that serves, over the IPC channel of `fork`. Requests and replies are JSON, which only this process reads:
 * the parent has leases to renew.
 */
export interface ToServing {
  readonly id: number;
  readonly question: Question;
  /** A RankingRequest or a SearchRequest. */
  readonly request: string;
}

/** The process that serves → parent. */
export interface FromServing {
  readonly id: number;
  /** A RankingReply or a SearchReply. */
  readonly reply: string;
  /** Set where the reply is FAILED: for the log, what the reply calls the incident, and the full text of the error. */
  readonly incident?: { readonly id: string; readonly detail: string };
}
