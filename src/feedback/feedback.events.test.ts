import { recommendationId } from '../models/recommendation-id.js';
import { newId } from '../platform/ids.js';
import { checkedEvents } from './feedback.events.js';
import type { FeedbackEventInput } from './feedback.types.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const ADDED = new Date('2026-02-01T00:00:00Z');
const [first, second] = [newId('modelVersion'), newId('modelVersion')];
const model = {
  name: 'home-page',
  versions: new Map([
    [first, { id: first, number: 1, createdAt: ADDED }],
    [second, { id: second, number: 2, createdAt: ADDED }],
  ]),
};
const click = (more: Partial<FeedbackEventInput> = {}): FeedbackEventInput => ({
  eventId: 'e1',
  type: 'CLICK',
  item: 'p1',
  modelVersionId: first,
  ...more,
});
const check = (...events: FeedbackEventInput[]) => checkedEvents(events, model, NOW);

test('an event is stored with its version, its band of positions and its part of the users', () => {
  const answer = recommendationId(second);
  const checked = check(
    click({ modelVersionId: null, recommendationId: answer, position: 7, visitor: 'v' }),
    click({ eventId: 'e2', position: 21, visitor: 'v', user: 'u' }),
    click({ eventId: 'e3', at: ADDED }),
  );
  if ('mistakes' in checked) throw new Error(JSON.stringify(checked.mistakes));
  const [byAnswer, byVersion, bare] = checked.events;
  expect(byAnswer).toMatchObject({ modelVersionId: second, recommendationId: answer, band: 10, at: NOW });
  expect(byVersion).toMatchObject({ modelVersionId: first, band: 0 });
  // The same visitor, whatever else is known of them.
  expect(byVersion?.part).toBe(byAnswer?.part);
  expect(bare).toMatchObject({ band: 0, at: ADDED, user: null });
});

test.each<[string, Partial<FeedbackEventInput>, string, string]>([
  ['no id', { eventId: '' }, 'eventId', '1–255 characters, not 0'],
  ['an endless item', { item: 'x'.repeat(1_001) }, 'item', '1–1,000 characters, not 1001'],
  ['a position before the first', { position: 0 }, 'position', 'counted from 1'],
  ['a position behind the last', { position: 1_001 }, 'position', 'up to 1,000'],
  ['nothing that recommended it', { modelVersionId: null }, 'recommendationId', 'Say what recommended it'],
  ['an unknown version', { modelVersionId: newId('modelVersion') }, 'modelVersionId', 'has no version "mdv_'],
  ['a damaged answer', { recommendationId: 'x' }, 'recommendationId', 'No answer of the model "home-page"'],
  [
    "another model's answer",
    { recommendationId: recommendationId(newId('modelVersion')) },
    'recommendationId',
    'No answer of the model',
  ],
  [
    'an answer and another version',
    { recommendationId: recommendationId(second) },
    'modelVersionId',
    'of version 2, not of version 1',
  ],
  ['a time that has not come', { at: new Date('2026-03-01T12:06:00Z') }, 'at', 'lies in the future'],
  ['a time before the version', { at: new Date('2026-01-31T23:54:00Z') }, 'at', 'before version 1 was added'],
])('%s is refused, with the path', (_, wrong, field, message) => {
  expect(check(click({ eventId: 'fine' }), click(wrong))).toEqual({
    mistakes: [
      {
        code: 'INVALID_INPUT',
        path: ['input', 'events', '1', field],
        message: expect.stringContaining(message) as unknown,
      },
    ],
  });
});

test('a clock that is off by minutes is forgiven', () => {
  const times = ['2026-03-01T12:04:00Z', '2026-01-31T23:56:00Z'].map((time) => new Date(time));
  expect(check(...times.map((at, index) => click({ eventId: `e${index}`, at })))).toHaveProperty('events');
});

test('an id twice in a batch is one event when it is the same, and a mistake when it is not', () => {
  expect(check(click(), click())).toMatchObject({ events: [{ eventId: 'e1' }] });
  expect(check(click(), click({ item: 'p2' }))).toMatchObject({
    mistakes: [{ path: ['input', 'events', '1', 'eventId'] }],
  });
});

test('all mistakes are told, up to a hundred and how many more', () => {
  const wrong = Array.from({ length: 150 }, (_, index) => click({ eventId: `e${index}`, position: 0 }));
  const checked = check(...wrong);
  if (!('mistakes' in checked)) throw new Error('no mistake was found');
  expect(checked.mistakes).toHaveLength(101);
  expect(checked.mistakes.at(-1)).toMatchObject({
    message: '50 more mistakes are in the batch.',
    path: ['input', 'events'],
  });
});
