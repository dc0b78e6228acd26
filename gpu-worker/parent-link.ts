import type { ReportBody } from '../schema/messages/report.js';
import type { UploadsReply, UploadsRequest } from '../schema/messages/uploads.js';
import type { FinalReport, FromChild, StopOrder, ToChild } from './child-messages.js';

const ALIVE_MILLISECONDS = 1_000;

/** A child's side of the IPC channel to its parent, which owns everything that goes over the network's messages. */
export class ParentLink {
  readonly #stored = new Map<number, () => void>();
  readonly #uploads = new Map<number, (reply: UploadsReply | undefined) => void>();
  readonly #onStop: (order: StopOrder) => void;
  #lastId = 0;

  constructor(onStop: (order: StopOrder) => void) {
    this.#onStop = onStop;
    setInterval(() => this.#alive(), ALIVE_MILLISECONDS).unref();
  }

  take(message: ToChild): void {
    switch (message.type) {
      case 'start':
        throw new Error('a child works on one attempt only');
      case 'stop':
        this.#onStop(message.order);
        return;
      case 'stored':
        this.#stored.get(message.id)?.();
        this.#stored.delete(message.id);
        return;
      case 'uploads':
        this.#uploads.get(message.id)?.(message.reply);
        this.#uploads.delete(message.id);
        return;
    }
  }

  /** Resolves once this report and all before it are stored. */
  report(body: ReportBody): Promise<void> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#stored.set(id, resolve);
      this.#send({ type: 'report', id, body });
    });
  }

  /** Where to put files; undefined when no gateway answers. */
  askUploads(files: UploadsRequest['files']): Promise<UploadsReply | undefined> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#uploads.set(id, resolve);
      this.#send({ type: 'uploads', id, files });
    });
  }

  warn(message: string, error: unknown): void {
    this.#send({ type: 'warning', message, detail: fullText(error) });
  }

  /** Resolves when the last word has left this process. */
  end(body: FinalReport, detail?: string): Promise<void> {
    return new Promise((resolve) => {
      const message: FromChild = { type: 'ended', body, detail };
      if (process.connected) process.send?.(message, () => resolve());
      else resolve();
    });
  }

  #alive(): void {
    this.#send({ type: 'alive', rss: process.memoryUsage.rss() });
  }

  #send(message: FromChild): void {
    if (process.connected) process.send?.(message);
  }
}

export function fullText(error: unknown): string {
  return error instanceof Error ? `${error.stack ?? error.message}${causeOf(error)}` : String(error);
}

function causeOf(error: Error): string {
  return error.cause === undefined ? '' : `\ncaused by ${fullText(error.cause)}`;
}
