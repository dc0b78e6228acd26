/** A numbered item: 1, 2, 3, … without gaps, in the order in which it was stored. */
export interface Sequenced {
  readonly sequence: number;
}

/** Consecutive items. Readers at the same place get the very same object, so that work on it can be shared. */
export interface TailBatch<T extends Sequenced> {
  readonly items: readonly T[];
  readonly lastSequence: number;
}

export interface TailSource<T extends Sequenced> {
  /** Stored items after that sequence, in order, at most `limit`. */
  load(after: number, limit: number): Promise<T[]>;
  /** The last sequence stored, and whether no more will come. */
  state(): Promise<{ lastSequence: number; ended: boolean }>;
  /** Announcements carry no items: what is new is then read once for all readers. */
  announcedEmpty?: boolean;
}

/** Items of one batch from storage. */
const LOAD_LIMIT = 1_000;
/** Items kept for readers that are nearly there; those further behind read from storage. */
const KEPT_ITEMS = 10_000;
/** A lost announcement is noticed within this time. */
const CHECK_MILLISECONDS = 3_000;

/**
 * The end of a stored, growing sequence, followed by many readers. Announcements only make it quick: a reader advances
 * by sequence numbers, and reads from storage whatever it doesn't find here, so that it misses nothing and repeats
 * nothing. Readers pull: a slow one has no buffer of its own, it just falls behind and reads larger batches.
 */
export class LiveTail<T extends Sequenced> {
  readonly #source: TailSource<T>;
  /** Consecutive batches, the oldest first. */
  #kept: TailBatch<T>[] = [];
  #keptItems = 0;
  /** Highest sequence known to be stored. */
  #stored = 0;
  #ended = false;
  #changed = deferred();
  #check: Promise<void> | undefined;
  #checkAgain = false;
  readonly #timer: NodeJS.Timeout;

  constructor(source: TailSource<T>) {
    this.#source = source;
    this.#timer = setInterval(() => this.notice(), CHECK_MILLISECONDS);
    this.#timer.unref();
  }

  /** Takes items that were just stored and announced. Out of order, or with a hole, they are left to storage. */
  push(items: readonly T[]): void {
    const first = items[0]?.sequence;
    const last = items.at(-1)?.sequence;
    if (first === undefined || last === undefined || last <= this.#stored) return;
    const keptLast = this.#kept.at(-1)?.lastSequence;
    if (keptLast !== undefined && first !== keptLast + 1) this.#forget();
    this.#kept.push({ items, lastSequence: last });
    this.#keptItems += items.length;
    while (this.#keptItems > KEPT_ITEMS && this.#kept.length > 1) {
      this.#keptItems -= this.#kept.shift()?.items.length ?? 0;
    }
    this.#advance(last);
  }

  /** Something may have been stored: looks at the state, and once more if it was told so meanwhile. */
  notice(): void {
    if (this.#check) {
      this.#checkAgain = true;
      return;
    }
    this.#check = this.#source
      .state()
      .then(async ({ lastSequence, ended }) => {
        if (this.#source.announcedEmpty && this.#stored > 0 && lastSequence > this.#stored) {
          this.push(await this.#source.load(this.#stored, LOAD_LIMIT));
        }
        this.#ended = ended;
        this.#advance(Math.max(lastSequence, this.#stored));
      })
      // The database is away: the next tick looks again.
      .catch(() => undefined)
      .finally(() => {
        this.#check = undefined;
        if (!this.#checkAgain) return;
        this.#checkAgain = false;
        this.notice();
      });
  }

  /** Batches after that sequence, for ever, or until the sequence has ended and all of it was read. */
  async *read(after: number, signal: AbortSignal): AsyncGenerator<TailBatch<T>> {
    let cursor = after;
    this.notice();
    await this.#check;
    while (!signal.aborted) {
      const { promise } = this.#changed;
      if (cursor < this.#stored) {
        const batch = this.#keptAfter(cursor) ?? (await this.#loadAfter(cursor));
        if (batch) {
          cursor = batch.lastSequence;
          yield batch;
          continue;
        }
      } else if (this.#ended) {
        return;
      }
      await settledOrAborted(promise, signal);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#changed.resolve();
  }

  #keptAfter(cursor: number): TailBatch<T> | undefined {
    // From the end, where most readers stand.
    const batch = this.#kept.findLast(({ items }) => (items[0]?.sequence ?? Infinity) <= cursor + 1);
    if (!batch || batch.lastSequence <= cursor) return undefined;
    if (batch.items[0]?.sequence === cursor + 1) return batch;
    // The reader stands inside a batch, as after a replay; from the next one on it shares.
    return {
      items: batch.items.filter(({ sequence }) => sequence > cursor),
      lastSequence: batch.lastSequence,
    };
  }

  async #loadAfter(cursor: number): Promise<TailBatch<T> | undefined> {
    const items = await this.#source.load(cursor, LOAD_LIMIT);
    const lastSequence = items.at(-1)?.sequence;
    return lastSequence === undefined ? undefined : { items, lastSequence };
  }

  #forget(): void {
    this.#kept = [];
    this.#keptItems = 0;
  }

  #advance(stored: number): void {
    this.#stored = stored;
    const { resolve } = this.#changed;
    this.#changed = deferred();
    resolve();
  }
}

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
}

function deferred(): Deferred {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Not `Promise.race` with one promise of the signal: that would gather a reaction for each wait, as long as it lives. */
function settledOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      signal.removeEventListener('abort', finish);
      done();
    };
    if (signal.aborted) return done();
    signal.addEventListener('abort', finish);
    void promise.then(finish);
  });
}

/** Things that many share, made for the first and closed after the last. */
export class SharedByKey<V extends { close(): void }> {
  readonly #entries = new Map<string, { value: V; users: number }>();

  constructor(private readonly make: (key: string) => V) {}

  acquire(key: string): V {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { value: this.make(key), users: 0 };
      this.#entries.set(key, entry);
    }
    entry.users++;
    return entry.value;
  }

  release(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry || --entry.users > 0) return;
    this.#entries.delete(key);
    entry.value.close();
  }
}
