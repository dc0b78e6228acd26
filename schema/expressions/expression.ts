/**
 * The language of formulas: column names (in backticks when they aren't plain words), numbers, "text", true and false,
 * + − * / %, comparisons, and, or, not, and the functions below. It is parsed by jsep into a tree, checked against this
 * list and interpreted; nothing of it is ever run as code. README.md beside this file has it for users.
 */
import jsep from 'jsep';

/** Each function with the fewest and the most arguments that it takes. */
export const FUNCTIONS = {
  round: [1, 2],
  floor: [1, 1],
  ceil: [1, 1],
  abs: [1, 1],
  sqrt: [1, 1],
  log: [1, 1],
  exp: [1, 1],
  min: [1, 20],
  max: [1, 20],
  if: [3, 3],
  missing: [1, 1],
  date: [1, 1],
  year: [1, 1],
  month: [1, 1],
  day: [1, 1],
  weekday: [1, 1],
  hour: [1, 1],
  days: [1, 1],
} as const satisfies Record<string, readonly [fewest: number, most: number]>;
export type FunctionName = keyof typeof FUNCTIONS;

/** Binary operators by how strongly they bind; `==`, `&&` and `||` are other spellings of three of them. */
const PRECEDENCE = {
  or: 1,
  and: 2,
  '=': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
} as const;
export type Operator = keyof typeof PRECEDENCE;
const SPELLINGS: Readonly<Record<string, Operator>> = { '==': '=', '&&': 'and', '||': 'or' };

export type Expression =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'column'; readonly name: string }
  | { readonly type: 'negative'; readonly of: Expression }
  | { readonly type: 'not'; readonly of: Expression }
  | {
      readonly type: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'call'; readonly name: FunctionName; readonly arguments: readonly Expression[] };

/** Longest text of an expression, and how deep its tree may be. */
export const MOST_CHARACTERS = 1000;
const DEEPEST = 50;

/** What is wrong with an expression, in words that follow "isn't an expression: ". */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Throws ExpressionError for anything that the language doesn't have. */
export function parseExpression(text: string): Expression {
  if (text.length > MOST_CHARACTERS) {
    throw new ExpressionError(`it has ${text.length} characters; at most ${MOST_CHARACTERS} are allowed`);
  }
  return expressionOf(parsed(text), 0);
}

/** The columns that an expression reads, each once. */
export function columnsRead(expression: Expression): string[] {
  const names = new Set<string>();
  const visit = (part: Expression): void => {
    switch (part.type) {
      case 'number':
      case 'text':
      case 'boolean':
        return;
      case 'column':
        return void names.add(part.name);
      case 'negative':
      case 'not':
        return visit(part.of);
      case 'binary':
        visit(part.left);
        return visit(part.right);
      case 'call':
        return part.arguments.forEach(visit);
    }
  };
  visit(expression);
  return [...names];
}

const BACKTICK = 96;

configure();

/** jsep keeps its grammar on the class; it starts with JavaScript's, of which we want little. */
function configure(): void {
  jsep.removeAllBinaryOps();
  jsep.removeAllUnaryOps();
  jsep.removeAllLiterals();
  for (const [operator, precedence] of Object.entries(PRECEDENCE)) jsep.addBinaryOp(operator, precedence);
  for (const [spelling, operator] of Object.entries(SPELLINGS))
    jsep.addBinaryOp(spelling, PRECEDENCE[operator]);
  for (const operator of ['-', 'not', '!']) jsep.addUnaryOp(operator);
  jsep.addLiteral('true', true);
  jsep.addLiteral('false', false);
  jsep.hooks.add('gobble-token', function (env) {
    if (this.code !== BACKTICK) return;
    const end = this.expr.indexOf('`', this.index + 1);
    if (end < 0) this.throwError('unclosed `');
    env.node = { type: 'Identifier', name: this.expr.slice(this.index + 1, end), quoted: true };
    this.index = end + 1;
  });
}

function parsed(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    const { description, index } = error as { description?: string; index?: number };
    if (description === undefined || index === undefined) throw error;
    throw new ExpressionError(
      `${description.charAt(0).toLowerCase()}${description.slice(1)} at character ${index + 1}`,
    );
  }
}

function expressionOf(node: jsep.Expression, depth: number): Expression {
  if (depth > DEEPEST)
    throw new ExpressionError(`it is nested more than ${DEEPEST} deep; cut it into several columns`);
  const part = (child: jsep.Expression): Expression => expressionOf(child, depth + 1);
  const tree = node as jsep.CoreExpression;
  switch (tree.type) {
    case 'Literal':
      return literalOf(tree.value, tree.raw);
    case 'Identifier':
      if (tree.name === '') throw new ExpressionError('there is no name between the backticks');
      return { type: 'column', name: tree.name };
    case 'UnaryExpression':
      return { type: tree.operator === '-' ? 'negative' : 'not', of: part(tree.argument) };
    case 'BinaryExpression': {
      const operator = SPELLINGS[tree.operator] ?? (tree.operator as Operator);
      return { type: 'binary', operator, left: part(tree.left), right: part(tree.right) };
    }
    case 'CallExpression':
      return callOf(tree, part);
    case 'Compound':
      throw new ExpressionError(
        tree.body.length === 0
          ? 'it is empty'
          : 'something is missing between two of its parts, such as an operator; names with spaces go in `backticks`',
      );
    case 'MemberExpression':
      throw new ExpressionError('a name with dots or brackets goes in `backticks`');
    default:
      throw new ExpressionError('it has a part that formulas do not know, such as a list');
  }
}

function literalOf(value: unknown, raw: string): Expression {
  switch (typeof value) {
    case 'number':
      return { type: 'number', value };
    case 'string':
      return { type: 'text', value };
    case 'boolean':
      return { type: 'boolean', value };
    default:
      throw new ExpressionError(`${raw} is no number, text, true or false`);
  }
}

function callOf(
  { callee, arguments: given }: jsep.CallExpression,
  part: (child: jsep.Expression) => Expression,
): Expression {
  const { name: called, quoted } = callee as Partial<jsep.Identifier> & { quoted?: true };
  const name = called === undefined || quoted ? '' : called;
  if (!Object.hasOwn(FUNCTIONS, name)) {
    throw new ExpressionError(
      `there is no function "${name}"; there are ${Object.keys(FUNCTIONS).join(', ')}`,
    );
  }
  const [fewest, most] = FUNCTIONS[name as FunctionName];
  if (given.length < fewest || given.length > most) {
    const wanted = fewest === most ? String(fewest) : `${fewest} to ${most}`;
    throw new ExpressionError(
      `${name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${given.length}`,
    );
  }
  return { type: 'call', name: name as FunctionName, arguments: given.map(part) };
}
