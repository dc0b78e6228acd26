import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Tenant } from '../tenants/tenant.types.js';
import { ApiKey } from './api-key.types.js';
import { PermissionEnum, Role } from './permission.types.js';
import type { Permission } from './permissions.js';
import { User } from './session.types.js';

export enum ViewerKind {
  USER = 'USER',
  API_KEY = 'API_KEY',
}

registerEnumType(ViewerKind, {
  name: 'ViewerKind',
  description: 'Who calls.',
  valuesConfig: {
    USER: { description: 'A person who signed in.' },
    API_KEY: { description: 'A program with an API key.' },
  },
});

@ObjectType({ description: 'A tenant that a user belongs to.' })
export class Membership {
  @Field(() => ID, { description: 'Their id as a member.' })
  memberId!: string;

  @Field(() => Tenant, { description: 'The tenant.' })
  tenant!: Tenant;

  @Field(() => Role, { description: 'Their role on it.' })
  role!: Role;
}

@ObjectType({ description: 'The caller, and what they may do.' })
export class Viewer {
  @Field(() => ID, { description: 'The id of the user or of the API key.' })
  id!: string;

  @Field(() => ViewerKind, { description: 'Whether it is a person or a program.' })
  kind!: ViewerKind;

  @Field(() => String, { nullable: true, description: "A user's e-mail address." })
  email!: string | null;

  @Field(() => User, { nullable: true, description: 'The user; null for an API key.' })
  user!: User | null;

  @Field(() => ApiKey, { nullable: true, description: 'The API key; null for a user.' })
  apiKey!: ApiKey | null;

  @Field(() => [Membership], {
    description: 'The tenants of a user, oldest membership first; none for an API key.',
  })
  memberships!: Membership[];

  @Field(() => Tenant, {
    nullable: true,
    description:
      'The tenant that the request is about: as the header `synthcart-tenant` says, else the only one.',
  })
  tenant!: Tenant | null;

  @Field(() => Role, { nullable: true, description: "A user's role on that tenant." })
  role!: Role | null;

  @Field(() => [PermissionEnum], {
    description: 'What the caller may do on that tenant; on a project it may be more.',
  })
  permissions!: readonly Permission[];
}
