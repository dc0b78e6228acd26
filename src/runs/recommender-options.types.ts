import { Field } from 'type-graphql';
import {
  RECOMMENDER_NAMES,
  RECOMMENDER_OPTIONS,
  type RecommenderName,
} from '../../schema/messages/recommender-options/catalogue.js';
import { camelCase, optionTypes } from './model-options.js';

const OPTION_TYPES = RECOMMENDER_NAMES.map((recommender) => ({
  recommender,
  ...optionTypes('recommender', recommender, RECOMMENDER_OPTIONS[recommender]),
}));

/** The field of the API that holds the options of a recommender. */
export const optionField = (recommender: RecommenderName): string => camelCase(recommender);

/** Gives a class of the API a nullable field for the options of each recommender. */
export function recommenderOptionFields(
  of: 'input' | 'output',
  description: (recommender: RecommenderName) => string,
) {
  return (type: abstract new () => object): void => {
    for (const { recommender, [of]: options } of OPTION_TYPES) {
      Field(() => options, { nullable: true, description: description(recommender) })(
        type.prototype as object,
        optionField(recommender),
      );
    }
  };
}
