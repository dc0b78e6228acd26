import { ControlReply, type ControlRequest } from '../../schema/messages/lease.js';
import { controlSubject } from '../../schema/messages/subjects.js';
import type { Bus } from '../platform/bus.js';

const PATIENCE_MILLISECONDS = 1_500;

/** Tells workers at once what they would learn at their next renewal. */
export class Control {
  constructor(private readonly bus: Bus) {}

  /** True when the worker has passed it on. Best effort: false costs time until the next renewal, nothing else. */
  async push(order: {
    workerId: string;
    runId: string;
    attempt: number;
    directive: ControlRequest['directive'];
  }): Promise<boolean> {
    const { workerId, runId, attempt, directive } = order;
    const request: ControlRequest = { v: 1, runId, attempt, directive };
    const answer = await this.bus
      .request(controlSubject(workerId), request, PATIENCE_MILLISECONDS)
      .catch(() => undefined);
    return ControlReply.safeParse(answer).data?.accepted ?? false;
  }
}
