import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../access/context.js';
import { nounOf } from '../platform/ids.js';
import type { GraphQLContext } from './graphql-context.js';
import { NODE_TYPES, Node, type NodeNoun } from './node.js';

/** Finds a thing of one noun for the caller; null when there is none for them. */
export type NodeFinder = (request: RequestContext, id: string) => Promise<{ id: string } | null>;
export type NodeFinders = Readonly<Partial<Record<NodeNoun, NodeFinder>>>;

@Resolver()
export class NodeResolver {
  constructor(private readonly finders: NodeFinders) {}

  @Query(() => Node, {
    nullable: true,
    description: 'Anything by its id, or null when there is none for the caller.',
  })
  async node(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ id: string } | null> {
    const noun = nounOf(id);
    const find = noun && noun in NODE_TYPES ? this.finders[noun as NodeNoun] : undefined;
    return find ? find(request, id) : null;
  }
}
