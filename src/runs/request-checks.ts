import type { z } from 'zod';
import { UserError, UserErrorCode } from '../server/errors.js';
import type { EventColumnsInput } from './event-log.inputs.js';

export type Path = readonly string[];

/** The value in its form; throws INVALID_INPUT with the path of the field that is wrong, and what it must be. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, path: Path): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String) ?? [];
  const given = field.reduce<unknown>((part, name) => (part as Record<string, unknown>)?.[name], value);
  // A position says nothing without what it is a position in.
  const named = /^\d+$/.test(field.at(-1) ?? '') ? field.slice(-2) : field.slice(-1);
  const name = named.length > 0 ? `\`${named.join('.')}\`` : 'The value';
  throw invalid(`${name} must be ${issue ? wanted(issue) : 'another'}, not ${JSON.stringify(given)}.`, [
    ...path,
    ...field,
  ]);
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${shownNumber(issue.minimum)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${shownNumber(issue.maximum)}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `of the type ${issue.expected}`;
    case 'custom':
      return issue.message;
    case 'invalid_format':
      return issue.message;
    default:
      return `other (${issue.message})`;
  }
}

/** Small ones, such as 1e-6, as they are. */
const shownNumber = (value: number | bigint) => (value < 1 ? String(value) : value.toLocaleString('en'));

export function withoutNulls(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null && value !== undefined),
  );
}

export function invalid(message: string, path: Path): UserError {
  return new UserError(UserErrorCode.INVALID_INPUT, message, path);
}

/** The columns that are named; null is as good as left out. */
export function namedColumns({ user, time, item, type, session }: EventColumnsInput) {
  return {
    user: user ?? undefined,
    time: time ?? undefined,
    item: item ?? undefined,
    type: type ?? undefined,
    session: session ?? undefined,
  };
}

/** Synthetic behaviour is given when it is to be learnt from, and only then; throws INVALID_INPUT. `what`: a log, searches. */
export function requireSyntheticRight(
  trainOn: string | null | undefined,
  synthetic: object | null | undefined,
  what: 'log' | 'searches',
  path: Path,
): void {
  const learnsSynthetic = trainOn === 'SYNTHETIC' || trainOn === 'BOTH';
  const [missing, given, it] = {
    log: ['the log of synthetic users', 'A synthetic log is', 'the log'],
    searches: ['the synthetic searches', 'Synthetic searches are', 'them'],
  }[what] as [string, string, string];
  if (learnsSynthetic && !synthetic)
    throw invalid(`\`trainOn\` is ${trainOn}: give \`synthetic\`, ${missing}.`, [...path, 'synthetic']);
  if (synthetic && !learnsSynthetic) {
    throw invalid(`${given} given, but \`trainOn\` is REAL: choose SYNTHETIC or BOTH, or leave ${it} out.`, [
      ...path,
      'trainOn',
    ]);
  }
}
