import { GraphQLError } from 'graphql';

/**
 * What a caller can do wrong. In mutations these are data (`userErrors`); in queries and subscriptions they are GraphQL
 * errors whose `extensions.code` is this code. Everything else is masked.
 */
export enum UserErrorCode {
  UNAUTHENTICATED = 'UNAUTHENTICATED',
  FORBIDDEN = 'FORBIDDEN',
  NOT_FOUND = 'NOT_FOUND',
  INVALID_INPUT = 'INVALID_INPUT',
  ALREADY_EXISTS = 'ALREADY_EXISTS',
  INVALID_STATE = 'INVALID_STATE',
  IDEMPOTENCY_CONFLICT = 'IDEMPOTENCY_CONFLICT',
  LIMIT_EXCEEDED = 'LIMIT_EXCEEDED',
  UPLOAD_MISMATCH = 'UPLOAD_MISMATCH',
  EXPIRED = 'EXPIRED',
  IN_USE = 'IN_USE',
  UNAVAILABLE = 'UNAVAILABLE',
}

/** A caller's mistake. Thrown inside a use case, so that its transaction rolls back and leaves nothing half-made. */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    readonly code: UserErrorCode,
    /** Says what is wrong, where, and how to mend it. Shown to the caller as it is. */
    message: string,
    /**
     * Path of the field in the mutation's arguments, such as `['input', 'name']`. Not called `path`, by which graphql-js
     * knows the errors that it has located already.
     */
    readonly argument: readonly string[] = [],
  ) {
    super(message);
  }
}

/** The same words for an id that doesn't exist and for one that belongs to somebody else. */
export function notFound(noun: string, id: string, path: readonly string[] = []): UserError {
  return new UserError(UserErrorCode.NOT_FOUND, `There is no ${noun} "${id}".`, path);
}

export function toGraphQLError(error: UserError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { code: error.code } });
}
