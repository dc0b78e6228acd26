import type { RankingRequest, Unanswered } from '../../schema/messages/ranking-request.js';
import type { TrainedRow } from '../artifacts/artifact.service.js';
import type { Bus } from '../platform/bus.js';
import type { Objects } from '../platform/objects.js';
import { UserError, UserErrorCode } from '../server/errors.js';

/** A worker that has to start its process and load the model first needs a second or two. */
const ANSWER_SECONDS = 8;
/** Longer than a worker tries to fetch a model. */
const LINK_SECONDS = 60;

/** Answers from trained models: workers of the pool that trained them hold them. */
export class WorkerAnswers {
  constructor(
    private readonly bus: Pick<Bus, 'request'>,
    private readonly objects: Pick<Objects, 'signGet'>,
  ) {}

  /** Throws UNAVAILABLE when no worker of the pool answers in time. */
  async ask(
    { id, tenantId, objectKey, fileName, mediaType, bytes, sha256, run }: TrainedRow,
    subjectOf: (pool: string) => string,
    query: object,
  ): Promise<unknown> {
    const message: Omit<RankingRequest, 'query'> & { query: object } = {
      v: 1,
      tenantId,
      artifactId: id,
      model: {
        url: this.objects.signGet(objectKey, { fileName, mediaType }, LINK_SECONDS),
        bytes: Number(bytes),
        sha256,
      },
      query,
    };
    const answer = await this.bus.request(subjectOf(run.pool), message, ANSWER_SECONDS * 1000);
    if (answer !== undefined) return answer;
    throw new UserError(
      UserErrorCode.UNAVAILABLE,
      `No worker of the pool "${run.pool}" answered within ${ANSWER_SECONDS} seconds. Start one, or try again: a large model takes a while to load at first.`,
    );
  }
}

/** What a worker's refusal is for whoever asked; `field` named the model. */
export function refusalOf(reply: Unanswered, artifactId: string, field: readonly string[]): Error {
  switch (reply.answer) {
    case 'REFUSED':
      return new UserError(
        reply.reason === 'DELETED' ? UserErrorCode.NOT_FOUND : UserErrorCode.LIMIT_EXCEEDED,
        reply.message,
        field,
      );
    case 'FAILED':
      return new Error(
        `A worker had no answer from ${artifactId}; its log tells more under ${reply.incidentId}.`,
      );
  }
}
