import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { ApiKeyResolver } from './access/api-key.resolver.js';
import { ApiKeyService } from './access/api-key.service.js';
import { Authentication } from './access/authentication.js';
import { SessionResolver } from './access/session.resolver.js';
import { SessionService } from './access/session.service.js';
import { AccessTokens } from './access/tokens.js';
import { ViewerResolver } from './access/viewer.resolver.js';
import { ViewerService } from './access/viewer.service.js';
import { ProjectArtifactsResolver, RunArtifactsResolver } from './artifacts/artifact-lists.resolver.js';
import { ArtifactResolver } from './artifacts/artifact.resolver.js';
import { ArtifactService } from './artifacts/artifact.service.js';
import { ActivityResolver } from './audit/activity.resolver.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { AuditService } from './audit/audit.service.js';
import { LiveProjects } from './audit/live-activity.js';
import type { Config } from './config.js';
import { DatasetVersionResolver } from './datasets/dataset-version.resolver.js';
import { DatasetResolver, ProjectDatasetsResolver } from './datasets/dataset.resolver.js';
import { DatasetService } from './datasets/dataset.service.js';
import { UploadService } from './datasets/upload.service.js';
import { announceProject } from './dispatch/announce.js';
import { Dispatch } from './dispatch/dispatch.js';
import { Bus } from './platform/bus.js';
import { Database } from './platform/database.js';
import { LocalObjects } from './platform/local-objects.js';
import { registerObjectRoutes } from './platform/object-routes.js';
import { deriveKey, roleUrl } from './platform/secrets.js';
import { VERSION } from './platform/version.js';
import { ExperimentResolver, ProjectExperimentsResolver } from './experiments/experiment.resolver.js';
import { TrainingComparisonResolver } from './experiments/comparison.resolver.js';
import { TrainingComparisonService } from './experiments/comparison.service.js';
import { ExperimentService } from './experiments/experiment.service.js';
import {
  ComparisonResolver,
  FeedbackResolver,
  VersionMetricsResolver,
} from './feedback/feedback.resolver.js';
import { FeedbackService } from './feedback/feedback.service.js';
import { OnlineService } from './feedback/online.service.js';
import { RunMetricsResolver } from './metrics/run-metrics.resolver.js';
import { DeploymentResolver } from './models/deployment.resolver.js';
import { DeploymentService } from './models/deployment.service.js';
import { ModelResolver, ModelVersionResolver, ProjectModelsResolver } from './models/model.resolver.js';
import { ModelService } from './models/model.service.js';
import { ProjectResolver } from './projects/project.resolver.js';
import { ProjectService } from './projects/project.service.js';
import { ProductSearchResolver } from './recommendations/product-search.resolver.js';
import { ProductSearchService } from './recommendations/product-search.service.js';
import { RecommendationResolver } from './recommendations/recommendation.resolver.js';
import { RecommendationService } from './recommendations/recommendation.service.js';
import { WorkerAnswers } from './recommendations/worker-answers.js';
import { LiveRuns } from './runs/live-runs.js';
import { RunEventsResolver } from './runs/run-events.resolver.js';
import { ExperimentRunsResolver, ProjectRunsResolver } from './runs/run-lists.resolver.js';
import { MetricSeriesResolver, RunResolver } from './runs/run.resolver.js';
import { RunService } from './runs/run.service.js';
import { serveHttp } from './server/http.js';
import { NodeResolver, type NodeFinders } from './server/node.resolver.js';
import { buildApiSchema, type ResolverInstances } from './server/schema.js';
import { ServerInfoResolver } from './server/server-info.resolver.js';
import { ServerInfoService } from './server/server-info.service.js';
import { InvitationService } from './tenants/invitation.service.js';
import { MemberService } from './tenants/member.service.js';
import { TenantResolver } from './tenants/tenant.resolver.js';
import { TenantService } from './tenants/tenant.service.js';

export interface Gateway {
  url: string;
  /** Finishes what runs, then lets go of everything. */
  close(): Promise<void>;
}

