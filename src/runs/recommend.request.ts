import {
  KEPT_OPTIONS,
  RECOMMENDER_OPTIONS,
  RECOMMENDER_NAMES,
  type RecommenderName,
} from '../../schema/messages/recommender-options/catalogue.js';
import { RecommendConfig } from '../../schema/messages/run-config.js';
import { optionField } from './recommender-options.types.js';
import type { RecommendInput } from './recommend.types.js';
import {
  checked,
  invalid,
  namedColumns,
  requireSyntheticRight,
  withoutNulls,
  type Path,
} from './request-checks.js';

/** A run that trains a recommender; throws INVALID_INPUT with the path of the field that is wrong. */
export function recommendRequest(input: RecommendInput, path: Path = ['input', 'recommend']) {
  const recommender = RECOMMENDER_NAMES.find((name) => name === input.recommender);
  if (!recommender) {
    throw invalid(
      `There is no recommender "${input.recommender}". Choose one of: ${RECOMMENDER_NAMES.join(', ')}.`,
      [...path, 'recommender'],
    );
  }
  const field = optionField(recommender);
  const options = withoutNulls((input as unknown as Record<string, object | null>)[field] ?? {});
  checked<unknown>(RECOMMENDER_OPTIONS[recommender].options, options, [...path, field]);
  const { syntheticRatio } = input;
  const { real, synthetic, events, attributes, platform, types, trainOn, testShare, cutoffs, coldEvents } =
    input;
  requireSyntheticRight(trainOn, synthetic, 'log', path);
  if (syntheticRatio != null && !synthetic) {
    throw invalid('`syntheticRatio` is of a synthetic log, and none is given: leave it out.', [
      ...path,
      'syntheticRatio',
    ]);
  }
  requireContinuable(input, recommender, path);
  const config = checked(
    RecommendConfig,
    {
      kind: 'RECOMMEND',
      recommender,
      options,
      ...(events && { events: namedColumns(events) }),
      ...(attributes && { attributes: withoutNulls(attributes) }),
      ...(input.continueFrom && { continues: input.continueFrom.log }),
      ...withoutNulls({ syntheticRatio, platform, types, trainOn, testShare, cutoffs, coldEvents }),
    },
    path,
  );
  const logs = [
    { role: 'REAL' as const, ref: real, path: [...path, 'real'] },
    ...(synthetic ? [{ role: 'SYNTHETIC' as const, ref: synthetic, path: [...path, 'synthetic'] }] : []),
  ];
  return { config, logs, continuedArtifactId: input.continueFrom?.recommenderArtifactId };
}

function requireContinuable(
  input: RecommendInput,
  recommender: RecommenderName,
  path: readonly string[],
): void {
  const { continueFrom, synthetic, testShare } = input;
  if (!continueFrom) return;
  if (!KEPT_OPTIONS[recommender]) {
    throw invalid(
      `A "${recommender}" has nothing to go on from: it counts within seconds. Train it on the whole log, or go on from a ${Object.keys(KEPT_OPTIONS).join(' or a ')}.`,
      [...path, 'recommender'],
    );
  }
  if (synthetic) {
    throw invalid('Training goes on from real events alone: leave `synthetic` and `trainOn` out.', [
      ...path,
      'synthetic',
    ]);
  }
  if (continueFrom.log === 'NEW_EVENTS' && testShare != null) {
    throw invalid(
      "A recommender doesn't remember when things happened, so that no share of the latest can be held out beside new events. Leave `testShare` out: each user's last new event is held out.",
      [...path, 'testShare'],
    );
  }
}

/**
 * The config with those options of the recommender that training goes on from that its network's sizes follow from. Throws
 * INVALID_INPUT for a model of another recommender, and for an option that is given and differs. `formerConfig` is the
 * one of the run that trained it.
 */
export function continuedConfig(config: RecommendConfig, formerConfig: RecommendConfig): RecommendConfig {
  const path = ['input', 'recommend'];
  const recommender = RECOMMENDER_NAMES.find((name) => name === config.recommender);
  if (!recommender || formerConfig.recommender !== recommender) {
    throw invalid(
      `The recommender to go on from is a "${formerConfig.recommender}", not a "${config.recommender}". Choose \`recommender: "${formerConfig.recommender}"\`, or train a new one.`,
      [...path, 'recommender'],
    );
  }
  const former: Readonly<Record<string, unknown>> = RECOMMENDER_OPTIONS[recommender].options.parse(
    formerConfig.options,
  );
  const kept: RecommendConfig['options'] = {};
  for (const name of KEPT_OPTIONS[recommender] ?? []) {
    const value = former[name];
    if (typeof value !== 'number') continue;
    const given = config.options[name];
    if (given !== undefined && given !== value) {
      throw invalid(
        `The recommender to go on from has \`${name}\` ${value}, not ${given}: its network has that size. Leave the option out, or train a new one.`,
        [...path, optionField(recommender), name],
      );
    }
    kept[name] = value;
  }
  return { ...config, options: { ...config.options, ...kept } };
}
