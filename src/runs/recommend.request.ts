import {
  RECOMMENDER_OPTIONS,
  RECOMMENDER_NAMES,
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
  const config = checked(
    RecommendConfig,
    {
      kind: 'RECOMMEND',
      recommender,
      options,
      ...(events && { events: namedColumns(events) }),
      ...(attributes && { attributes: withoutNulls(attributes) }),
      ...withoutNulls({ syntheticRatio, platform, types, trainOn, testShare, cutoffs, coldEvents }),
    },
    path,
  );
  const logs = [
    { role: 'REAL' as const, ref: real, path: [...path, 'real'] },
    ...(synthetic ? [{ role: 'SYNTHETIC' as const, ref: synthetic, path: [...path, 'synthetic'] }] : []),
  ];
  return { config, logs };
}
