import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import { InvitationService } from './invitation.service.js';
import { MemberService } from './member.service.js';
import { TenantService } from './tenant.service.js';
import {
  AcceptInvitationInput,
  AcceptInvitationPayload,
  CreateTenantInput,
  InvitationConnection,
  InvitationFilter,
  InvitationOrder,
  InviteMemberInput,
  InviteMemberPayload,
  MemberConnection,
  MemberFilter,
  MemberOrder,
  UpdateMemberPayload,
  type MemberPayload,
  RemoveMemberInput,
  RemoveMemberPayload,
  RevokeInvitationInput,
  RevokeInvitationPayload,
  Tenant,
  CreateTenantPayload,
  UpdateTenantPayload,
  type TenantPayload,
  UpdateMemberInput,
  UpdateTenantInput,
  type Invitation,
  type Member,
} from './tenant.types.js';

@Resolver()
export class TenantResolver {
  constructor(
    private readonly tenants: TenantService,
    private readonly membersOfTenant: MemberService,
    private readonly invitationsOfTenant: InvitationService,
  ) {}

  @Query(() => Tenant, { nullable: true, description: 'The tenant that the request is about.' })
  async tenant(@Ctx() { request }: GraphQLContext): Promise<Tenant | null> {
    return this.tenants.current(request);
  }

  @Query(() => MemberConnection, {
    description: 'The members of the tenant.',
  })
  async members(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => MemberFilter, { nullable: true, description: 'Which.' })
    filter: MemberFilter | null,
    @Arg('orderBy', () => MemberOrder, {
      defaultValue: MemberOrder.CREATED_AT_ASC,
      description: 'In which order.',
    })
    orderBy: MemberOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<Member>> {
    return this.membersOfTenant.list(request, filter ?? null, orderBy, args);
  }

  @Query(() => InvitationConnection, { description: 'The invitations of the tenant.' })
  async invitations(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => InvitationFilter, { nullable: true, description: 'Which.' })
    filter: InvitationFilter | null,
    @Arg('orderBy', () => InvitationOrder, {
      defaultValue: InvitationOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: InvitationOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<Invitation>> {
    return this.invitationsOfTenant.list(request, filter ?? null, orderBy, args);
  }

  @Mutation(() => CreateTenantPayload, { description: 'Makes a tenant. The caller becomes its first owner.' })
  async createTenant(
    @Arg('input', () => CreateTenantInput, { description: 'The tenant.' }) input: CreateTenantInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<TenantPayload>> {
    return { tenant: await this.tenants.create(request, input) };
  }

  @Mutation(() => UpdateTenantPayload, { description: 'Changes the tenant that the request is about.' })
  async updateTenant(
    @Arg('input', () => UpdateTenantInput, { description: 'What to change.' }) input: UpdateTenantInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<TenantPayload>> {
    return { tenant: await this.tenants.update(request, input) };
  }

  @Mutation(() => InviteMemberPayload, { description: 'Keeps a seat for somebody, for 14 days.' })
  async inviteMember(
    @Arg('input', () => InviteMemberInput, { description: 'Who, and as what.' }) input: InviteMemberInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<InviteMemberPayload>> {
    return this.invitationsOfTenant.create(request, input);
  }

  @Mutation(() => RevokeInvitationPayload, { description: 'Takes an invitation back.' })
  async revokeInvitation(
    @Arg('input', () => RevokeInvitationInput, { description: 'The invitation.' })
    input: RevokeInvitationInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<RevokeInvitationPayload>> {
    return { invitation: await this.invitationsOfTenant.revoke(request, input.id) };
  }

  @Mutation(() => AcceptInvitationPayload, {
    description: 'Makes the caller a member of the tenant that invited them.',
  })
  async acceptInvitation(
    @Arg('input', () => AcceptInvitationInput, { description: 'The invitation.' })
    input: AcceptInvitationInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<AcceptInvitationPayload>> {
    return this.invitationsOfTenant.accept(request, input.token);
  }

  @Mutation(() => UpdateMemberPayload, { description: "Changes a member's role on the tenant." })
  async updateMember(
    @Arg('input', () => UpdateMemberInput, { description: 'What to change.' }) input: UpdateMemberInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<MemberPayload>> {
    return { member: await this.membersOfTenant.update(request, input) };
  }

  @Mutation(() => RemoveMemberPayload, {
    description:
      'Removes a member, or lets the caller leave. The last owner stays. API keys that they made stay, too.',
  })
  async removeMember(
    @Arg('input', () => RemoveMemberInput, { description: 'The member.' }) input: RemoveMemberInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<RemoveMemberPayload>> {
    return { removedId: await this.membersOfTenant.remove(request, input.id) };
  }
}
