import { RankingQuery, RankingReply } from '../../schema/messages/ranking-request.js';
import { rankSubject } from '../../schema/messages/subjects.js';
import { authorize, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { WITH_POOL, type ArtifactService, type TrainedRow } from '../artifacts/artifact.service.js';
import { visibleTo } from '../models/model.lookup.js';
import { recommendationId } from '../models/recommendation-id.js';
import { versionFor } from '../models/traffic.js';
import type { Database, Transaction } from '../platform/database.js';
import type { ModelVersion } from '../platform/prisma-client/client.js';
import { checked, invalid, withoutNulls } from '../runs/request-checks.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import type { Recommendations, RecommendationsInput } from './recommendation.types.js';
import { refusalOf, type WorkerAnswers } from './worker-answers.js';

/** What answers a request: a recommender, named itself or as the version of a model that is live for whoever asks. */
interface Answering {
  artifact: TrainedRow;
  version: ModelVersion | undefined;
  /** Path of the field that named it. */
  field: readonly string[];
}

/** Ranks with trained recommenders: workers of the pool that trained them hold them and answer. */
export class RecommendationService {
  constructor(
    private readonly database: Database,
    private readonly artifacts: Pick<ArtifactService, 'trained'>,
    private readonly answers: WorkerAnswers,
  ) {}

  /**
   * Throws UserError: INVALID_INPUT, NOT_FOUND for what the caller can't see, INVALID_STATE for a model without a live
   * version, LIMIT_EXCEEDED for a recommender that is too large for the pool, UNAVAILABLE when no worker of the pool answers
   * in time.
   */
  async recommend(request: RequestContext, input: RecommendationsInput): Promise<Recommendations> {
    const query = queryOf(input);
    const answering = await this.#answering(request, input);
    const { artifact } = answering;
    const answer = await this.answers.ask(artifact, rankSubject, query);
    return this.#shown(answering, RankingReply.parse(answer));
  }

  #shown({ artifact: { id, runId }, version, field }: Answering, reply: RankingReply): Recommendations {
    if (reply.answer !== 'RANKED') throw refusalOf(reply, id, field);
    const { items, basis, unknown, recommender } = reply;
    return {
      items: items.map(({ reasons, ...item }) => ({
        ...item,
        reasons: reasons?.map(({ time, ...reason }) => ({
          ...reason,
          time: time === undefined ? null : new Date(time),
        })),
      })),
      basis,
      unknown,
      model: { artifactId: id, runId, recommender },
      modelVersion: version ?? null,
      recommendationId: version ? recommendationId(version.id) : null,
    };
  }

  async #answering(request: RequestContext, input: RecommendationsInput): Promise<Answering> {
    const context = requireTenant(request);
    const { recommenderArtifactId, modelId, visitor, user } = input;
    if ((recommenderArtifactId == null) === (modelId == null)) {
      throw invalid('Say what is to rank: give one of `modelId` and `recommenderArtifactId`.', ['input']);
    }
    if (modelId != null) {
      const key = visitor ?? user ?? undefined;
      return this.database.withTenant(scopeOf(context), (tx) => liveVersion(context, tx, modelId, key));
    }
    const field = ['input', 'recommenderArtifactId'];
    const artifact = await this.artifacts.trained(request, recommenderArtifactId ?? '', 'RECOMMENDER', field);
    return { artifact, version: undefined, field };
  }
}

async function liveVersion(
  context: TenantContext,
  tx: Transaction,
  modelId: string,
  key: string | undefined,
): Promise<Answering> {
  const field = ['input', 'modelId'];
  const model = await tx.model.findFirst({
    where: { AND: [visibleTo(context), { id: modelId }] },
    include: { versions: { where: { stage: 'LIVE' }, include: { artifact: WITH_POOL } } },
  });
  if (!model) throw notFound('model', modelId, field);
  await authorize(context, tx, 'model:read', model.projectId);
  if (model.versions.length === 0) {
    throw new UserError(
      UserErrorCode.INVALID_STATE,
      `No version of the model "${model.name}" is live. Promote one.`,
      field,
    );
  }
  const { artifact, ...version } = versionFor(model.versions, key);
  return { artifact, version, field };
}

/** What is asked of the model; throws INVALID_INPUT with the path of the field that is wrong. */
function queryOf({
  recommenderArtifactId: _recommender,
  modelId: _model,
  visitor: _visitor,
  history,
  ...rest
}: RecommendationsInput): RankingQuery {
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
