import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Connection } from '../connection.js';
import * as operations from '../operations.js';
import { UsageError } from '../with-platform.js';

/** As many as a request takes. */
const BATCH = 500;

/** The events of a file of JSON lines, with the number of their line. Throws UsageError for a line that is no object. */
export async function* readEvents(path: string): AsyncGenerator<{ line: number; event: object }> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++;
    if (text.trim() === '') continue;
    yield { line, event: eventIn(text, line) };
  }
}

function eventIn(text: string, line: number): object {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    event = undefined;
  }
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event;
  throw new UsageError(
    `Line ${line} isn't an event, such as {"eventId": "…", "type": "CLICK", "item": "…"}.`,
  );
}

/**
 * Sends events in batches, in order. Throws UsageError with the lines of events that are refused; the batches before theirs are
 * recorded, and may be sent again.
 */
export async function recordFeedback(
  connection: Connection,
  modelId: string,
  events: AsyncIterable<{ line: number; event: object }>,
): Promise<{ recorded: number; repeated: number }> {
  const counted = { recorded: 0, repeated: 0 };
  let batch: { line: number; event: object }[] = [];
  const send = async () => {
    if (batch.length === 0) return;
    const { recordFeedback: answer } = await connection.request<operations.RecordFeedback>(
      operations.RECORD_FEEDBACK,
      { input: { modelId, events: batch.map(({ event }) => event) } },
    );
    if (answer.userErrors.length > 0) {
      const told = answer.userErrors.map(({ message, path }) => {
        const at = path[1] === 'events' && path[2] !== undefined ? batch[Number(path[2])] : undefined;
        return at ? `Line ${at.line}: ${message}` : message;
      });
      throw new UsageError(
        `${told.join('\n')}\n${counted.recorded} events of earlier lines are recorded; mend the file and send it again.`,
      );
    }
    counted.recorded += answer.recorded ?? 0;
    counted.repeated += answer.repeated ?? 0;
    batch = [];
  };
  for await (const event of events) {
    batch.push(event);
    if (batch.length === BATCH) await send();
  }
  await send();
  return counted;
}
