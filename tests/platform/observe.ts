import pg from 'pg';
import * as operations from '../../client/operations.js';
import type { Shop } from './shop.js';

type RunEvent = operations.RunEvents['runEvents'];

/**
 * Resolves with the first event of a run that satisfies `wanted`, from its beginning on. Takes up a dropped
 * connection, so it works across restarts of the gateway.
 */
export async function untilEvent(
  shop: Shop,
  runId: string,
  wanted: (event: RunEvent) => boolean,
): Promise<RunEvent> {
  let after: string | undefined;
  for (;;) {
    try {
      for await (const { runEvents } of shop.owner.subscribe<operations.RunEvents>(operations.RUN_EVENTS, {
        runId,
        after,
      })) {
        after = runEvents.cursor;
        if (wanted(runEvents)) return runEvents;
      }
      throw new Error(`The run ${runId} ended without the awaited event.`);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('The run ')) throw error;
      await gatewayIsBack(shop.url);
    }
  }
}

export const isState = (state: string) => (event: RunEvent) =>
  event.type === 'STATE_CHANGED' && event.state === state;
export const isCheckpoint = (event: RunEvent) => event.type === 'CHECKPOINTED';

/** Asks again and again, since a process that was killed announces nothing. */
async function gatewayIsBack(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(new URL('/healthz', url)).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

export interface StoredSeries {
  sequences: number[];
  /** Steps by series. */
  steps: Map<string, number[]>;
  values: Map<string, number[]>;
}

/** All points of a run as they are stored. */
export async function storedSeries(ownerUrl: string, runId: string): Promise<StoredSeries> {
  return withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{
      name: string;
      sequences: number[];
      steps: number[];
      values: number[];
    }>('SELECT name, sequences, steps, "values" FROM metric_chunks WHERE run_id = $1 ORDER BY name, index', [
      runId,
    ]);
    const steps = new Map<string, number[]>();
    const values = new Map<string, number[]>();
    for (const row of rows) {
      steps.set(row.name, [...(steps.get(row.name) ?? []), ...row.steps]);
      values.set(row.name, [...(values.get(row.name) ?? []), ...row.values]);
    }
    return { sequences: rows.flatMap((row) => row.sequences).sort((a, b) => a - b), steps, values };
  });
}

export async function attemptsOf(
  ownerUrl: string,
  runId: string,
): Promise<{ number: number; worker_id: string | null; state: string }[]> {
  return withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{ number: number; worker_id: string | null; state: string }>(
      'SELECT number, worker_id, state FROM attempts WHERE run_id = $1 ORDER BY number',
      [runId],
    );
    return rows;
  });
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** 1, 2, 3, … without a gap or a repeat. */
export function isGapless(sequences: readonly number[]): boolean {
  return sequences.every((sequence, index) => sequence === index + 1);
}

export function risesStrictly(steps: readonly number[]): boolean {
  return steps.every((step, index) => index === 0 || step > (steps[index - 1] as number));
}
