import { createRequire } from 'node:module';
import {
  GraphQLError,
  Kind,
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  getNamedType,
  isListType,
  isNonNullType,
  visit,
  type GraphQLOutputType,
} from 'graphql';
import type { ComplexityEstimator } from 'graphql-query-complexity';
import { DEFAULT_PAGE } from './pagination.js';

// Its ESM build names graphql's .mjs files, which are another copy of graphql than everybody else's; its CommonJS build
// shares ours.
const { getComplexity, simpleEstimator } = createRequire(import.meta.url)(
  'graphql-query-complexity',
) as typeof import('graphql-query-complexity');

/** What one operation may ask, over HTTP and over the WebSocket alike. */
export const LIMITS = {
  /** Of an HTTP body, and of a WebSocket message. */
  bytes: 256 * 1024,
  /** Lexical tokens of a document: bounds what parsing and validating cost. */
  tokens: 2_000,
  /** Nested selections. Introspection, which asks for types of types, has a few more. */
  depth: 12,
  introspectionDepth: 16,
  /** Aliased fields, fragments spread out. */
  aliases: 50,
  /** Fields at the root, fragments spread out. */
  rootFields: 20,
  /** Values in the variables, whatever their nesting. */
  variableValues: 20_000,
  /** Fields that the answer could have, each item of a page counted. */
  cost: 10_000,
} as const;

export const limitError = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });

/** No database text can have it, so whoever sends it can't mean anything that is there. */
const nulError = (): GraphQLError =>
  new GraphQLError('A text has the character U+0000 in it, which nothing here can have. Take it out.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });

interface Shape {
  depth: number;
  aliases: number;
}

/**
 * Validation rule: depth, aliases, root fields, and texts that can't be. Each fragment is measured once, however often it is spread, so that a
 * document which doubles itself with every fragment costs no more than its text.
 */
export function shapeRule(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const fragments = new Map(
        document.definitions
          .filter(
            (definition): definition is FragmentDefinitionNode =>
              definition.kind === Kind.FRAGMENT_DEFINITION,
          )
          .map((fragment) => [fragment.name.value, fragment]),
      );
      for (const definition of document.definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
        const problem = problemOf(definition, fragments);
        if (problem) context.reportError(limitError(problem));
      }
      visit(document, {
        StringValue({ value }) {
          if (value.includes('\0')) context.reportError(nulError());
        },
      });
      return false;
    },
  };
}

function problemOf(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): string | undefined {
  const measured = new Map<string, Shape>();
  const plain = measure(operation.selectionSet, fragments, measured, false);
  const { depth } = measure(operation.selectionSet, fragments, new Map(), true);
  const rootFields = countFields(operation.selectionSet, fragments, new Map());
  if (plain.depth > LIMITS.depth) {
    return `The operation is ${plain.depth} selections deep; the limit is ${LIMITS.depth}.`;
  }
  if (depth > LIMITS.introspectionDepth) {
    return `The introspection is ${depth} selections deep; the limit is ${LIMITS.introspectionDepth}.`;
  }
  if (plain.aliases > LIMITS.aliases) {
    return `The operation has ${plain.aliases} aliases; the limit is ${LIMITS.aliases}.`;
  }
  if (rootFields > LIMITS.rootFields) {
    return `The operation has ${rootFields} fields at its root; the limit is ${LIMITS.rootFields}.`;
  }
  return undefined;
}

/** `introspection`: whether to look into `__schema` and `__type`. */
function measure(
  selections: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  measured: Map<string, Shape>,
  introspection: boolean,
): Shape {
  const shape: Shape = { depth: 0, aliases: 0 };
  for (const selection of selections.selections) {
    switch (selection.kind) {
      case Kind.FIELD: {
        if (selection.alias) shape.aliases += 1;
        const opened = introspection || !selection.name.value.startsWith('__');
        const below =
          selection.selectionSet && opened
            ? measure(selection.selectionSet, fragments, measured, introspection)
            : { depth: 0, aliases: 0 };
        shape.depth = Math.max(shape.depth, below.depth + 1);
        shape.aliases += below.aliases;
        break;
      }
      case Kind.INLINE_FRAGMENT: {
        const inside = measure(selection.selectionSet, fragments, measured, introspection);
        shape.depth = Math.max(shape.depth, inside.depth);
        shape.aliases += inside.aliases;
        break;
      }
      case Kind.FRAGMENT_SPREAD: {
        const name = selection.name.value;
        let inside = measured.get(name);
        if (!inside) {
          // In place before it is measured: a fragment that spreads itself (which another rule reports) ends here.
          measured.set(name, { depth: 0, aliases: 0 });
          const fragment = fragments.get(name);
          inside = fragment
            ? measure(fragment.selectionSet, fragments, measured, introspection)
            : { depth: 0, aliases: 0 };
          measured.set(name, inside);
        }
        shape.depth = Math.max(shape.depth, inside.depth);
        shape.aliases += inside.aliases;
        break;
      }
    }
  }
  return shape;
}

