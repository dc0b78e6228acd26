import { Field, InputType, ObjectType } from 'type-graphql';
import { Node } from '../server/node.js';
import { Payload } from '../server/payload.js';

@ObjectType({
  implements: Node,
  description: 'A person with an account. Memberships say which tenants they work in.',
})
export class User extends Node {
  @Field(() => String, { description: 'What they sign in with.' })
  email!: string;

  @Field(() => String, { description: 'How they are called.' })
  name!: string;

  @Field(() => Date, { description: 'When they signed up.' })
  createdAt!: Date;
}

@ObjectType({ description: 'What a signed-in program keeps. Shown once.' })
export class SessionTokens {
  @Field(() => String, { description: 'For the header `authorization: Bearer …`.' })
  accessToken!: string;

  @Field(() => Date, { description: 'When the access token ends.' })
  accessTokenExpiresAt!: Date;

  @Field(() => String, {
    description: 'For `refreshSession`; each is good for one use, and a second use ends the session.',
  })
  refreshToken!: string;

  @Field(() => Date, { description: 'When the session ends, unless it is refreshed before.' })
  refreshTokenExpiresAt!: Date;
}

@InputType({ description: 'A new account.' })
export class SignUpInput {
  @Field(() => String, { description: 'What to sign in with.' })
  email!: string;

  @Field(() => String, { description: 'At least 10 characters.' })
  password!: string;

  @Field(() => String, { description: 'How to be called, 1–100 characters.' })
  name!: string;
}

@InputType({ description: 'An account, and the proof that it is yours.' })
export class SignInInput {
  @Field(() => String, { description: 'As given at sign-up.' })
  email!: string;

  @Field(() => String, { description: 'The password.' })
  password!: string;
}

@InputType({ description: 'A session to go on with.' })
export class RefreshSessionInput {
  @Field(() => String, { description: 'The last refresh token of the session.' })
  refreshToken!: string;
}

@InputType({ description: "Changes to the caller's own account; what isn't given stays." })
export class UpdateViewerInput {
  @Field(() => String, { nullable: true, description: 'How to be called, 1–100 characters.' })
  name?: string | null;
}

@InputType({ description: 'A new password.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The password until now.' })
  currentPassword!: string;

  @Field(() => String, { description: 'At least 10 characters.' })
  newPassword!: string;
}

@ObjectType()
export abstract class SessionPayload extends Payload {
  @Field(() => User, { nullable: true, description: 'Who is signed in.' })
  user?: User | null;

  @Field(() => SessionTokens, { nullable: true, description: 'The tokens of the session.' })
  tokens?: SessionTokens | null;
}

@ObjectType({ description: 'The new account and its first session, or why there is none.' })
export class SignUpPayload extends SessionPayload {}

@ObjectType({ description: 'The new session, or why there is none.' })
export class SignInPayload extends SessionPayload {}

@ObjectType({ description: 'The session with its new tokens, or why it has ended.' })
export class RefreshSessionPayload extends SessionPayload {}

@ObjectType({ description: 'The end of a session.' })
export class SignOutPayload extends Payload {}

@ObjectType()
export abstract class UserPayload extends Payload {
  @Field(() => User, { nullable: true, description: 'The account.' })
  user?: User | null;
}

@ObjectType({ description: 'The account after the change, or why nothing was changed.' })
export class UpdateViewerPayload extends UserPayload {}

@ObjectType({ description: 'The account with its new password, or why it has none.' })
export class ChangePasswordPayload extends UserPayload {}
