import { SEARCH_RANKER_OPTIONS } from '../../schema/messages/recommender-options/search-rankers.js';
import { modelOptionFields } from './model-options.js';

/** Options of search rankers in the API, each under its ranker's name. */
export const { optionField: searchOptionField, optionFields: searchOptionFields } = modelOptionFields(
  'search ranker',
  SEARCH_RANKER_OPTIONS,
);
