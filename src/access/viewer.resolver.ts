import { Ctx, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ViewerService } from './viewer.service.js';
import { Viewer } from './viewer.types.js';

@Resolver()
export class ViewerResolver {
  constructor(private readonly viewers: ViewerService) {}

  @Query(() => Viewer, { nullable: true, description: 'The caller; null when nobody is signed in.' })
  async viewer(@Ctx() { request }: GraphQLContext): Promise<Viewer | null> {
    return this.viewers.viewer(request);
  }
}
