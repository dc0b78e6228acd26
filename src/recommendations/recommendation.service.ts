import { RankingQuery, RankingReply, type RankingRequest } from '../../schema/messages/ranking-request.js';
import { rankSubject } from '../../schema/messages/subjects.js';
import { authorize, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext } from '../access/context.js';
import { visibleTo } from '../artifacts/artifact.service.js';
import type { Bus } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import type { Prisma } from '../platform/prisma-client/client.js';
import { checked, invalid, withoutNulls } from '../runs/request-checks.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import type { Recommendations, RecommendationsInput } from './recommendation.types.js';

/** A worker that has to start its process and load the model first needs a second or two. */
const ANSWER_SECONDS = 8;
/** Longer than a worker tries to fetch a model. */
const LINK_SECONDS = 60;

const FIELD = ['input', 'recommenderArtifactId'];
const WITH_POOL = { omit: { content: true }, include: { run: { select: { pool: true } } } } as const;
type RecommenderRow = Prisma.ArtifactGetPayload<typeof WITH_POOL>;

/** Ranks with trained recommenders: workers of the pool that trained them hold them and answer. */
export class RecommendationService {
  constructor(
    private readonly database: Database,
    private readonly bus: Pick<Bus, 'request'>,
    private readonly objects: Pick<Objects, 'signGet'>,
  ) {}

  /**
   * Throws UserError: INVALID_INPUT, NOT_FOUND for an artifact that the caller can't see, LIMIT_EXCEEDED for a model that
   * is too large for the pool, UNAVAILABLE when no worker of the pool answers in time.
   */
  async recommend(request: RequestContext, input: RecommendationsInput): Promise<Recommendations> {
    const query = queryOf(input);
    const artifact = await this.#recommender(request, input.recommenderArtifactId);
    const { id, tenantId, objectKey, fileName, mediaType, bytes, sha256, run } = artifact;
    const message: RankingRequest = {
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
    const answer = await this.bus.request(rankSubject(run.pool), message, ANSWER_SECONDS * 1000);
    if (answer === undefined) {
      throw new UserError(
        UserErrorCode.UNAVAILABLE,
        `No worker of the pool "${run.pool}" answered within ${ANSWER_SECONDS} seconds. Start one, or try again: a large recommender takes a while to load at first.`,
      );
    }
    return this.#shown(artifact, RankingReply.parse(answer));
  }

  #shown({ id, runId }: RecommenderRow, reply: RankingReply): Recommendations {
    switch (reply.answer) {
      case 'RANKED': {
        const { items, basis, unknown, recommender } = reply;
        return { items, basis, unknown, model: { artifactId: id, runId, recommender } };
      }
      case 'REFUSED':
        throw new UserError(
          reply.reason === 'DELETED' ? UserErrorCode.NOT_FOUND : UserErrorCode.LIMIT_EXCEEDED,
          reply.message,
          FIELD,
        );
      case 'FAILED':
        throw new Error(`A worker could not rank with ${id}; its log tells more under ${reply.incidentId}.`);
    }
  }

  async #recommender(request: RequestContext, id: string): Promise<RecommenderRow> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const artifact = await tx.artifact.findFirst({
        where: { AND: [visibleTo(context), { id }] },
        ...WITH_POOL,
      });
      if (!artifact) throw notFound('artifact', id, FIELD);
      await authorize(context, tx, 'artifact:read', artifact.projectId);
      if (artifact.kind !== 'RECOMMENDER') {
        throw invalid(
          `The artifact "${artifact.fileName}" is of the kind ${artifact.kind}. Give one of the kind RECOMMENDER, which a RECOMMEND run makes.`,
          FIELD,
        );
      }
      return artifact;
    });
  }
}

/** What is asked of the model; throws INVALID_INPUT with the path of the field that is wrong. */
function queryOf({ recommenderArtifactId: _, history, ...rest }: RecommendationsInput): RankingQuery {
  if (rest.user == null && history == null) {
    throw invalid(
      'Say whom to rank for: give `user`, `history`, or both. An empty history stands for somebody of whom nothing is known.',
      ['input'],
    );
  }
  const events = history?.map(({ time, ...event }) => ({
    ...withoutNulls(event),
    ...(time && { time: time.getTime() }),
  }));
  return checked(RankingQuery, { ...withoutNulls(rest), ...(events && { history: events }) }, ['input']);
}
