import { z } from 'zod';
import { readSafetensors, tensorOf, writeSafetensors, type StoredTensor } from '../../compute/safetensors.js';
import type { Table } from '../../tables/table.js';
import type { FitSession } from '../generator.js';
import { Origin, originOf, requireSameOrigin } from '../training/origin.js';

const Description = z.strictObject({ origin: Origin, fitting: z.string().optional() });

/** How far a fit of several tables is: the models that are done, and the state of the one that is being fitted. */
export class LinkedCheckpoint {
  readonly #finished = new Map<string, Uint8Array>();

  private constructor(
    private readonly session: FitSession,
    private readonly origin: Origin,
    private readonly fitting: { readonly table: string; readonly state: Uint8Array } | undefined,
  ) {}

  /** The state that the session brings, or that of the beginning. Throws a RangeError for one of another fit. */
  static read(
    session: FitSession,
    options: readonly unknown[],
    tables: ReadonlyMap<string, Table>,
  ): LinkedCheckpoint {
    // Of the rows, each table's own state knows.
    const shapes = [...tables].map(([name, { rows, columns }]) => [
      name,
      rows,
      columns.map(({ schema }) => schema),
    ]);
    const origin = originOf(session.seed, options, shapes);
    if (!session.checkpoint) return new LinkedCheckpoint(session, origin, undefined);
    const file = readSafetensors(session.checkpoint);
    const { origin: found, fitting } = Description.parse(JSON.parse(file.metadata['description'] ?? 'null'));
    requireSameOrigin(found, origin);
    const bytes = (name: string): Uint8Array => tensorOf(file, name, 'U8').values;
    const checkpoint = new LinkedCheckpoint(
      session,
      origin,
      fitting === undefined ? undefined : { table: fitting, state: bytes('state') },
    );
    for (const name of file.tensors.keys()) {
      const table = /^model (.*)$/.exec(name)?.[1];
      if (table !== undefined) checkpoint.#finished.set(table, bytes(name));
    }
    return checkpoint;
  }

  /** The file of a table's model, if that is done. */
  finished(table: string): Uint8Array | undefined {
    return this.#finished.get(table);
  }

  finish(table: string, model: Uint8Array): void {
    this.#finished.set(table, model);
  }

  /** What the fit of one table is given: its series are named after it, its progress is a part of the whole. */
  sessionOf(table: string, part: { readonly from: number; readonly share: number }): FitSession {
    const { session } = this;
    return {
      ...session,
      metric: (name, step, value) =>
        session.metric(name.replace('/', `/${table.toLowerCase()}/`), step, value),
      progress: (fraction, etaSeconds) =>
        session.progress(
          part.from + part.share * fraction,
          etaSeconds === undefined || part.share === 0
            ? undefined
            : etaSeconds * (1 + Math.max(0, 1 - part.from - part.share) / part.share),
        ),
      checkpointDue: () => session.checkpointDue(),
      saveCheckpoint: (state) => session.saveCheckpoint(this.#written(table, state)),
      checkpoint: this.fitting?.table === table ? this.fitting.state : undefined,
    };
  }

  #written(table: string, state: Uint8Array): Uint8Array {
    const tensor = (values: Uint8Array): StoredTensor => ({ shape: [values.length], values });
    const tensors = new Map([...this.#finished].map(([name, model]) => [`model ${name}`, tensor(model)]));
    tensors.set('state', tensor(state));
    const description: z.infer<typeof Description> = { origin: this.origin, fitting: table };
    return writeSafetensors(tensors, { description: JSON.stringify(description) });
  }
}
