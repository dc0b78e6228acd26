import { LiveTail, type Sequenced, type TailBatch } from './live-tail.js';

/** Storage that a test fills; counts how often it is read. */
class Storage {
  items: Sequenced[] = [];
  ended = false;
  loads = 0;

  store(count: number): Sequenced[] {
    const added = Array.from({ length: count }, (_, index) => ({ sequence: this.items.length + index + 1 }));
    this.items.push(...added);
    return added;
  }

  async load(after: number, limit: number): Promise<Sequenced[]> {
    this.loads++;
    return this.items.slice(after, after + limit);
  }

  async state(): Promise<{ lastSequence: number; ended: boolean }> {
    return { lastSequence: this.items.length, ended: this.ended };
  }
}

describe('the live tail of a sequence', () => {
  let storage: Storage;
  let tail: LiveTail<Sequenced>;
  let abort: AbortController;

  beforeEach(() => {
    storage = new Storage();
    tail = new LiveTail(storage);
    abort = new AbortController();
  });

  afterEach(() => {
    abort.abort();
    tail.close();
  });

  const all = async (after: number): Promise<number[]> => {
    const seen: number[] = [];
    for await (const { items } of tail.read(after, abort.signal))
      seen.push(...items.map(({ sequence }) => sequence));
    return seen;
  };
  const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

  const end = () => {
    storage.ended = true;
    tail.notice();
  };

  test('replays what is stored, follows what is announced, and ends', async () => {
    storage.store(2_500);
    const reading = all(0);
    tail.push(storage.store(10));
    end();
    expect(await reading).toEqual(upTo(2_510));
  });

  test('gives a reader that returns with its cursor the rest, each once', async () => {
    tail.push(storage.store(30));
    end();
    expect(await all(17)).toEqual(upTo(13, 18));
  });

  test('fills the hole of a lost announcement from storage', async () => {
    const reading = all(0);
    tail.push(storage.store(5));
    storage.store(7); // Its announcement is lost.
    tail.push(storage.store(5));
    end();
    expect(await reading).toEqual(upTo(17));
  });

  test('repeats nothing that is announced twice', async () => {
    const reading = all(0);
    const batch = storage.store(5);
    tail.push(batch);
    tail.push(batch);
    end();
    expect(await reading).toEqual(upTo(5));
  });

  test('gives readers at the same place the same object, and reads storage for none of them', async () => {
    const readers = [0, 0, 0].map((after) => tail.read(after, abort.signal));
    const waiting = readers.map((reader) => reader.next());
    await Promise.resolve();
    tail.push(storage.store(5));
    const batches = (await Promise.all(waiting)).map(({ value }) => value as TailBatch<Sequenced>);
    expect(batches[1]).toBe(batches[0]);
    expect(batches[2]).toBe(batches[0]);
    expect(storage.loads).toBe(0);
  });

  test('keeps a bounded number of items however slow a reader is, and the reader still gets all', async () => {
    const slow = tail.read(0, abort.signal);
    const first = slow.next();
    for (let batch = 0; batch < 400; batch++) tail.push(storage.store(100));
    end();
    const seen = [...((await first).value as TailBatch<Sequenced>).items];
    for await (const { items } of slow) seen.push(...items);
    expect(seen.map(({ sequence }) => sequence)).toEqual(upTo(40_000));
    expect(storage.loads).toBeGreaterThan(0);
  });
});
