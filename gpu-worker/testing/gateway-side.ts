import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AckPolicy,
  connect,
  DeliverPolicy,
  headers,
  nanos,
  RetentionPolicy,
  type ConsumerMessages,
  type JetStreamClient,
  type Msg,
  type NatsConnection,
  type Subscription,
} from 'nats';
import { ClaimRequest, type AttemptRef, type Job, type StoredObject } from '../../schema/messages/job.js';
import { ControlReply, RenewLeaseRequest, type Directive } from '../../schema/messages/lease.js';
import { Presence } from '../../schema/messages/presence.js';
import {
  RankingReply,
  type RankingQuery,
  type RankingRequest,
} from '../../schema/messages/ranking-request.js';
import { Report, type MetricPoint, type ReportBody } from '../../schema/messages/report.js';
import {
  ALL_PRESENCE,
  controlSubject,
  jobConsumer,
  jobSubject,
  rankSubject,
  REQUESTS,
  STREAMS,
} from '../../schema/messages/subjects.js';
import { UploadsRequest } from '../../schema/messages/uploads.js';

type BodyOf<Type extends ReportBody['type']> = Extract<ReportBody, { type: Type }>;

/** A job as a test writes it; the rest is filled in. */
export type TestJob = Pick<Job, 'config'> & Partial<Job>;

interface Run {
  job: Job;
  directive: Directive;
  workerId: string | undefined;
  renewals: number;
}

/**
 * The gateway's side of the protocol, over real NATS and HTTP, as small as a test of the worker needs it: it decides
 * nothing, keeps nothing but memory, and lets the test say what it answers.
 */
export class GatewaySide {
  readonly reports: Report[] = [];
  readonly presences: Presence[] = [];
  readonly deadLetters: string[] = [];
  readonly objects = new Map<string, Buffer>();
  #answering = false;
  /** Status of the next PUTs, instead of taking them. */
  readonly refusals: number[] = [];
  readonly #runs = new Map<string, Run>();
  readonly #subscriptions: Subscription[] = [];
  readonly #followed: ConsumerMessages[] = [];
  readonly #changed = new EventTarget();
  #server!: Server;
  #connection!: NatsConnection;
  #jetstream!: JetStreamClient;

