import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { LIMITS, shapeRule } from './limits.js';

export type CheckedDocument =
  { document: DocumentNode; errors?: undefined } | { document?: undefined; errors: readonly GraphQLError[] };

const KEPT = 500;

/** Parses and validates documents that come over the WebSocket, by the rules that Apollo has for HTTP. Keeps the last 500. */
export class Documents {
  readonly #checked = new Map<string, CheckedDocument>();

  constructor(private readonly schema: GraphQLSchema) {}

  check(text: string): CheckedDocument {
    const known = this.#checked.get(text);
    if (known) {
      this.#checked.delete(text);
      this.#checked.set(text, known);
      return known;
    }
    const checked = this.#check(text);
    this.#checked.set(text, checked);
    if (this.#checked.size > KEPT) {
      for (const oldest of this.#checked.keys()) {
        this.#checked.delete(oldest);
        break;
      }
    }
    return checked;
  }

  #check(text: string): CheckedDocument {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: LIMITS.tokens });
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] };
      throw error;
    }
    const errors = validate(this.schema, document, [...specifiedRules, shapeRule]);
    return errors.length > 0
      ? { errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) }
      : { document };
  }
}

/** The codes that Apollo gives, unless the error has one of its own. */
function coded(error: GraphQLError, code: string): GraphQLError {
  return error.extensions['code'] === undefined
    ? new GraphQLError(error.message, { ...error, extensions: { ...error.extensions, code } })
    : error;
}
