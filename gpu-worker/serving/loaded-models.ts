import { LRUCache } from 'lru-cache';

/** A model that can be loaded. */
export interface Loadable {
  /** Names the model; what it names never changes. */
  readonly id: string;
  /** Of its file, from 1. */
  readonly bytes: number;
}

/** The file is larger than all that may be held. */
export class ModelTooLarge extends Error {
  override readonly name = 'ModelTooLarge';
}

/**
 * Models in memory, together at most so many bytes, counted by their files; the one that nobody asked for the longest
 * goes first. One that has gone may be in use still: it lives on until its user lets go of it.
 */
export class LoadedModels<Source extends Loadable, Model> {
  readonly #cache: LRUCache<string, Promise<Model>>;

  constructor(
    private readonly mostBytes: number,
    private readonly load: (source: Source) => Promise<Model>,
  ) {
    this.#cache = new LRUCache({ maxSize: mostBytes });
  }

  /**
   * The model, loaded once for all who ask while it is being loaded. A load that fails is forgotten, and tried again for
   * the next who asks. Throws ModelTooLarge, or what `load` throws.
   */
  async get(source: Source): Promise<Model> {
    const { id, bytes } = source;
    const held = this.#cache.get(id);
    if (held) return held;
    if (bytes > this.mostBytes) throw new ModelTooLarge(`${id} has ${bytes} bytes of ${this.mostBytes}`);
    const loading = this.load(source);
    this.#cache.set(id, loading, { size: bytes });
    try {
      return await loading;
    } catch (error) {
      if (this.#cache.peek(id) === loading) this.#cache.delete(id);
      throw error;
    }
  }
}
