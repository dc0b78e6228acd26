import {
  GraphQLError,
  Kind,
  createSourceEventStream,
  execute,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { actorId, type RequestContext } from '../access/context.js';
import { graphqlContext } from './graphql-context.js';

/** A stream of answers, each the JSON text of a GraphQL response. `return` ends it, also while `next` waits. */
export interface PayloadStream {
  next(): Promise<string | undefined>;
  return(): void;
}

export interface SubscriptionArgs extends ExecutionArgs {
  document: DocumentNode;
  request: RequestContext;
  format: (error: GraphQLError) => GraphQLFormattedError;
}

/** Answers by event, then by selection and rights. An event that nobody holds any more takes its answers with it. */
const shared = new WeakMap<object, Map<string, Promise<string>>>();

/**
 * Opens the source of a subscription, and executes its selection for each event.
 *
 * Fan-out: when a source gives the same event object to several subscribers (as the live tail of a run does), those with
 * the same selection, variables and rights share one execution and one JSON text. The variable that only says where to
 * resume (`after` of the root field) doesn't count, since it has done its work when an event is there. Events that a
 * source makes for one subscriber (a replay, a slow reader's larger batch) are objects of their own, hence never shared.
 *
 * Each execution has a context of its own, so that no loader outlives its event.
 */
export async function openSubscription(
  args: SubscriptionArgs,
): Promise<PayloadStream | { errors: readonly GraphQLError[] }> {
  const { request, format, ...execution } = args;
  const gone = new AbortController();
  const source = await createSourceEventStream({
    ...execution,
    contextValue: graphqlContext(request, '', gone.signal),
  });
  if (!(Symbol.asyncIterator in source)) return { errors: source.errors ?? [] };
  const events = source[Symbol.asyncIterator]();
  const selection = selectionKey(args);

  const answer = async (event: unknown): Promise<string> => {
    const result: ExecutionResult = await execute({
      ...execution,
      rootValue: event,
      contextValue: graphqlContext(request),
    });
    return JSON.stringify(
      result.errors ? { errors: result.errors.map(format), data: result.data } : { data: result.data },
    );
  };

  const sharedAnswer = (event: unknown): Promise<string> => {
    if (typeof event !== 'object' || event === null) return answer(event);
    let answers = shared.get(event);
    if (!answers) {
      answers = new Map();
      shared.set(event, answers);
    }
    let text = answers.get(selection);
    if (!text) {
      text = answer(event);
      answers.set(selection, text);
    }
    return text;
  };

  /** Ends a `next` that waits: the source may take its time to hear of `return`, and whoever unsubscribed has gone already. */
  let leave: (() => void) | undefined;
  let ended = false;
  return {
    async next() {
      if (ended) return undefined;
      // Not `Promise.race` with one promise of the end: it would keep every event for as long as the subscription lives.
      const step = await new Promise<IteratorResult<unknown> | undefined>((resolve, reject) => {
        leave = () => resolve(undefined);
        events.next().then(resolve, reject);
      });
      leave = undefined;
      if (ended || !step || step.done) return undefined;
      return sharedAnswer(step.value);
    },
    return() {
      if (ended) return;
      ended = true;
      leave?.();
      gone.abort();
      // A source that fails while it is closed has nobody left to tell.
      void Promise.resolve(events.return?.()).catch(() => undefined);
    },
  };
}

/** What two subscribers must have in common to be given the same text. */
function selectionKey({ document, operationName, variableValues, request }: SubscriptionArgs): string {
  const resuming = resumeVariables(document, operationName ?? undefined);
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => !resuming.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    request.tenantId,
    rightsOf(request),
    documentKey(document),
    operationName,
    variables,
  ]);
}

/** Keys with the same scopes see the same; of users, only the same one surely does. */
function rightsOf({ actor, role }: RequestContext): unknown {
  return actor.kind === 'API_KEY'
    ? [actor.kind, actor.projectId, [...actor.scopes].sort()]
    : [actor.kind, actorId(actor), role];
}

const documentKeys = new WeakMap<DocumentNode, string>();

/** The text is the key: documents are parsed anew once they have left the cache. */
function documentKey(document: DocumentNode): string {
  let key = documentKeys.get(document);
  if (key === undefined) {
    key = document.loc?.source.body ?? JSON.stringify(document);
    documentKeys.set(document, key);
  }
  return key;
}

/** Variables whose one use is the argument `after` of the root field. */
function resumeVariables(document: DocumentNode, operationName: string | undefined): ReadonlySet<string> {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      (operationName === undefined || definition.name?.value === operationName),
  );
  const [root] = operation?.selectionSet.selections ?? [];
  if (root?.kind !== Kind.FIELD) return new Set();
  const uses = new Map<string, number>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.set(name.value, (uses.get(name.value) ?? 0) + 1),
  });
  const after = root.arguments?.find(({ name }) => name.value === 'after')?.value;
  return after?.kind === Kind.VARIABLE && uses.get(after.name.value) === 1
    ? new Set([after.name.value])
    : new Set();
}
