import DataLoader from 'dataloader';
import type { RequestContext } from '../access/context.js';

/** What resolvers get: one per HTTP request, and one per event of a subscription, so that no loader outlives its data. */
export interface GraphQLContext {
  readonly request: RequestContext;
  /** Where the request comes from: what slows guessing down counts by it. Empty when nobody sent it. */
  readonly clientAddress: string;
  /** Aborted when the subscriber is gone, for a source that waits. Absent outside subscriptions. */
  readonly signal: AbortSignal | undefined;
  /**
   * The loader of that key, made on first use and kept as long as this context. `batch` answers in the order of its
   * keys. It gathers the keys of one tick, so that a list of n runs asks the database once and not n times.
   */
  loader<K, V>(key: object | symbol | string, batch: BatchLoad<K, V>): DataLoader<K, V>;
}

export type BatchLoad<K, V> = (keys: readonly K[]) => Promise<readonly V[]>;

export function graphqlContext(
  request: RequestContext,
  clientAddress = '',
  signal?: AbortSignal,
): GraphQLContext {
  const loaders = new Map<object | symbol | string, unknown>();
  return {
    request,
    clientAddress,
    signal,
    loader<K, V>(key: object | symbol | string, batch: BatchLoad<K, V>): DataLoader<K, V> {
      let loader = loaders.get(key) as DataLoader<K, V> | undefined;
      if (!loader) {
        loader = new DataLoader<K, V>(batch);
        loaders.set(key, loader);
      }
      return loader;
    },
  };
}
