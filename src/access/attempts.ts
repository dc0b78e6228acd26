/**
 * Token buckets that slow down guessing: each key has `capacity` attempts, and gets one back every `refillSeconds`. Kept in
 * the memory of one gateway: with n gateways a guesser has n times as many, which argon2 makes costly enough. At most
 * `maxKeys` buckets; the one unused for longest goes first.
 */
export class AttemptLimit {
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(
    private readonly capacity: number,
    private readonly refillSeconds: number,
    private readonly maxKeys = 50_000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes an attempt. Answers 0, or how many seconds to wait when there is none left. */
  take(key: string): number {
    const bucket = this.#filled(key);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) * this.refillSeconds);
    bucket.left -= 1;
    return 0;
  }

  /** Forgets the attempts: the caller turned out to know the password. */
  succeeded(key: string): void {
    this.#buckets.delete(key);
  }

  #filled(key: string): { left: number; at: number } {
    const now = this.now();
    const bucket = this.#buckets.get(key);
    if (!bucket) return { left: this.capacity, at: now };
    const gained = (now - bucket.at) / 1000 / this.refillSeconds;
    return { left: Math.min(this.capacity, bucket.left + gained), at: now };
  }
}
