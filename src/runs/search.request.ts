import {
  SEARCH_RANKER_NAMES,
  SEARCH_RANKER_OPTIONS,
} from '../../schema/messages/recommender-options/search-rankers.js';
import { SearchConfig } from '../../schema/messages/run-config.js';
import { checked, invalid, requireSyntheticRight, withoutNulls } from './request-checks.js';
import { searchOptionField } from './search-options.types.js';
import type { SearchInput } from './search.types.js';

/** A run that trains a search ranker; throws INVALID_INPUT with the path of the field that is wrong. */
export function searchRequest(input: SearchInput) {
  const path = ['input', 'search'];
  const ranker = SEARCH_RANKER_NAMES.find((name) => name === input.ranker);
  if (!ranker) {
    throw invalid(
      `There is no search ranker "${input.ranker}". Choose one of: ${SEARCH_RANKER_NAMES.join(', ')}.`,
      [...path, 'ranker'],
    );
  }
  const field = searchOptionField(ranker);
  const options = withoutNullsWithin((input as unknown as Record<string, object | null>)[field] ?? {});
  checked<unknown>(SEARCH_RANKER_OPTIONS[ranker].options, options, [...path, field]);
  const {
    catalogue,
    searches,
    queries,
    synthetic,
    trainOn,
    catalogueColumns,
    searchesColumns,
    gains,
    ...rest
  } = input;
  requireSyntheticRight(trainOn, synthetic, 'searches', path);
  if (queries && !searches && !synthetic) {
    throw invalid(
      'The texts of queries are given, but no searches: give `searches`, which say what answers them.',
      [...path, 'searches'],
    );
  }
  const { locale, testShare, among, cutoff } = rest;
  const config = checked(
    SearchConfig,
    {
      kind: 'SEARCH',
      ranker,
      options,
      ...(catalogueColumns && { catalogueColumns: withoutNulls(catalogueColumns) }),
      ...(searchesColumns && { searchesColumns: withoutNulls(searchesColumns) }),
      ...(gains && { gains: gains.map(({ label, gain }) => ({ label, gain })) }),
      ...withoutNulls({ locale, trainOn, testShare, among, cutoff }),
    },
    path,
  );
  const tables = [
    { role: 'CATALOGUE' as const, name: 'catalogue', ref: catalogue },
    { role: 'SEARCHES' as const, name: 'searches', ref: searches },
    { role: 'QUERIES' as const, name: 'queries', ref: queries },
    { role: 'SYNTHETIC' as const, name: 'synthetic', ref: synthetic },
  ];
  return {
    config,
    searched: tables.flatMap(({ role, name, ref }) => (ref ? [{ role, ref, path: [...path, name] }] : [])),
  };
}

/** Options have options within, which are instances of classes, as a config isn't. */
function withoutNullsWithin(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(withoutNulls(options)).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? withoutNulls(value) : value,
    ]),
  );
}
