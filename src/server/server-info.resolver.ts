import { Ctx, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from './graphql-context.js';
import { ServerInfoService } from './server-info.service.js';
import { ServerInfo } from './server-info.types.js';

@Resolver()
export class ServerInfoResolver {
  constructor(private readonly server: ServerInfoService) {}

  @Query(() => ServerInfo, { description: 'What this installation is and can do.' })
  async serverInfo(@Ctx() { request }: GraphQLContext): Promise<ServerInfo> {
    return this.server.info(request);
  }
}
