import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import { ApiKeyService } from './api-key.service.js';
import {
  ApiKeyConnection,
  ApiKeyFilter,
  ApiKeyOrder,
  CreateApiKeyInput,
  CreateApiKeyPayload,
  RevokeApiKeyInput,
  RevokeApiKeyPayload,
  type ApiKey,
} from './api-key.types.js';

@Resolver()
export class ApiKeyResolver {
  constructor(private readonly apiKeys: ApiKeyService) {}

  @Query(() => ApiKeyConnection, {
    name: 'apiKeys',
    description: 'The API keys of the tenant.',
  })
  async list(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => ApiKeyFilter, { nullable: true, description: 'Which.' })
    filter: ApiKeyFilter | null,
    @Arg('orderBy', () => ApiKeyOrder, {
      defaultValue: ApiKeyOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: ApiKeyOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<ApiKey>> {
    return this.apiKeys.list(request, filter ?? null, orderBy, args);
  }

  @Mutation(() => CreateApiKeyPayload, { description: 'Makes an API key. Its secret is shown once.' })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'The API key.' }) input: CreateApiKeyInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<CreateApiKeyPayload>> {
    return this.apiKeys.create(request, input);
  }

  @Mutation(() => RevokeApiKeyPayload, {
    description: 'Ends an API key, within five seconds everywhere. Revoking it again changes nothing.',
  })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'The API key.' }) input: RevokeApiKeyInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<RevokeApiKeyPayload>> {
    return { apiKey: await this.apiKeys.revoke(request, input.id) };
  }
}
