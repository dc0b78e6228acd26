import { randomUUID } from 'node:crypto';
import type { FailureCode, FailureLocation } from '../schema/messages/failure.js';
import { RELEASED, type ChildStart, type FinalReport, type ToChild } from './child-messages.js';
import { UserFailure } from './failure.js';
import { isOutOfMemory } from './out-of-memory.js';
import { fullText, ParentLink } from './parent-link.js';
import { giveWay } from './priority.js';
import { runnerOf } from './runs/runners.js';
import { Session, Stopped } from './session.js';
import { showSourcesInStacks } from './source-stacks.js';
import { diskFullFailure } from './tables/disk-full.js';

const MOST_CHARACTERS = 2_000;

/** The process of one attempt: started by `Attempt`, told everything over IPC, gone when its parent is. */
let session: Session | undefined;
const parent = new ParentLink((order) => session?.stop(order));

giveWay();
showSourcesInStacks();

// A terminal sends its signals to the whole group: what they mean for a run is for the parent to say.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.once('disconnect', () => process.exit(1));
process.on('uncaughtException', (error) => void end(failureOf(error)));
process.on('unhandledRejection', (error) => void end(failureOf(error)));
process.on('message', (message: ToChild) => {
  if (message.type !== 'start') {
    parent.take(message);
    return;
  }
  session = new Session(message.start, parent);
  void work(message.start, session).then(end, (error: unknown) => end(failureOf(error)));
});

interface End {
  readonly body: FinalReport;
  /** Full text of an error that is ours. */
  readonly detail?: string;
}

async function work({ job }: ChildStart, current: Session): Promise<End> {
  const run = await runnerOf(job.config.kind);
  const { outputs, rows } = await run(current);
  const { metricPoints, stepSeconds } = current;
  return { body: { type: 'succeeded', outputs, metricPoints, stepSeconds, rows } };
}

async function end({ body, detail }: End): Promise<void> {
  await parent.end(body, detail);
  process.exit(0);
}

/** What follows from an error. After a stop, whatever was thrown is its consequence. */
function failureOf(error: unknown): End {
  const reason: unknown = session?.signal.reason;
  if (reason instanceof Stopped) {
    switch (reason.order) {
      case 'PAUSE':
        return { body: { type: 'paused' } };
      case 'CANCEL':
        return { body: { type: 'cancelled' } };
      case 'RELEASE':
        return { body: RELEASED };
    }
  }
  // The worker started with the engine: that it is gone by now is nothing that a user could mend, and may pass.
  if (error instanceof UserFailure && error.code !== 'ENGINE_UNAVAILABLE')
    return failed(error.code, error.message, error.location);
  const full = diskFullFailure(error);
  if (full) return failed(full.code, full.message, full.location);
  if (isOutOfMemory(error)) {
    return {
      ...failed(
        'OUT_OF_MEMORY',
        'The run needed more memory than its worker has. Ask for fewer rows, or lower the batch size.',
      ),
      detail: fullText(error),
    };
  }
  const incidentId = randomUUID();
  const message = `Something went wrong in the worker. Its log tells more under ${incidentId}.`;
  return {
    body: { type: 'failed', failure: { code: 'INTERNAL', message, location: {}, incidentId } },
    detail: fullText(error),
  };
}

function failed(code: FailureCode, message: string, location: FailureLocation = {}): End {
  const cut = message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS)}…` : message;
  return { body: { type: 'failed', failure: { code, message: cut, location } } };
}
