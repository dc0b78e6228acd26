import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';
import { PermissionEnum } from './permission.types.js';
import type { Permission } from './permissions.js';

@ObjectType({ implements: Node, description: 'A secret with which a program calls.' })
export class ApiKey extends Node {
  @Field(() => String, { description: 'What it is for.' })
  name!: string;

  @Field(() => String, { description: 'The first characters of the secret, to recognise it by.' })
  prefix!: string;

  @Field(() => [PermissionEnum], { description: 'What it may do.' })
  scopes!: readonly Permission[];

  @Field(() => ID, {
    nullable: true,
    description: 'The only project that exists for it; null: the whole tenant.',
  })
  projectId!: string | null;

  @Field(() => ID, { description: 'The user or API key that made it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it ends; null: never.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was last used, to a minute; null: never.' })
  lastUsedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked; null: it was not.' })
  revokedAt!: Date | null;
}

export const ApiKeyConnection = ConnectionOf(ApiKey, 'ApiKey');

@InputType({ description: 'Which API keys to list; all conditions hold.' })
export class ApiKeyFilter {
  @Field(() => String, { nullable: true, description: 'The name has this in it, whatever the case.' })
  nameContains?: string | null;

  @Field(() => ID, { nullable: true, description: 'Confined to this project.' })
  projectId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Revoked ones or the others. Default: both.' })
  revoked?: boolean | null;
}

export enum ApiKeyOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  NAME_ASC = 'NAME_ASC',
  NAME_DESC = 'NAME_DESC',
}

registerEnumType(ApiKeyOrder, {
  name: 'ApiKeyOrder',
  description: 'The order of a list of API keys.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    NAME_ASC: { description: 'By name, A to Z.' },
    NAME_DESC: { description: 'By name, Z to A.' },
  },
});

@InputType({ description: 'A new API key.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: 'What it is for, 1–100 characters.' })
  name!: string;

  @Field(() => [PermissionEnum], { description: 'What it may do; nothing that the caller may not do.' })
  scopes!: Permission[];

  @Field(() => ID, { nullable: true, description: 'Confines it to this project.' })
  projectId?: string | null;

  @Field(() => Date, { nullable: true, description: 'When it ends. Default: never.' })
  expiresAt?: Date | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'An API key to end.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'The API key.' })
  id!: string;
}

@ObjectType({ description: 'The new API key, or why there is none.' })
export class CreateApiKeyPayload extends Payload {
  @Field(() => ApiKey, { nullable: true, description: 'The API key.' })
  apiKey?: ApiKey | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The secret, for `authorization: Bearer …`. Shown this once: a repeat with the same idempotency key gives null.',
  })
  secret?: string | null;
}

@ObjectType({ description: 'The API key after it was revoked.' })
export class RevokeApiKeyPayload extends Payload {
  @Field(() => ApiKey, { nullable: true, description: 'The API key.' })
  apiKey?: ApiKey | null;
}