  static async start(natsUrl: string): Promise<GatewaySide> {
    const gateway = new GatewaySide();
    gateway.#connection = await connect({
      servers: new URL(natsUrl).host,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    gateway.#jetstream = gateway.#connection.jetstream();
    gateway.#server = createServer((request, response) => void gateway.#serve(request, response));
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    await gateway.#makeStreams();
    gateway.comeBack();
    gateway.#connection.subscribe(ALL_PRESENCE, {
      callback: (_, message) => gateway.#note(() => gateway.presences.push(Presence.parse(message.json()))),
    });
    void gateway.#follow();
    return gateway;
  }

  /** Makes an attempt and puts its job into the queue. */
  async dispatch(test: TestJob, pool: string): Promise<Job> {
    const job: Job = {
      tenantId: 'ten_1',
      runId: `run_${randomUUID().slice(0, 8)}`,
      attempt: 1,
      leaseToken: randomUUID(),
      seed: 7,
      inputs: [],
      checkpointSeconds: 60,
      lastMetricSteps: {},
      lease: { seconds: 1 },
      maxOutputBytes: 1024 ** 3,
      ...test,
    };
    this.#runs.set(keyOf(job), { job, directive: 'CONTINUE', workerId: undefined, renewals: 0 });
    const { tenantId, runId, attempt, leaseToken } = job;
    await this.publishJob(pool, JSON.stringify({ v: 1, tenantId, runId, attempt, leaseToken }), keyOf(job));
    return job;
  }

  async publishJob(pool: string, text: string, messageId: string): Promise<void> {
    const header = headers();
    header.set('Nats-Msg-Id', messageId);
    await this.#jetstream.publish(jobSubject(pool), text, { headers: header });
  }

  store(content: Buffer): StoredObject {
    const key = `stored/${randomUUID()}`;
    this.objects.set(key, content);
    return { url: this.#urlOf(key), bytes: content.length, sha256: sha256Of(content) };
  }

  /** An object that a worker put, as the next attempt is told of it. */
  stored(key: string): StoredObject {
    const content = this.objects.get(key);
    if (!content) throw new Error(`nothing was put under ${key}`);
    return { url: this.#urlOf(key), bytes: content.length, sha256: sha256Of(content) };
  }

  /** What the next renewals of an attempt are answered with. */
  direct(attempt: AttemptRef, directive: Directive): void {
    this.#runOf(attempt).directive = directive;
  }

  /** Pushes a directive to the worker that has the attempt. */
  async control(attempt: AttemptRef, directive: 'PAUSE' | 'CANCEL'): Promise<boolean> {
    const { workerId } = this.#runOf(attempt);
    const message = { v: 1, runId: attempt.runId, attempt: attempt.attempt, directive };
    const reply = await this.#connection.request(controlSubject(workerId ?? ''), JSON.stringify(message));
    return ControlReply.parse(reply.json()).accepted;
  }

  /** Asks a worker of the pool to rank with the recommender in that file. */
  async rank(
    pool: string,
    artifactId: string,
    model: StoredObject,
    query: RankingQuery,
  ): Promise<RankingReply> {
    const message: RankingRequest = { v: 1, tenantId: 'ten_1', artifactId, model, query };
    const reply = await this.#connection.request(rankSubject(pool), JSON.stringify(message), {
      timeout: 60_000,
    });
    return RankingReply.parse(reply.json());
  }

  renewals(attempt: AttemptRef): number {
    return this.#runOf(attempt).renewals;
  }

  reportsOf(attempt: AttemptRef): Report[] {
    return this.reports.filter((report) => keyOf(report) === keyOf(attempt));
  }

  bodiesOf<Type extends ReportBody['type']>(attempt: AttemptRef, type: Type): BodyOf<Type>[] {
    return this.reportsOf(attempt)
      .map(({ body }) => body)
      .filter((body): body is BodyOf<Type> => body.type === type);
  }

  pointsOf(attempt: AttemptRef): MetricPoint[] {
    return this.bodiesOf(attempt, 'metrics').flatMap(({ points }) => points);
  }

  /** Resolves with what `look` finds, as soon as it finds something. */
  async until<Found>(look: () => Found | undefined | false): Promise<Found> {
    for (;;) {
      const found = look();
      if (found) return found;
      await once(this.#changed, 'change');
    }
  }

  /** Resolves when a worker of the pool has taken all of its jobs from the queue. */
  async taken(pool: string): Promise<void> {
    const manager = await this.#connection.jetstreamManager();
    let waiting = 1;
    while (waiting > 0) {
      // The consumer appears with the first worker of the pool.
      const info = await manager.consumers.info(STREAMS.jobs.name, jobConsumer(pool)).catch(() => undefined);
      waiting = info?.num_pending ?? 1;
    }
  }

  /** Resolves with the report of that type. */
  async report<Type extends ReportBody['type']>(attempt: AttemptRef, type: Type): Promise<BodyOf<Type>> {
    return this.until(() => this.bodiesOf(attempt, type)[0]);
  }

  /** Resolves with the report that ends the attempt, whatever it says. */
  async end(attempt: AttemptRef): Promise<ReportBody> {
    const ends: ReportBody['type'][] = ['succeeded', 'failed', 'paused', 'cancelled'];
    return this.until(() => this.reportsOf(attempt).find(({ body }) => ends.includes(body.type))?.body);
  }

  /** From now on requests over NATS and HTTP find nobody, as when no gateway runs. */
  async goAway(): Promise<void> {
    this.#answering = false;
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    await this.#connection.flush();
  }

  comeBack(): void {
    if (this.#answering) return;
    this.#answering = true;
    this.#answer(REQUESTS.claim, (message) => this.#claim(ClaimRequest.parse(message)));
    this.#answer(REQUESTS.renewLease, (message) => this.#renew(RenewLeaseRequest.parse(message)));
    this.#answer(REQUESTS.uploads, (message) => this.#uploads(UploadsRequest.parse(message)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#followed.map((messages) => messages.close()));
    await this.#connection.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #claim(request: ClaimRequest) {
    const run = this.#runs.get(keyOf(request));
    if (!run || run.job.leaseToken !== request.leaseToken) return { answer: 'REFUSED', reason: 'unknown' };
    run.workerId = request.workerId;
    return { answer: 'GRANTED', job: run.job };
  }

  #renew(request: RenewLeaseRequest) {
    const run = this.#runs.get(keyOf(request));
    if (run) run.renewals += 1;
    const over = this.reportsOf(request).some(
      ({ body }) => body.type === 'succeeded' || body.type === 'failed',
    );
    return { directive: over ? 'LOST' : (run?.directive ?? 'LOST') };
  }

  /** A report whose ack was lost comes again. */
  #take(report: Report): void {
    if (!this.reportsOf(report).some(({ sequence }) => sequence === report.sequence))
      this.reports.push(report);
  }

  #uploads(request: UploadsRequest) {
    const uploads = request.files.map((file) => {
      const key = `${keyOf(request)}/${file.purpose}/${file.fileName}`;
      return { key, url: this.#urlOf(key) };
    });
    return { answer: 'GRANTED', uploads };
  }

  #answer(subject: string, handler: (message: unknown) => unknown): void {
    const callback = (_: unknown, message: Msg): void => {
      this.#note(() => message.respond(JSON.stringify(handler(message.json()))));
    };
    this.#subscriptions.push(this.#connection.subscribe(subject, { callback }));
  }

  async #follow(): Promise<void> {
    const manager = await this.#connection.jetstreamManager();
    const add = (stream: string) =>
      manager.consumers.add(stream, {
        durable_name: 'test',
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        max_ack_pending: 1,
        // An ack that was on its way while the server died is soon made up for.
        ack_wait: nanos(500),
      });
    await Promise.all([add(STREAMS.reports.name), add(STREAMS.deadLetters.name)]);
    const follow = async (stream: string, take: (text: string) => void) => {
      const consumer = await this.#jetstream.consumers.get(stream, 'test');
      const messages = await consumer.consume({ max_messages: 100, expires: 1_000 });
      this.#followed.push(messages);
      for await (const message of messages) {
        this.#note(() => take(message.string()));
        message.ack();
      }
    };
    await Promise.all([
      follow(STREAMS.reports.name, (text) => this.#take(Report.parse(JSON.parse(text)))),
      follow(STREAMS.deadLetters.name, (text) => this.deadLetters.push(text)),
    ]);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = decodeURIComponent((request.url ?? '').slice(1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!this.#answering) {
      request.socket.destroy();
      return;
    }
    const refusal = request.method === 'PUT' ? this.refusals.shift() : undefined;
    const content = Buffer.concat(chunks);
    if (refusal) response.writeHead(refusal).end();
    else if (request.method === 'PUT' && Number(request.headers['content-length']) !== content.length) {
      response.writeHead(411).end();
    } else if (request.method === 'PUT') {
      this.#note(() => this.objects.set(key, content));
      response.writeHead(201).end();
    } else if (this.objects.has(key)) response.writeHead(200).end(this.objects.get(key));
    else response.writeHead(404).end();
  }

  async #makeStreams(): Promise<void> {
    const manager = await this.#connection.jetstreamManager();
    for (const { name, subjects } of Object.values(STREAMS)) {
      const retention =
        name === STREAMS.deadLetters.name ? RetentionPolicy.Limits : RetentionPolicy.Workqueue;
      await manager.streams.add({ name, subjects: [...subjects], retention });
    }
  }

  #runOf(attempt: AttemptRef): Run {
    const run = this.#runs.get(keyOf(attempt));
    if (!run) throw new Error(`no such attempt: ${keyOf(attempt)}`);
    return run;
  }

  #urlOf(key: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${encodeURIComponent(key)}`;
  }

  #note(change: () => unknown): void {
    change();
    this.#changed.dispatchEvent(new Event('change'));
  }
}

const keyOf = ({ runId, attempt }: { runId: string; attempt: number }): string => `${runId}.${attempt}`;

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
