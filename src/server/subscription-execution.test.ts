import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSchema, parse } from 'graphql';
import { newId } from '../platform/ids.js';
import type { RequestContext } from '../access/context.js';
import { openSubscription, type PayloadStream } from './subscription-execution.js';

type Event = { tick: { n: () => number } };

/** A source that gives the same events to all, once they are told. */
function sharedSource() {
  const events: Event[] = [];
  let resolved = 0;
  let wake = () => {};
  let changed = new Promise<void>((done) => (wake = done));
  const schema = buildSchema(
    'type Query { a: Int } type Subscription { tick(after: Int, of: Int): Tick } type Tick { n: Int }',
  );
  schema.getSubscriptionType()!.getFields()['tick']!.subscribe = async function* (
    _r,
    _a,
    { signal }: { signal: AbortSignal },
  ) {
    const aborted = new Promise<void>((done) => signal.addEventListener('abort', () => done()));
    for (let i = 0; !signal.aborted;) {
      if (i < events.length) yield events[i++];
      else await Promise.race([changed, aborted]);
    }
    ends++;
  };
  let ends = 0;
  return {
    schema,
    tell(n: number) {
      events.push({ tick: { n: () => (resolved++, n) } });
      wake();
      changed = new Promise<void>((done) => (wake = done));
    },
    resolved: () => resolved,
    ends: () => ends,
  };
}

const key = (...scopes: string[]): RequestContext => ({
  requestId: 'r',
  actor: {
    kind: 'API_KEY',
    apiKeyId: newId('apiKey'),
    scopes: new Set(scopes) as never,
    projectId: undefined,
  },
  tenantId: 'ten_1',
  role: undefined,
});

async function open(
  source: ReturnType<typeof sharedSource>,
  request: RequestContext,
  variables: Record<string, unknown> = {},
): Promise<PayloadStream> {
  const opened = await openSubscription({
    schema: source.schema,
    document: parse('subscription ($after: Int, $of: Int) { tick(after: $after, of: $of) { n } }'),
    variableValues: variables,
    request,
    format: (error) => error.toJSON(),
  });
  if ('errors' in opened) throw new Error(String(opened.errors));
  return opened;
}

test('subscribers with the same selection and rights share one execution of an event, wherever they resumed', async () => {
  const source = sharedSource();
  const streams = await Promise.all([
    open(source, key('run:read'), { after: 1 }),
    open(source, key('run:read'), { after: 7 }),
    open(source, key('run:read')),
  ]);
  source.tell(5);
  const texts = await Promise.all(streams.map((stream) => stream.next()));
  expect(texts).toEqual(Array(3).fill('{"data":{"tick":{"n":5}}}'));
  expect(source.resolved()).toBe(1);
});

test.each([
  ['other scopes', { ...key('run:read', 'audit:read') }, {}],
  ['another tenant', { ...key('run:read'), tenantId: 'ten_2' }, {}],
  ['other variables', key('run:read'), { of: 3 }],
  ['a user beside a key', { ...key(), actor: { kind: 'USER', userId: 'u', sessionId: 's' } }, {}],
] as [string, RequestContext, Record<string, unknown>][])(
  'nothing is shared with %s',
  async (_what, request, variables) => {
    const source = sharedSource();
    const streams = [await open(source, key('run:read')), await open(source, request, variables)];
    source.tell(5);
    await Promise.all(streams.map((stream) => stream.next()));
    expect(source.resolved()).toBe(2);
  },
);

test('ending a stream that waits ends its source', async () => {
  const source = sharedSource();
  const stream = await open(source, key('run:read'));
  const waiting = stream.next();
  stream.return();
  expect(await waiting).toBeUndefined();
  expect(await stream.next()).toBeUndefined();
  await new Promise((done) => setImmediate(done));
  expect(source.ends()).toBe(1);
});

test('a subscription that lives long keeps none of the events that it has answered', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const events: WeakRef<object>[] = [];
  const schema = buildSchema('type Query { a: Int } type Subscription { tick: Int }');
  schema.getSubscriptionType()!.getFields()['tick']!.subscribe = async function* () {
    for (let tick = 0; ; tick++) {
      const event = { tick };
      events.push(new WeakRef(event));
      yield event;
    }
  };
  const document = parse('subscription { tick }');
  const stream = await openSubscription({
    schema,
    document,
    request: key(),
    format: (error) => error.toJSON(),
  });
  if ('errors' in stream) throw new Error(String(stream.errors));
  for (let count = 0; count < 100; count++) await stream.next();
  // A WeakRef holds its target until the turn of the event loop in which it was made is over.
  await new Promise((done) => setImmediate(done));
  collectGarbage();
  const kept = events.filter((event) => event.deref() !== undefined);
  stream.return();
  expect(kept.length).toBeLessThan(5);
});
