import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';

/** Sizes of files: 32 bits are too few for them, and JSON numbers hold 53. Resolvers give numbers or bigints. */
export const ByteCount = new GraphQLScalarType<number, number>({
  name: 'ByteCount',
  description: 'A number of bytes: a whole number from 0 to 2^53 − 1.',
  serialize: (value) => byteCount(typeof value === 'bigint' ? Number(value) : value),
  parseValue: byteCount,
  parseLiteral: (node) => byteCount(node.kind === Kind.INT ? Number(node.value) : undefined),
});

function byteCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new GraphQLError('A number of bytes is a whole number from 0 to 2^53 − 1.');
}

/** What type-graphql emits for a class: `@Field(() => Date)` becomes `DateTime` (RFC 3339). */
export const SCALARS = [{ type: Date, scalar: GraphQLDateTime }];
