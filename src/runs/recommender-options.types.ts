import { RECOMMENDER_OPTIONS } from '../../schema/messages/recommender-options/catalogue.js';
import { modelOptionFields } from './model-options.js';

/** Options of recommenders in the API, each under its recommender's name. */
export const { optionField, optionFields: recommenderOptionFields } = modelOptionFields(
  'recommender',
  RECOMMENDER_OPTIONS,
);
