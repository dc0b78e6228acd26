import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Role } from '../access/permission.types.js';
import { User } from '../access/session.types.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';
import { ByteCount } from '../server/scalars.js';

@ObjectType({ implements: Node, description: 'A company: the unit of isolation and quota.' })
export class Tenant extends Node {
  @Field(() => String, { description: 'The name of the company.' })
  name!: string;

  @Field(() => Int, { description: 'Its share of the slots beside other tenants with queued runs.' })
  weight!: number;

  @Field(() => Int, { description: 'How many of its runs may hold a slot at the same time.' })
  maxRunningRuns!: number;

  @Field(() => Int, { description: 'How many of its runs may wait.' })
  maxQueuedRuns!: number;

  @Field(() => ByteCount, { description: 'How much its objects may take.' })
  maxBytes!: bigint;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

@ObjectType({ implements: Node, description: 'A user in a tenant.' })
export class Member extends Node {
  @Field(() => User, { description: 'The user.' })
  user!: User;

  @Field(() => Role, { description: 'Their role on the tenant; on a project, a higher one may be granted.' })
  role!: Role;

  @Field(() => Date, { description: 'When they joined.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When their role was last changed.' })
  updatedAt!: Date;
}

export const MemberConnection = ConnectionOf(Member, 'Member');

@InputType({ description: 'Which members to list; all conditions hold.' })
export class MemberFilter {
  @Field(() => [Role], { nullable: true, description: 'With one of these roles on the tenant.' })
  roles?: Role[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Their name or e-mail address has this in it, whatever the case.',
  })
  nameContains?: string | null;
}

export enum MemberOrder {
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  CREATED_AT_DESC = 'CREATED_AT_DESC',
}

registerEnumType(MemberOrder, {
  name: 'MemberOrder',
  description: 'The order of a list of members.',
  valuesConfig: {
    CREATED_AT_ASC: { description: 'Who joined first.' },
    CREATED_AT_DESC: { description: 'Who joined last.' },
  },
});

@ObjectType({ implements: Node, description: 'A seat that is kept for somebody.' })
export class Invitation extends Node {
  @Field(() => String, { description: 'Who may accept it.' })
  email!: string;

  @Field(() => Role, { description: 'The role that they will have.' })
  role!: Role;

  @Field(() => ID, { description: 'The user or API key that invited them.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it ends.' })
  expiresAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was accepted; null: not yet.' })
  acceptedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was taken back; null: it was not.' })
  revokedAt!: Date | null;
}

export const InvitationConnection = ConnectionOf(Invitation, 'Invitation');

@InputType({ description: 'Which invitations to list; all conditions hold.' })
export class InvitationFilter {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Those that can still be accepted, or the others. Default: both.',
  })
  open?: boolean | null;
}

export enum InvitationOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
}

registerEnumType(InvitationOrder, {
  name: 'InvitationOrder',
  description: 'The order of a list of invitations.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
  },
});

@InputType({ description: 'A new tenant.' })
export class CreateTenantInput {
  @Field(() => String, { description: 'The name of the company, 1–100 characters.' })
  name!: string;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: "Changes to the tenant; what isn't given stays." })
export class UpdateTenantInput {
  @Field(() => String, { nullable: true, description: 'The name of the company, 1–100 characters.' })
  name?: string | null;
}

@InputType({ description: 'Somebody to work with.' })
export class InviteMemberInput {
  @Field(() => String, { description: 'Their e-mail address; they sign up or in with it to accept.' })
  email!: string;

  @Field(() => Role, { description: 'The role that they will have; none above your own.' })
  role!: Role;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'An invitation to take back.' })
export class RevokeInvitationInput {
  @Field(() => ID, { description: 'The invitation.' })
  id!: string;
}

@InputType({ description: 'An invitation to accept.' })
export class AcceptInvitationInput {
  @Field(() => String, { description: 'As `inviteMember` gave it.' })
  token!: string;
}

@InputType({ description: "Changes to a member; what isn't given stays." })
export class UpdateMemberInput {
  @Field(() => ID, { description: 'The member.' })
  id!: string;

  @Field(() => Role, { description: 'Their role on the tenant; none above your own.' })
  role!: Role;
}

@InputType({ description: 'A member to remove.' })
export class RemoveMemberInput {
  @Field(() => ID, { description: 'The member; your own, to leave.' })
  id!: string;
}

@ObjectType()
export abstract class TenantPayload extends Payload {
  @Field(() => Tenant, { nullable: true, description: 'The tenant.' })
  tenant?: Tenant | null;
}

@ObjectType({ description: 'The new tenant, or why there is none.' })
export class CreateTenantPayload extends TenantPayload {}

@ObjectType({ description: 'The tenant after the change, or why nothing was changed.' })
export class UpdateTenantPayload extends TenantPayload {}

@ObjectType({ description: 'The invitation, or why there is none.' })
export class InviteMemberPayload extends Payload {
  @Field(() => Invitation, { nullable: true, description: 'The invitation.' })
  invitation?: Invitation | null;

  @Field(() => String, {
    nullable: true,
    description:
      'For `acceptInvitation`; pass it on. Shown this once: a repeat with the same idempotency key gives null.',
  })
  token?: string | null;
}

@ObjectType({ description: 'The invitation after it was taken back.' })
export class RevokeInvitationPayload extends Payload {
  @Field(() => Invitation, { nullable: true, description: 'The invitation.' })
  invitation?: Invitation | null;
}

@ObjectType()
export abstract class MemberPayload extends Payload {
  @Field(() => Member, { nullable: true, description: 'The member.' })
  member?: Member | null;
}

@ObjectType({ description: 'The member after the change, or why nothing was changed.' })
export class UpdateMemberPayload extends MemberPayload {}

@ObjectType({ description: 'The new membership, or why there is none.' })
export class AcceptInvitationPayload extends Payload {
  @Field(() => Member, { nullable: true, description: 'The caller as a member.' })
  member?: Member | null;

  @Field(() => Tenant, { nullable: true, description: 'The tenant that they belong to now.' })
  tenant?: Tenant | null;
}

@ObjectType({ description: 'Whom the tenant has lost.' })
export class RemoveMemberPayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id that the member had.' })
  removedId?: string | null;
}
