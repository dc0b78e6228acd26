import type { Logger } from 'pino';

/**
 * Runs `work` when woken and at least every `everyMs`, never twice at a time; a wake while it runs means once more.
 * What `work` throws is logged, and it is tried again after `everyMs`, doubling up to 16 times that.
 */
export class Loop {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #failures = 0;
  #stopped = true;

  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    clearTimeout(this.#timer);
    this.#running ??= this.#run();
  }

  /** Resolves when the work under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.work();
        this.#failures = 0;
      } catch (error) {
        // An error ends the round even when it was woken meanwhile: else a lost database would be asked without pause.
        this.#again = false;
        this.#failures += 1;
        this.log.error(
          { err: error, failures: this.#failures },
          `${this.name} failed; it will be tried again`,
        );
      }
    }
    this.#running = undefined;
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.wake(), this.everyMs * 2 ** Math.min(4, this.#failures));
  }
}
