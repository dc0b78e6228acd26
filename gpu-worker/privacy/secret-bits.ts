import { randomFillSync } from 'node:crypto';

/** A stream of random bits; `Random` is one that repeats, for tests. */
export interface RandomBits {
  /** Uniform over 0…2³²−1. */
  uint32(): number;
}

/**
 * Random bits of the operating system. Noise that protects must not come from a run's seed: who knows the seed, and it is
 * written on the run, could take the noise away again. So a private fit is the one thing here that a seed doesn't repeat.
 */
export class SecretBits implements RandomBits {
  readonly #words = new Uint32Array(WORDS);
  #used = WORDS;

  uint32(): number {
    if (this.#used === WORDS) {
      randomFillSync(this.#words);
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }
}

const WORDS = 4096;

/** Uniform over the open interval (0, 1), with 52 random bits. */
export function uniformOf(bits: RandomBits): number {
  return ((bits.uint32() >>> 6) * 67_108_864 + (bits.uint32() >>> 6) + 0.5) / 4_503_599_627_370_496;
}