function countFields(
  selections: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  counted: Map<string, number>,
): number {
  let fields = 0;
  for (const selection of selections.selections) {
    switch (selection.kind) {
      case Kind.FIELD:
        fields += 1;
        break;
      case Kind.INLINE_FRAGMENT:
        fields += countFields(selection.selectionSet, fragments, counted);
        break;
      case Kind.FRAGMENT_SPREAD: {
        const name = selection.name.value;
        if (!counted.has(name)) {
          counted.set(name, 0);
          const fragment = fragments.get(name);
          counted.set(name, fragment ? countFields(fragment.selectionSet, fragments, counted) : 0);
        }
        fields += counted.get(name) ?? 0;
        break;
      }
    }
  }
  return fields;
}

/** A page costs as many times what an item costs as it may have items; other fields say so themselves, or cost one. */
const connectionEstimator: ComplexityEstimator = ({ field, args, childComplexity }) => {
  if (!getNamedType(field.type).name.endsWith('Connection')) return undefined;
  const asked: unknown = args['first'] ?? args['last'] ?? DEFAULT_PAGE;
  const items = typeof asked === 'number' && asked >= 0 ? asked : DEFAULT_PAGE;
  return 1 + items * childComplexity;
};

/** Fields of a size that the asker chooses by an argument. */
const sizedListEstimator: ComplexityEstimator = ({ field, args, childComplexity }) => {
  const size: unknown = args['maxPoints'];
  if (!isList(field.type) || typeof size !== 'number' || childComplexity === 0) return undefined;
  // A bucket is a few numbers out of one array, cheaper by far than a row with resolvers of its own.
  return 1 + Math.ceil(Math.max(0, size) / 100) * childComplexity;
};

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

const ESTIMATORS = [connectionEstimator, sizedListEstimator, simpleEstimator({ defaultComplexity: 1 })];

const knownCosts = new WeakMap<DocumentNode, Map<string, number>>();

/**
 * What the operation costs, or a limit's error. The document must be valid. The cost of a document whose variables can't
 * change it is computed once, since clients send the same few documents over and over.
 */
export function overCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | undefined {
  const name = operation.name?.value ?? '';
  const fixed = hasFixedCost(operation);
  let cost = fixed ? knownCosts.get(document)?.get(name) : undefined;
  if (cost === undefined) {
    try {
      cost = getComplexity({
        estimators: ESTIMATORS,
        schema,
        query: document,
        operationName: operation.name?.value,
        variables,
      });
    } catch (error) {
      // It coerces arguments, which fails for variables that execution will refuse with a better message.
      if (error instanceof GraphQLError) return undefined;
      throw error;
    }
    if (fixed) {
      const costs = knownCosts.get(document) ?? new Map<string, number>();
      costs.set(name, cost);
      knownCosts.set(document, costs);
    }
  }
  return cost > LIMITS.cost
    ? limitError(
        `The operation could cost ${cost}; the limit is ${LIMITS.cost}. Ask for fewer fields, or for smaller pages (\`first\`).`,
      )
    : undefined;
}

const FIXED_COST_TYPES: ReadonlySet<string> = new Set(['ID', 'String', 'Float']);

function hasFixedCost(operation: OperationDefinitionNode): boolean {
  return (operation.variableDefinitions ?? []).every(({ type }) => {
    const inner = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
    return inner.kind === Kind.NAMED_TYPE && FIXED_COST_TYPES.has(inner.name.value);
  });
}

/** An error when the variables hold more values than any honest request, or a text that can't be. */
export function overVariables(variables: unknown): GraphQLError | undefined {
  let left: number = LIMITS.variableValues;
  const open: unknown[] = [variables];
  while (open.length > 0) {
    const value = open.pop();
    if (--left < 0) {
      return limitError(`The variables hold more than ${LIMITS.variableValues} values.`);
    }
    if (typeof value === 'string' && value.includes('\0')) return nulError();
    if (typeof value === 'object' && value !== null) open.push(...(Object.values(value) as unknown[]));
  }
  return undefined;
}
