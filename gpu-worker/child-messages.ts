import type { Job } from '../schema/messages/job.js';
import type { ReportBody } from '../schema/messages/report.js';
import type { UploadsReply, UploadsRequest } from '../schema/messages/uploads.js';

/** A report that ends an attempt. */
export type FinalReport = Extract<ReportBody, { type: 'succeeded' | 'failed' | 'paused' | 'cancelled' }>;

/** What a child is told to stop for. RELEASE: the worker goes away, and another one is to take over. */
export type StopOrder = 'PAUSE' | 'CANCEL' | 'RELEASE';

/** The end of an attempt whose worker was told to go away: another one is to go on from the last checkpoint. */
export const RELEASED: FinalReport = {
  type: 'failed',
  failure: {
    code: 'WORKER_LOST',
    message: 'The worker was shut down before the run was done.',
    location: {},
  },
  released: true,
};

/** Everything a child knows of the world. */
export interface ChildStart {
  readonly job: Job;
  /** Empty and the child's own; its parent removes it. */
  readonly folder: string;
  /** The engine to compute with; no other one will do. */
  readonly engine: string;
  /** Threads that it may compute with. */
  readonly threads: number;
}

/** Parent → child, over the IPC channel of `fork`. */
export type ToChild =
  | { type: 'start'; start: ChildStart }
  | { type: 'stop'; order: StopOrder }
  /** The report of that number is stored by JetStream, and so are all before it. */
  | { type: 'stored'; id: number }
  /** Without a reply nobody answered. */
  | { type: 'uploads'; id: number; reply: UploadsReply | undefined };

/** Child → parent. Order is kept: the parent publishes reports as they come. */
export type FromChild =
  /** The event loop turns; `rss` is the memory of the process in bytes. */
  | { type: 'alive'; rss: number }
  | { type: 'report'; id: number; body: ReportBody }
  | { type: 'uploads'; id: number; files: UploadsRequest['files'] }
  | { type: 'warning'; message: string; detail: string }
  /** The last message. `detail` is the full text of an error whose message is masked in the report. */
  | { type: 'ended'; body: FinalReport; detail?: string };
