/**
 * Remembers answers for a short time, at most so many: the oldest goes first. Calls for a key that is being fetched wait
 * for the same fetch. Failures aren't remembered.
 */
export class ExpiringCache<V> {
  readonly #entries = new Map<string, { value: Promise<V>; until: number }>();

  constructor(
    private readonly milliseconds: number,
    private readonly maxEntries: number,
  ) {}

  get(key: string, fetch: () => Promise<V>): Promise<V> {
    const now = performance.now();
    const known = this.#entries.get(key);
    if (known && known.until > now) return known.value;
    const value = fetch();
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: now + this.milliseconds });
    value.catch(() => {
      if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
    });
    if (this.#entries.size > this.maxEntries) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    return value;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }
}
