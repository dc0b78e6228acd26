import { buildSchema, getOperationAST, parse, specifiedRules, validate } from 'graphql';
import { LIMITS, overCost, overVariables, shapeRule } from './limits.js';

const schema = buildSchema(`
  type Query { project(id: ID): Project projects(first: Int, last: Int): ProjectConnection }
  type Project { id: ID name: String parent: Project runs(first: Int): RunConnection metrics(maxPoints: Int): [Bucket] }
  type ProjectConnection { nodes: [Project] totalCount: Int }
  type RunConnection { nodes: [Run] }
  type Run { id: ID name: String }
  type Bucket { min: Float max: Float }
`);

const complaints = (text: string) =>
  validate(schema, parse(text), [...specifiedRules, shapeRule]).map(({ message }) => message);

function costError(text: string, variables: Record<string, unknown> = {}): string | undefined {
  const document = parse(text);
  return overCost(schema, document, getOperationAST(document)!, variables)?.message;
}

const nested = (depth: number) =>
  `{ project ${'{ parent '.repeat(depth - 2)}{ id }${'}'.repeat(depth - 2)} }`;

describe('shape', () => {
  test('an operation may be as deep as the limit and no deeper', () => {
    expect(complaints(nested(LIMITS.depth))).toEqual([]);
    expect(complaints(nested(LIMITS.depth + 1))).toEqual([
      `The operation is ${LIMITS.depth + 1} selections deep; the limit is ${LIMITS.depth}.`,
    ]);
  });

  test('fragments count where they are spread', () => {
    const fragments = Array.from(
      { length: LIMITS.depth },
      (_, i) => `fragment F${i} on Project { parent { ${i === 0 ? 'id' : `...F${i - 1}`} } }`,
    );
    const text = `{ project { ...F${LIMITS.depth - 1} } } ${fragments.join(' ')}`;
    expect(complaints(text)).toEqual([expect.stringContaining('selections deep')]);
  });

  test('aliases are counted through fragments that double each other, in the time of the text alone', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) =>
        `fragment F${i} on Query { ${i === 0 ? 'a: projects { totalCount }' : `...F${i - 1} ...F${i - 1}`} }`,
    );
    const text = `{ ...F39 } ${doubling.join(' ')}`;
    expect(validate(schema, parse(text), [shapeRule]).map(({ message }) => message)).toEqual([
      expect.stringContaining('aliases'),
    ]);
  });

  test('a fragment that spreads itself is left to the rule against it', () => {
    const text = '{ project { ...F } } fragment F on Project { id ...F }';
    expect(validate(schema, parse(text), [shapeRule])).toEqual([]);
    expect(complaints(text)).toEqual([expect.stringContaining('Cannot spread fragment "F" within itself')]);
  });

  test('fields at the root are limited whether or not they have aliases', () => {
    const root = Array.from({ length: LIMITS.rootFields + 1 }, () => 'project { id }').join(' ');
    expect(complaints(`{ ${root} }`)).toEqual([expect.stringContaining('fields at its root')]);
  });
});

describe('cost', () => {
  test('a page costs its size, and pages in pages multiply', () => {
    const text =
      'query Q($n: Int!) { projects(first: $n) { nodes { runs(first: $n) { nodes { id name } } } } }';
    expect(costError(text, { n: 10 })).toBeUndefined();
    expect(costError(text, { n: 100 })).toContain('could cost');
  });

  test('the same document is judged anew when its variables change what it costs', () => {
    const document = parse('query Q($n: Int) { projects(first: $n) { nodes { id name } } }');
    const operation = getOperationAST(document)!;
    expect(overCost(schema, document, operation, { n: 1 })).toBeUndefined();
    expect(overCost(schema, document, operation, { n: 1_000_000 })).toBeDefined();
    expect(overCost(schema, document, operation, { n: 1 })).toBeUndefined();
  });

  test('without a size a page counts as the default page', () => {
    const pages = Array.from(
      { length: 20 },
      (_, i) => `p${i}: projects { nodes { runs { nodes { id name } } } }`,
    );
    expect(costError(`{ ${pages[0]} }`)).toBeUndefined();
    expect(costError(`{ ${pages.join(' ')} }`)).toContain('could cost');
  });

  test('a thousand buckets of a metric are affordable', () => {
    expect(costError('{ project { metrics(maxPoints: 1000) { min max } } }')).toBeUndefined();
  });
});

test('variables are counted however deep they lie', () => {
  expect(overVariables({ input: { ids: Array.from({ length: 1_000 }, String) } })).toBeUndefined();
  expect(overVariables({ a: [Array.from({ length: LIMITS.variableValues }, Number)] })).toBeDefined();
});
