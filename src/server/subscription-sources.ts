import type { GraphQLSchema } from 'graphql';
import type { RequestContext } from '../access/context.js';
import type { GraphQLContext } from './graphql-context.js';

/**
 * Opens a subscription's source: checks the caller's rights, then gives the events. Events that several subscribers can
 * share must be the same objects (see subscription-execution.ts). It ends when the signal is aborted, also while it waits
 * for an event: an async generator hears of `return` only once it has something to yield.
 */
export type SubscriptionSource = (
  request: RequestContext,
  args: Record<string, unknown>,
  signal: AbortSignal,
) => Promise<AsyncIterable<object>>;

/** A resolver whose subscriptions have sources of our own. */
export interface SubscriptionSources {
  readonly sources: Readonly<Record<string, SubscriptionSource>>;
}

/** For `@Subscription({ subscribe })`: the real source is set by `bindSources`, since a decorator knows no instance. */
export function boundLater(): never {
  throw new Error('The source of a subscription was not bound.');
}

/** Gives every subscription of the schema its source. Throws for one that none of the resolvers has. */
export function bindSources(schema: GraphQLSchema, resolvers: Iterable<object>): void {
  const sources = new Map<string, SubscriptionSource>();
  for (const resolver of resolvers) {
    if (!('sources' in resolver)) continue;
    for (const [name, source] of Object.entries((resolver as SubscriptionSources).sources))
      sources.set(name, source);
  }
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    const source = sources.get(field.name);
    if (!source) throw new Error(`The subscription ${field.name} has no source.`);
    field.subscribe = (_root, args: Record<string, unknown>, context: GraphQLContext) =>
      source(context.request, args, context.signal ?? new AbortController().signal);
  }
}
