import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Column } from '../datasets/column.types.js';
import type { ArtifactKind } from '../platform/prisma-client/client.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { MAX_LINK_SECONDS, type ArtifactRow, type ArtifactService } from './artifact.service.js';
import { Artifact, DeleteArtifactInput, DeleteArtifactPayload, Lineage } from './artifact.types.js';
import { readCompletion } from './completion-report.js';
import { CompletionReport } from './completion-report.types.js';
import { readExplanation } from './explanation-report.js';
import { ExplanationReport } from './explanation-report.types.js';
import { readRanking } from './ranking-report.js';
import { RankingReport } from './ranking-report.types.js';
import { readModelCard } from './model-card.js';
import { ModelCard } from './model-card.types.js';
import { readSearchRanking } from './search-ranking-report.js';
import { SearchRankingReport } from './search-ranking-report.types.js';
import { readEvaluation } from './evaluation-report.js';
import { EvaluationReport } from './evaluation-report.types.js';
import { readLineage } from './lineage.js';

@Resolver(() => Artifact)
export class ArtifactResolver {
  constructor(private readonly artifacts: ArtifactService) {}

  @Query(() => Artifact, {
    nullable: true,
    description: 'An artifact, or null when there is none for the caller.',
  })
  async artifact(
    @Arg('id', () => ID, { description: 'The artifact.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<ArtifactRow | null> {
    return this.artifacts.find(request, id);
  }

  @FieldResolver(() => [Column], {
    nullable: true,
    description: 'The columns of a table, or those that a model makes; null for other kinds.',
  })
  columns(@Root() artifact: ArtifactRow): Column[] | null {
    return artifact.columns as Column[] | null;
  }

  @FieldResolver(() => String, {
    description: 'Where to download it from. Whoever has the URL may read the file: keep it secret.',
  })
  downloadUrl(
    @Root() artifact: ArtifactRow,
    @Arg('expiresInSeconds', () => Int, {
      nullable: true,
      description: `How long the URL works, 1–${MAX_LINK_SECONDS} seconds. Default: SIGNED_URL_SECONDS of the installation.`,
    })
    expiresInSeconds: number | null,
  ): string {
    return this.artifacts.downloadUrl(artifact, expiresInSeconds);
  }

  @FieldResolver(() => Lineage, { description: 'Where it comes from.' })
  lineage(@Root() artifact: ArtifactRow): Lineage {
    return readLineage(artifact.lineage);
  }

  @FieldResolver(() => EvaluationReport, {
    nullable: true,
    description: 'What the evaluation found, when the kind is SCORES; null for all others.',
  })
  report(@Root() artifact: ArtifactRow, @Ctx() context: GraphQLContext): Promise<EvaluationReport | null> {
    return this.shown(artifact, context, 'SCORES', readEvaluation);
  }

  @FieldResolver(() => ModelCard, {
    nullable: true,
    description:
      'What one should know of a fitted generator, when the kind is MODEL_CARD and the media type `application/json`; null for all others.',
  })
  modelCard(@Root() artifact: ArtifactRow, @Ctx() context: GraphQLContext): Promise<ModelCard | null> {
    return this.shown(artifact, context, 'MODEL_CARD', readModelCard);
  }

  @FieldResolver(() => CompletionReport, {
    nullable: true,
    description: 'What completing a table found, when the kind is COMPLETION; null for all others.',
  })
  completion(
    @Root() artifact: ArtifactRow,
    @Ctx() context: GraphQLContext,
  ): Promise<CompletionReport | null> {
    return this.shown(artifact, context, 'COMPLETION', readCompletion);
  }

  @FieldResolver(() => RankingReport, {
    nullable: true,
    description: 'How well a recommender ranks, when the kind is RANKING; null for all others.',
  })
  ranking(@Root() artifact: ArtifactRow, @Ctx() context: GraphQLContext): Promise<RankingReport | null> {
    return this.shown(artifact, context, 'RANKING', readRanking);
  }

  @FieldResolver(() => SearchRankingReport, {
    nullable: true,
    description:
      'How well a search ranker answers queries, when the kind is SEARCH_RANKING; null for all others.',
  })
  searchRanking(
    @Root() artifact: ArtifactRow,
    @Ctx() context: GraphQLContext,
  ): Promise<SearchRankingReport | null> {
    return this.shown(artifact, context, 'SEARCH_RANKING', readSearchRanking);
  }

  @FieldResolver(() => ExplanationReport, {
    nullable: true,
    description:
      'Why a recommender recommends what it does, when the kind is EXPLANATION; null for all others.',
  })
  explanation(
    @Root() artifact: ArtifactRow,
    @Ctx() context: GraphQLContext,
  ): Promise<ExplanationReport | null> {
    return this.shown(artifact, context, 'EXPLANATION', readExplanation);
  }

  @Mutation(() => DeleteArtifactPayload, {
    description:
      'Deletes an artifact and its file, unless a run that has not ended reads it or it is a live version of a model.',
  })
  async deleteArtifact(
    @Arg('input', () => DeleteArtifactInput, { description: 'The artifact.' }) input: DeleteArtifactInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<DeleteArtifactPayload>> {
    return { deletedId: await this.artifacts.delete(request, input) };
  }

  /** What the gateway keeps of an artifact of that kind; those of one request are read together. */
  private async shown<T>(
    artifact: ArtifactRow,
    context: GraphQLContext,
    kind: ArtifactKind,
    read: (stored: unknown) => T,
  ): Promise<T | null> {
    if (artifact.kind !== kind) return null;
    const content = await context
      .loader<string, unknown>(ArtifactResolver, (ids) => this.artifacts.contentsOf(context.request, ids))
      .load(artifact.id);
    return content === null ? null : read(content);
  }
}
