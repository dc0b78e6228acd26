import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Role } from '../access/permission.types.js';
import { ActorKind, type Prisma } from '../platform/prisma-client/client.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';

registerEnumType(ActorKind, {
  name: 'ActorKind',
  description: 'Who acts.',
  valuesConfig: {
    USER: { description: 'A person who signed in.' },
    API_KEY: { description: 'A program with an API key.' },
    SYSTEM: { description: 'The platform itself.' },
  },
});

@ObjectType({
  implements: Node,
  description: 'A change: who made it, when, and what it changed. Never altered.',
})
export class AuditEvent extends Node {
  @Field(() => ActorKind, { description: 'Who made it.' })
  actorKind!: ActorKind;

  @Field(() => ID, { nullable: true, description: 'The user or API key; null for the platform itself.' })
  actorId!: string | null;

  @Field(() => Role, { nullable: true, description: 'The role on the tenant that a user had then.' })
  actorRole!: Role | null;

  @Field(() => String, { description: 'What was done, such as `project:create` or `run:succeeded`.' })
  action!: string;

  @Field(() => ID, { description: 'What it was done to.' })
  subjectId!: string;

  @Field(() => ID, { nullable: true, description: 'The project that it belongs to, if any.' })
  projectId!: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'What was changed, as it was before.' })
  before!: Prisma.JsonValue | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'What was changed, as it is since.' })
  after!: Prisma.JsonValue | null;

  @Field(() => String, { nullable: true, description: 'The request that made it; the same in the logs.' })
  requestId!: string | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;
}

export const AuditEventConnection = ConnectionOf(AuditEvent, 'AuditEvent');

@InputType({ description: 'Which changes to list; all conditions hold.' })
export class AuditEventFilter {
  @Field(() => ID, { nullable: true, description: 'Changes in this project.' })
  projectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Changes to this.' })
  subjectId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Changes by this user or API key.' })
  actorId?: string | null;

  @Field(() => String, { nullable: true, description: 'Changes of this kind, such as `project:create`.' })
  action?: string | null;

  @Field(() => Date, { nullable: true, description: 'Made at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Made before this time.' })
  createdBefore?: Date | null;
}

export enum AuditEventOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
}

registerEnumType(AuditEventOrder, {
  name: 'AuditEventOrder',
  description: 'The order of a list of changes.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
  },
});
