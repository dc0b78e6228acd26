import { createHash } from 'node:crypto';
import { MOST_RANKED } from '../../schema/messages/ranking-request.js';
import { answeringVersion } from '../models/recommendation-id.js';
import type { FeedbackType, ModelVersion } from '../platform/prisma-client/client.js';
import { UserErrorCode } from '../server/errors.js';
import type { UserErrorEntry } from '../server/payload.js';
import type { FeedbackEventInput } from './feedback.types.js';

/** An event that can be stored. */
export interface CheckedEvent {
  eventId: string;
  modelVersionId: string;
  type: FeedbackType;
  user: string | null;
  visitor: string | null;
  item: string;
  position: number | null;
  recommendationId: string | null;
  at: Date;
  /** Which figures it counts in: `bandOf` its position. */
  band: number;
  /** Which sixteenth of the users it is of: 0–15. */
  part: number;
}

/** Upper ends of the bands of positions that events are counted by; figures are of one or more of the first bands. */
export const CUTOFFS = [1, 5, 10, 20] as const;
/** The band of positions further down, and of events without one. */
const NO_BAND = 0;
/** Sixteen parts are enough for the spread between users, and few enough to add up at each look. */
export const PARTS = 16;

/** How far a caller's clock may be off. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** Most mistakes that are told one by one. */
const MOST_MISTAKES = 100;
const LONGEST = { eventId: 255, item: 1_000, user: 1_000, visitor: 1_000 } as const;

type Versions = ReadonlyMap<string, Pick<ModelVersion, 'id' | 'number' | 'createdAt'>>;
type Mistake = readonly [field: keyof FeedbackEventInput, message: string];

/**
 * The events in a form that can be stored, each id once, or all that is wrong with them, with the path of each field.
 * `versions` are those of the model, by id.
 */
export function checkedEvents(
  given: readonly FeedbackEventInput[],
  model: { name: string; versions: Versions },
  now = new Date(),
): { events: CheckedEvent[] } | { mistakes: UserErrorEntry[] } {
  const events = new Map<string, CheckedEvent>();
  const texts = new Map<string, string>();
  const mistakes: UserErrorEntry[] = [];
  for (const [index, event] of given.entries()) {
    const found = mistakesOf(event, model, now);
    const text = JSON.stringify(event, Object.keys(event).sort());
    const same = texts.get(event.eventId);
    if (same !== undefined && same !== text)
      found.push([
        'eventId',
        `The batch has another event with the id "${event.eventId}". Give each its own.`,
      ]);
    texts.set(event.eventId, text);
    for (const [field, message] of found) {
      const path = ['input', 'events', String(index), field];
      mistakes.push({ message, code: UserErrorCode.INVALID_INPUT, path });
    }
    if (found.length === 0) events.set(event.eventId, storable(event, now));
  }
  if (mistakes.length === 0) return { events: [...events.values()] };
  if (mistakes.length <= MOST_MISTAKES) return { mistakes };
  const more = {
    message: `${(mistakes.length - MOST_MISTAKES).toLocaleString('en')} more mistakes are in the batch.`,
    code: UserErrorCode.INVALID_INPUT,
    path: ['input', 'events'],
  };
  return { mistakes: [...mistakes.slice(0, MOST_MISTAKES), more] };
}

function mistakesOf(
  event: FeedbackEventInput,
  { name, versions }: { name: string; versions: Versions },
  now: Date,
): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const field of ['eventId', 'item', 'user', 'visitor'] as const) {
    const text = event[field];
    const most = LONGEST[field];
    if (text != null && (text.length < 1 || text.length > most))
      mistakes.push([
        field,
        `\`${field}\` has 1–${most.toLocaleString('en')} characters, not ${text.length}.`,
      ]);
  }
  const { position, recommendationId, modelVersionId, at } = event;
  if (position != null && (position < 1 || position > MOST_RANKED))
    mistakes.push([
      'position',
      `Positions are counted from 1, up to ${MOST_RANKED.toLocaleString('en')}; this one is ${position}.`,
    ]);
  const answering = recommendationId == null ? undefined : answeringVersion(recommendationId);
  if (recommendationId != null && (answering === undefined || !versions.has(answering)))
    return [
      ...mistakes,
      [
        'recommendationId',
        `No answer of the model "${name}" has that id. Give the one that \`recommend\` told.`,
      ],
    ];
  if (modelVersionId != null && !versions.has(modelVersionId))
    return [...mistakes, ['modelVersionId', `The model "${name}" has no version "${modelVersionId}".`]];
  if (answering !== undefined && modelVersionId != null && answering !== modelVersionId)
    mistakes.push([
      'modelVersionId',
      `The answer is of version ${versions.get(answering)?.number}, not of version ${versions.get(modelVersionId)?.number}. Leave one of the two out.`,
    ]);
  const version = versions.get(answering ?? modelVersionId ?? '');
  if (!version)
    return [
      ...mistakes,
      ['recommendationId', 'Say what recommended it: `recommendationId` or `modelVersionId`.'],
    ];
  if (at && at.getTime() > now.getTime() + CLOCK_SKEW_MS)
    mistakes.push(['at', `${at.toISOString()} lies in the future. Times are in UTC, or have an offset.`]);
  if (at && at.getTime() < version.createdAt.getTime() - CLOCK_SKEW_MS)
    mistakes.push([
      'at',
      `${at.toISOString()} lies before version ${version.number} was added, at ${version.createdAt.toISOString()}.`,
    ]);
  return mistakes;
}

/** `event` has no mistakes. */
function storable(event: FeedbackEventInput, now: Date): CheckedEvent {
  const { eventId, type, item } = event;
  const [user, visitor] = [event.user ?? null, event.visitor ?? null];
  const [position, recommendationId] = [event.position ?? null, event.recommendationId ?? null];
  const answering = recommendationId === null ? undefined : answeringVersion(recommendationId);
  return {
    ...{ eventId, type, item, user, visitor, position, recommendationId },
    modelVersionId: answering ?? event.modelVersionId ?? '',
    at: event.at ?? now,
    band: bandOf(position),
    part: partOf(visitor ?? user ?? recommendationId ?? eventId),
  };
}

const bandOf = (position: number | null): number =>
  CUTOFFS.find((cutoff) => position !== null && position <= cutoff) ?? NO_BAND;

/** Everything that one person does is in the same part. */
const partOf = (person: string): number => (createHash('sha256').update(person).digest()[0] ?? 0) % PARTS;
