import { z } from 'zod';
import { ExplainConfig, RecommendConfig, type RunConfig } from '../../schema/messages/run-config.js';
import type { Transaction } from '../platform/database.js';
import type { ExplainInput } from './explain.types.js';
import { checked, namedColumns, withoutNulls } from './request-checks.js';
import type { RequestedRun } from './run.request.js';

/** A run that explains a recommender; throws INVALID_INPUT with the path of the field that is wrong. */
export function explainRequest(input: ExplainInput) {
  const { recommenderArtifactId, log, events, attributes, ...rest } = input;
  const config = checked(
    ExplainConfig,
    {
      kind: 'EXPLAIN',
      ...(events && { events: namedColumns(events) }),
      ...(attributes && { attributes: withoutNulls(attributes) }),
      ...withoutNulls(rest),
    },
    ['input', 'explain'],
  );
  return { config, explained: { recommenderArtifactId, log } };
}

/** Of a recommender: how the log that it was trained on was read. */
const Trained = z.object({
  config: RecommendConfig.pick({ events: true, platform: true, attributes: true, types: true }).strip(),
});

/**
 * The config as it is queued. Of a run that explains, how the log is read is taken from the recommender's training where it
 * isn't said; to be called once the inputs are known to be the caller's.
 */
export async function completedConfig(tx: Transaction, request: RequestedRun): Promise<RunConfig> {
  if (!('explained' in request)) return request.config;
  const artifact = await tx.artifact.findFirst({
    where: { id: request.explained.recommenderArtifactId },
    select: { lineage: true },
  });
  const trained = Trained.safeParse(artifact?.lineage);
  return trained.success ? { ...withoutUndefined(trained.data.config), ...request.config } : request.config;
}

const withoutUndefined = <Fields extends object>(fields: Fields): Fields =>
  withoutNulls(fields) as unknown as Fields;
