import type { RankingReply, RankingRequest } from '../../schema/messages/ranking-request.js';
import type { SearchReply, SearchRequest } from '../../schema/messages/search-request.js';

/** What the process is asked for, and what it replies. */
export interface Questions {
  readonly rank: { readonly request: RankingRequest; readonly reply: RankingReply };
  readonly find: { readonly request: SearchRequest; readonly reply: SearchReply };
}

/** Parent → the process that serves, over the IPC channel of `fork`. */
export type ToServing = {
  readonly [Kind in keyof Questions]: {
    readonly id: number;
    readonly kind: Kind;
    readonly request: Questions[Kind]['request'];
  };
}[keyof Questions];

/** The process that serves → parent. */
export interface FromServing {
  readonly id: number;
  readonly reply: Questions[keyof Questions]['reply'];
  /** Full text of the error behind a reply FAILED, for the log. */
  readonly detail?: string;
}
