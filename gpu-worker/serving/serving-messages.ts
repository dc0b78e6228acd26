import type { RankingReply, RankingRequest } from '../../schema/messages/ranking-request.js';

/** Parent → the process that serves, over the IPC channel of `fork`. */
export interface ToServing {
  readonly id: number;
  readonly request: RankingRequest;
}

/** The process that serves → parent. */
export interface FromServing {
  readonly id: number;
  readonly reply: RankingReply;
  /** Full text of the error behind a reply FAILED, for the log. */
  readonly detail?: string;
}