/** Wires a gateway and starts it. Whatever was opened is closed again when a later part can't start. */
export async function startGateway(config: Config, log: Logger): Promise<Gateway> {
  const opened: { close(): Promise<unknown> }[] = [];
  const close = async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  try {
    const database = new Database({
      appUrl: config.databaseAppUrl ?? roleUrl(config.databaseUrl, 'synthcart_app', config.secret),
      dispatchUrl:
        config.databaseDispatchUrl ?? roleUrl(config.databaseUrl, 'synthcart_dispatch', config.secret),
      poolSize: config.databasePool,
    });
    opened.push(database);
    const bus = await Bus.connect({ url: config.natsUrl, name: 'synthcart-gateway', log });
    opened.push(bus);
    database.onProjectChange = (change) => announceProject(bus, change);

    let url = '';
    const objects = await LocalObjects.open({
      folder: objectsFolder(config.objectsUrl),
      secret: deriveKey(config.secret, 'signed-url'),
      baseUrl: () => config.publicUrl ?? url,
    });
    const dispatch = new Dispatch({ database, bus, objects, config, log });
    opened.push({ close: () => dispatch.stop() });

    const accessTokens = new AccessTokens(
      deriveKey(config.secret, 'access-token'),
      config.accessTokenSeconds,
    );
    const authentication = new Authentication(database, accessTokens, log);
    const instances = resolvers({
      database,
      bus,
      objects,
      dispatch,
      authentication,
      accessTokens,
      config,
    });
    const server = await serveHttp({
      host: config.host,
      port: config.port,
      corsOrigins: config.corsOrigins,
      schema: buildApiSchema(instances),
      authentication,
      checks: {
        database: () => database.withScope({}, async (tx) => (await tx.$executeRaw`SELECT 1`) >= 0),
        bus: () => bus.connected,
      },
      routes: [(app) => registerObjectRoutes(app, objects)],
      log,
    });
    opened.push(server);
    url = server.url;
    // Once there are links to give to workers.
    await dispatch.start();
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function objectsFolder(url: string): string {
  if (!url.startsWith('file:')) {
    throw new Error(`OBJECTS_URL is ${url}; the objects lie in a local folder: give file:///…`);
  }
  return fileURLToPath(url);
}

interface Parts {
  database: Database;
  bus: Bus;
  objects: LocalObjects;
  dispatch: Dispatch;
  authentication: Authentication;
  accessTokens: AccessTokens;
  config: Config;
}

/** One instance of each resolver class, with its services. */
function resolvers({
  database,
  bus,
  objects,
  dispatch,
  authentication,
  accessTokens,
  config,
}: Parts): ResolverInstances {
  const apiKeys = new ApiKeyService(database, authentication);
  const tenants = new TenantService(database, authentication);
  const members = new MemberService(database, authentication);
  const invitations = new InvitationService(database, authentication);
  const projects = new ProjectService(database);
  const audit = new AuditService(database);
  const viewers = new ViewerService(database);
  const sessions = new SessionService(database, accessTokens, authentication, config.refreshTokenSeconds);
  const runs = new RunService(database, bus, dispatch.control);
  const datasets = new DatasetService(database, objects, config.signedUrlSeconds);
  const uploads = new UploadService(database, objects, bus, {
    maxUploadBytes: config.maxUploadBytes,
    linkSeconds: config.signedUrlSeconds,
  });
  const experiments = new ExperimentService(database);
  const artifacts = new ArtifactService(database, objects, config.signedUrlSeconds);
  const models = new ModelService(database);
  const online = new OnlineService(database);
  const liveRuns = new LiveRuns(database, bus);
  const nodes: NodeFinders = {
    user: (request, id) => viewers.findUser(request, id),
    tenant: (request, id) => tenants.find(request, id),
    member: (request, id) => members.find(request, id),
    invitation: (request, id) => invitations.find(request, id),
    project: (request, id) => projects.find(request, id),
    apiKey: (request, id) => apiKeys.find(request, id),
    auditEvent: (request, id) => audit.find(request, id),
    dataset: (request, id) => datasets.find(request, id),
    datasetVersion: (request, id) => datasets.findVersion(request, id),
    run: (request, id) => runs.find(request, id),
    experiment: (request, id) => experiments.find(request, id),
    artifact: (request, id) => artifacts.find(request, id),
    model: (request, id) => models.find(request, id),
    modelVersion: (request, id) => models.findVersion(request, id),
  };
  const answers = new WorkerAnswers(bus, objects);
  const instances: object[] = [
    new ServerInfoResolver(new ServerInfoService(database, VERSION, config.maxUploadBytes)),
    new NodeResolver(nodes),
    new SessionResolver(sessions),
    new ViewerResolver(viewers),
    new ApiKeyResolver(apiKeys),
    new TenantResolver(tenants, members, invitations),
    new ProjectResolver(projects),
    new ExperimentResolver(experiments, projects),
    new TrainingComparisonResolver(new TrainingComparisonService(database, bus)),
    new ProjectExperimentsResolver(experiments),
    new ArtifactResolver(artifacts),
    new ProjectArtifactsResolver(artifacts),
    new RunArtifactsResolver(artifacts),
    new AuditResolver(audit),
    new ActivityResolver(database, new LiveProjects(database, bus)),
    new DatasetResolver(datasets, uploads),
    new DatasetVersionResolver(datasets, runs),
    new ProjectDatasetsResolver(datasets),
    new RunResolver(runs),
    new MetricSeriesResolver(runs),
    new ProjectRunsResolver(runs),
    new ExperimentRunsResolver(runs),
    new RunEventsResolver(runs, liveRuns),
    new RunMetricsResolver(database, liveRuns),
    new RecommendationResolver(new RecommendationService(database, artifacts, answers)),
    new ProductSearchResolver(new ProductSearchService(artifacts, answers)),
    new ModelResolver(models),
    new ModelVersionResolver(models, artifacts),
    new ProjectModelsResolver(models),
    new DeploymentResolver(new DeploymentService(database)),
    new FeedbackResolver(new FeedbackService(database)),
    new VersionMetricsResolver(online),
    new ComparisonResolver(online),
  ];
  return new Map(instances.map((instance) => [instance.constructor, instance]));
}
