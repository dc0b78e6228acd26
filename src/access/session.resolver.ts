import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { SessionService } from './session.service.js';
import {
  ChangePasswordInput,
  RefreshSessionInput,
  SignUpPayload,
  SignInPayload,
  RefreshSessionPayload,
  type SessionPayload,
  SignInInput,
  SignOutPayload,
  SignUpInput,
  UpdateViewerInput,
  UpdateViewerPayload,
  ChangePasswordPayload,
  type UserPayload,
} from './session.types.js';

@Resolver()
export class SessionResolver {
  constructor(private readonly sessions: SessionService) {}

  @Mutation(() => SignUpPayload, { description: 'Makes an account, and signs in to it.' })
  async signUp(
    @Arg('input', () => SignUpInput, { description: 'The account.' }) input: SignUpInput,
  ): Promise<Partial<SessionPayload>> {
    return this.sessions.signUp(input);
  }

  @Mutation(() => SignInPayload, { description: 'Opens a session.' })
  async signIn(
    @Arg('input', () => SignInInput, { description: 'Who, and the proof.' }) input: SignInInput,
    @Ctx() { clientAddress }: GraphQLContext,
  ): Promise<Partial<SessionPayload>> {
    return this.sessions.signIn(input, clientAddress);
  }

  @Mutation(() => RefreshSessionPayload, {
    description: 'Replaces both tokens of a session. Send it without the header `authorization`.',
  })
  async refreshSession(
    @Arg('input', () => RefreshSessionInput, { description: 'The session.' }) input: RefreshSessionInput,
  ): Promise<Partial<SessionPayload>> {
    return this.sessions.refresh(input);
  }

  @Mutation(() => SignOutPayload, { description: "Ends the caller's session." })
  async signOut(@Ctx() { request }: GraphQLContext): Promise<Partial<SignOutPayload>> {
    await this.sessions.signOut(request);
    return {};
  }

  @Mutation(() => UpdateViewerPayload, { description: "Changes the caller's own account." })
  async updateViewer(
    @Arg('input', () => UpdateViewerInput, { description: 'What to change.' }) input: UpdateViewerInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<UserPayload>> {
    return { user: await this.sessions.update(request, input) };
  }

  @Mutation(() => ChangePasswordPayload, {
    description: "Changes the caller's password, and ends their other sessions.",
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput, { description: 'The old one and the new one.' })
    input: ChangePasswordInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<UserPayload>> {
    return { user: await this.sessions.changePassword(request, input) };
  }
}
