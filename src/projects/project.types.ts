import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Role } from '../access/permission.types.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';
import { Member } from '../tenants/tenant.types.js';

@ObjectType({
  implements: Node,
  description: 'A body of work in a tenant: datasets, experiments, runs, artifacts.',
})
export class Project extends Node {
  @Field(() => String, { description: 'What it is called.' })
  name!: string;

  @Field(() => String, { description: 'What it is about; may be empty.' })
  description!: string;

  @Field(() => ID, { description: 'The user or API key that made it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was archived; null: it was not.' })
  archivedAt!: Date | null;
}

export const ProjectConnection = ConnectionOf(Project, 'Project');

@ObjectType({
  description: 'A role that a member has on a project, beside the one on the tenant. The higher counts.',
})
export class ProjectGrant {
  @Field(() => Member, { description: 'Who has it.' })
  member!: Member;

  @Field(() => Role, { description: 'The role on the project.' })
  role!: Role;

  @Field(() => Date, { description: 'When it was granted.' })
  createdAt!: Date;
}

@InputType({ description: 'Which projects to list; all conditions hold.' })
export class ProjectFilter {
  @Field(() => String, { nullable: true, description: 'The name has this in it, whatever the case.' })
  nameContains?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Archived ones or the others. Default: both.' })
  archived?: boolean | null;
}

export enum ProjectOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  UPDATED_AT_DESC = 'UPDATED_AT_DESC',
  NAME_ASC = 'NAME_ASC',
  NAME_DESC = 'NAME_DESC',
}

registerEnumType(ProjectOrder, {
  name: 'ProjectOrder',
  description: 'The order of a list of projects.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    UPDATED_AT_DESC: { description: 'Last changed first.' },
    NAME_ASC: { description: 'By name, A to Z.' },
    NAME_DESC: { description: 'By name, Z to A.' },
  },
});

@InputType({ description: 'A new project.' })
export class CreateProjectInput {
  @Field(() => String, { description: 'What it is called, 1–100 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is about, up to 5,000 characters.' })
  description?: string | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: "Changes to a project; what isn't given stays." })
export class UpdateProjectInput {
  @Field(() => ID, { description: 'The project.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'What it is called, 1–100 characters.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is about, up to 5,000 characters.' })
  description?: string | null;
}

@InputType({ description: 'A project to archive or to bring back.' })
export class ArchiveProjectInput {
  @Field(() => ID, { description: 'The project.' })
  id!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'False brings it back.' })
  archived!: boolean;
}

@InputType({ description: 'A role on a project.' })
export class GrantProjectRoleInput {
  @Field(() => ID, { description: 'The project.' })
  projectId!: string;

  @Field(() => ID, { description: 'The member of the tenant who gets it.' })
  memberId!: string;

  @Field(() => Role, {
    description: 'The role; none above your own. Replaces the one they had on the project.',
  })
  role!: Role;
}

@InputType({ description: 'A role on a project to take back.' })
export class RevokeProjectRoleInput {
  @Field(() => ID, { description: 'The project.' })
  projectId!: string;

  @Field(() => ID, { description: 'The member who loses it.' })
  memberId!: string;
}

@ObjectType()
export abstract class ProjectPayload extends Payload {
  @Field(() => Project, { nullable: true, description: 'The project.' })
  project?: Project | null;
}

@ObjectType({ description: 'The new project, or why there is none.' })
export class CreateProjectPayload extends ProjectPayload {}

@ObjectType({ description: 'The project after the change, or why nothing was changed.' })
export class UpdateProjectPayload extends ProjectPayload {}

@ObjectType({ description: 'The project, archived or brought back, or why nothing was changed.' })
export class ArchiveProjectPayload extends ProjectPayload {}

@ObjectType({ description: 'The grant, or why there is none.' })
export class GrantProjectRolePayload extends Payload {
  @Field(() => ProjectGrant, { nullable: true, description: 'The grant.' })
  grant?: ProjectGrant | null;
}

@ObjectType({ description: 'The project whose grant was taken back.' })
export class RevokeProjectRolePayload extends Payload {
  @Field(() => Project, { nullable: true, description: 'The project.' })
  project?: Project | null;
}
