import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, OperationTypeNode, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { GraphQLContext } from './graphql-context.js';
import { LIMITS, overCost, overVariables, shapeRule } from './limits.js';
import { shownError } from './masking.js';
import { newRequestId } from './request-id.js';

/** Apollo with this API's limits and masking. Queries and mutations come here, over HTTP. */
export function createApollo(schema: GraphQLSchema, log: Logger): ApolloServer<GraphQLContext> {
  /** Which request an error belongs to: `formatError` isn't told. */
  const requestIds = new WeakMap<object, string>();

  const limits: ApolloServerPlugin<GraphQLContext> = {
    requestDidStart: async ({ request, contextValue }) => ({
      didResolveOperation: async ({ document, operation }) => {
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionByHttp();
        const variables = request.variables ?? {};
        const excess =
          overVariables(variables) ?? (operation && overCost(schema, document, operation, variables));
        if (excess) throw excess;
      },
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors) requestIds.set(error, contextValue.request.requestId);
      },
    }),
  };

  return new ApolloServer<GraphQLContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    parseOptions: { maxTokens: LIMITS.tokens },
    validationRules: [shapeRule],
    plugins: [limits, ApolloServerPluginLandingPageDisabled()],
    logger: log,
    formatError: (_formatted, error) =>
      shownError(error, requestIds.get(error as object) ?? newRequestId(), log),
  });
}

const subscriptionByHttp = (): GraphQLError =>
  new GraphQLError(
    'Subscriptions need a WebSocket: connect to this URL with ws:// or wss:// and the protocol graphql-transport-ws.',
    { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } },
  );
