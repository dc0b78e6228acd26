import 'reflect-metadata';
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type ContainerType, type NonEmptyArray, type PubSub } from 'type-graphql';
import { ApiKeyResolver } from '../access/api-key.resolver.js';
import { SessionResolver } from '../access/session.resolver.js';
import { ViewerResolver } from '../access/viewer.resolver.js';
import { ProjectArtifactsResolver, RunArtifactsResolver } from '../artifacts/artifact-lists.resolver.js';
import { ArtifactResolver } from '../artifacts/artifact.resolver.js';
import { ActivityResolver } from '../audit/activity.resolver.js';
import { AuditResolver } from '../audit/audit.resolver.js';
import { DatasetVersionResolver } from '../datasets/dataset-version.resolver.js';
import { DatasetResolver, ProjectDatasetsResolver } from '../datasets/dataset.resolver.js';
import { TrainingComparisonResolver } from '../experiments/comparison.resolver.js';
import { ExperimentResolver, ProjectExperimentsResolver } from '../experiments/experiment.resolver.js';
import {
  ComparisonResolver,
  FeedbackResolver,
  VersionMetricsResolver,
} from '../feedback/feedback.resolver.js';
import { RunMetricsResolver } from '../metrics/run-metrics.resolver.js';
import { DeploymentResolver } from '../models/deployment.resolver.js';
import { ModelResolver, ModelVersionResolver, ProjectModelsResolver } from '../models/model.resolver.js';
import { ProjectResolver } from '../projects/project.resolver.js';
import { ProductSearchResolver } from '../recommendations/product-search.resolver.js';
import { RecommendationResolver } from '../recommendations/recommendation.resolver.js';
import { RunEventsResolver } from '../runs/run-events.resolver.js';
import { ExperimentRunsResolver, ProjectRunsResolver } from '../runs/run-lists.resolver.js';
import { MetricSeriesResolver, RunResolver } from '../runs/run.resolver.js';
import { TenantResolver } from '../tenants/tenant.resolver.js';
import { UserError } from './errors.js';
import type { GraphQLContext } from './graphql-context.js';
import { NodeResolver } from './node.resolver.js';
import { failedPayload } from './payload.js';
import { SCALARS } from './scalars.js';
import { ServerInfoResolver } from './server-info.resolver.js';
import { bindSources } from './subscription-sources.js';

/** Every resolver class of the API. The gateway gives one instance of each. */
export const RESOLVERS = [
  ServerInfoResolver,
  NodeResolver,
  SessionResolver,
  ViewerResolver,
  ApiKeyResolver,
  TenantResolver,
  ProjectResolver,
  ExperimentResolver,
  TrainingComparisonResolver,
  ProjectExperimentsResolver,
  ArtifactResolver,
  ProjectArtifactsResolver,
  RunArtifactsResolver,
  AuditResolver,
  ActivityResolver,
  DatasetResolver,
  DatasetVersionResolver,
  ProjectDatasetsResolver,
  RunResolver,
  MetricSeriesResolver,
  ProjectRunsResolver,
  ExperimentRunsResolver,
  RunEventsResolver,
  RunMetricsResolver,
  RecommendationResolver,
  ProductSearchResolver,
  ModelResolver,
  ModelVersionResolver,
  ProjectModelsResolver,
  DeploymentResolver,
  FeedbackResolver,
  VersionMetricsResolver,
  ComparisonResolver,
] as const;

/** Instances by class. None are needed to print the schema. */
export type ResolverInstances = ReadonlyMap<unknown, object>;

export function buildApiSchema(instances: ResolverInstances): GraphQLSchema {
  const container: ContainerType = {
    get: (resolver: { name: string }) => {
      const instance = instances.get(resolver);
      if (!instance) throw new Error(`No instance of ${resolver.name} was given to the schema.`);
      return instance;
    },
  };
  const schema = buildSchemaSync({
    resolvers: [...RESOLVERS] as unknown as NonEmptyArray<() => unknown>,
    container,
    scalarsMap: SCALARS,
    // Use cases check their input themselves: what they find wrong becomes a user error with its path.
    validate: false,
    pubSub: NO_PUB_SUB,
  });
  answerUserErrorsAsData(schema);
  if (instances.size > 0) bindSources(schema, instances.values());
  return schema;
}

/** type-graphql asks for one. Its own keeps events without bound; our sources are in subscription-sources.ts. */
const NO_PUB_SUB: PubSub = {
  publish: () => {
    throw new Error('Subscriptions have sources of their own.');
  },
  subscribe: () => {
    throw new Error('Subscriptions have sources of their own.');
  },
};

/**
 * Lets every mutation answer a caller's mistake as `userErrors`. Done on the root fields of the finished schema: a
 * middleware of type-graphql would run for every field of every object.
 */
function answerUserErrorsAsData(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve: GraphQLFieldResolver<unknown, GraphQLContext> = field.resolve ?? defaultFieldResolver;
    field.resolve = async (source, args, context: GraphQLContext, info) => {
      try {
        const payload = (await resolve(source, args, context, info)) as object;
        return 'userErrors' in payload ? payload : { ...payload, userErrors: [] };
      } catch (error) {
        if (error instanceof UserError) return failedPayload(error);
        throw error;
      }
    };
  }
}
