import { pino } from 'pino';
import { Loop } from './loop.js';

const log = pino({ level: 'silent' });
const LONG = 60_000;

/** Work that says when it begins, and ends when told. */
class Work {
  readonly #begun: (() => void)[] = [];
  readonly #ends: (() => void)[] = [];
  count = 0;
  active = 0;
  mostActive = 0;

  readonly run = async (): Promise<void> => {
    this.count += 1;
    this.active += 1;
    this.mostActive = Math.max(this.mostActive, this.active);
    const ended = new Promise<void>((end) => this.#ends.push(end));
    for (const begun of this.#begun.splice(0)) begun();
    await ended;
    this.active -= 1;
  };

  begins(): Promise<void> {
    return new Promise((begun) => this.#begun.push(begun));
  }

  end(): void {
    this.#ends.shift()?.();
  }
}

describe('a loop', () => {
  it('woken many times while it works goes round once more, and never twice at a time', async () => {
    const work = new Work();
    const loop = new Loop('test', LONG, work.run, log);
    loop.start();
    for (let wakes = 0; wakes < 5; wakes += 1) loop.wake();
    const again = work.begins();
    work.end();
    await again;
    const stopped = loop.stop();
    work.end();
    await stopped;
    expect(work.count).toBe(2);
    expect(work.mostActive).toBe(1);
  });

  it('goes on after an error', async () => {
    let failures = 0;
    const succeeded = new Promise<void>((done) => {
      const loop = new Loop(
        'test',
        1,
        async () => {
          if (failures < 2) {
            failures += 1;
            throw new Error('not yet');
          }
          void loop.stop();
          done();
        },
        log,
      );
      loop.start();
    });
    await succeeded;
    expect(failures).toBe(2);
  });

  it('that is stopped waits for the work under way, and can’t be woken', async () => {
    const work = new Work();
    const loop = new Loop('test', LONG, work.run, log);
    loop.start();
    let isStopped = false;
    const stopped = loop.stop().then(() => (isStopped = true));
    await Promise.resolve();
    expect(isStopped).toBe(false);
    work.end();
    await stopped;
    loop.wake();
    expect(work.count).toBe(1);
  });
});
