import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { UserError, toGraphQLError } from './errors.js';

/** The code of a masked error. */
export const INTERNAL = 'INTERNAL';

/**
 * What a caller may see of an error. Their own mistakes (of syntax, of types, of arguments, and every UserError) stay as
 * they are; of anything else they see a request's id, and the log has the rest.
 */
export function shownError(error: unknown, requestId: string, log: Logger): GraphQLFormattedError {
  const graphQLError = error instanceof GraphQLError ? error : undefined;
  const cause = causeOf(error);
  if (cause instanceof UserError) {
    const { message, extensions } = toGraphQLError(cause);
    return {
      message,
      ...(graphQLError?.locations ? { locations: graphQLError.locations } : {}),
      ...(graphQLError?.path ? { path: graphQLError.path } : {}),
      extensions: { ...extensions, ...(cause.argument.length > 0 ? { argument: cause.argument } : {}) },
    };
  }
  if (graphQLError && isOfTheRequest(graphQLError, cause)) {
    const shown = graphQLError.toJSON();
    // Apollo calls whatever a validation rule says a failed validation; the rule itself knows better.
    const own = cause instanceof GraphQLError ? cause.extensions['code'] : undefined;
    return {
      ...shown,
      extensions: { code: own ?? graphQLError.extensions['code'] ?? 'BAD_USER_INPUT' },
    };
  }
  log.error({ err: cause, requestId, path: graphQLError?.path }, 'a request failed inside');
  return {
    message: `Internal error (request ${requestId}).`,
    ...(graphQLError?.path ? { path: graphQLError.path } : {}),
    extensions: { code: INTERNAL, requestId },
  };
}

/** A masked error for what fails before there is an operation. */
export function internalError(cause: unknown, requestId: string, log: Logger): GraphQLError {
  const { message, extensions } = shownError(cause, requestId, log);
  return new GraphQLError(message, { extensions: { ...extensions, http: { status: 500 } } });
}

/** The error below all that graphql-js wrapped around it. */
function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/**
 * Whether graphql-js speaks of the request and not of our values: an error of syntax, validation or variables has no path
 * in the answer; one of an argument points at it. A value of ours that a scalar refuses does neither.
 */
function isOfTheRequest(error: GraphQLError, cause: unknown): boolean {
  if (!(cause instanceof GraphQLError)) return false;
  if (!error.path || cause.extensions['code'] !== undefined) return true;
  return (cause.nodes ?? []).some(({ kind }) => kind === Kind.ARGUMENT || kind === Kind.VARIABLE);
}
