import type { RandomBits } from './secret-bits.js';

/**
 * Whole numbers with P(x) ∝ exp(−x² / 2σ²): Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy",
 * 2020, algorithms 1–3. Counts with this noise are protected as with Gaussian noise of the same σ (theorem 4), and unlike it,
 * it can be drawn exactly: the low bits of floating-point noise tell what it was added to (Mironov, 2012).
 */
export class DiscreteGaussian {
  readonly #variance: Rational;
  readonly #scale: bigint;

  /** `deviation` > 0; rounded up a little to a variance in units of 1/1024. */
  constructor(
    readonly deviation: number,
    private readonly bits: RandomBits,
  ) {
    if (!(deviation > 0 && deviation < 2 ** 20)) throw new RangeError(`a deviation of ${deviation}`);
    this.#variance = { over: BigInt(Math.ceil(deviation ** 2 * 1024)), under: 1024n };
    this.#scale = BigInt(Math.floor(deviation) + 1);
  }

  draw(): number {
    const { over, under } = this.#variance;
    const scale = this.#scale;
    for (;;) {
      const candidate = this.#laplace();
      const size = candidate < 0n ? -candidate : candidate;
      const distance = size * scale * under - over;
      if (this.#decays({ over: distance * distance, under: 2n * scale * scale * under * over }))
        return Number(candidate);
    }
  }

  /** P(x) ∝ exp(−|x| / scale). */
  #laplace(): bigint {
    const scale = this.#scale;
    for (;;) {
      const low = this.#below(scale);
      if (!this.#decays({ over: low, under: scale })) continue;
      let high = 0n;
      while (this.#decays(ONE)) high++;
      const size = low + scale * high;
      const negative = this.bits.uint32() % 2 === 1;
      // Zero must not come up for both signs.
      if (!(negative && size === 0n)) return negative ? -size : size;
    }
  }

  /** True with probability e^−γ. */
  #decays({ over, under }: Rational): boolean {
    let rest = over;
    while (rest > under) {
      if (!this.#decaysWithinOne(ONE)) return false;
      rest -= under;
    }
    return this.#decaysWithinOne({ over: rest, under });
  }

  /** The same for γ in 0…1, by the alternating series of the exponential. */
  #decaysWithinOne({ over, under }: Rational): boolean {
    let terms = 1n;
    while (this.#below(under * terms) < over) terms++;
    return terms % 2n === 1n;
  }

  /** Uniform over 0…bound−1. */
  #below(bound: bigint): bigint {
    if (bound <= WORD) {
      const small = Number(bound);
      const limit = 2 ** 32 - (2 ** 32 % small);
      for (;;) {
        const word = this.bits.uint32();
        if (word < limit) return BigInt(word % small);
      }
    }
    const width = (bound - 1n).toString(2).length;
    const words = Math.ceil(width / 32);
    const excess = BigInt(words * 32 - width);
    for (;;) {
      let value = 0n;
      for (let word = 0; word < words; word++) value = (value << 32n) | BigInt(this.bits.uint32());
      value >>= excess;
      if (value < bound) return value;
    }
  }
}

interface Rational {
  readonly over: bigint;
  readonly under: bigint;
}

const ONE: Rational = { over: 1n, under: 1n };
const WORD = 2n ** 32n;
