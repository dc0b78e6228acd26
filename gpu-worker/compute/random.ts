import { createHash } from 'node:crypto';

/**
 * A seeded stream of random numbers: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), whose 128 bits of state come from a SHA-256 of a key. Streams of different keys are independent,
 * so that work can be cut into parts (an epoch, a chunk, a column), each with its own stream, and a part's numbers
 * don't depend on which parts ran before it.
 */
export class Random {
  private readonly state: Uint32Array;
  private spareNormal: number | undefined;

  private constructor(private readonly key: string) {
    const digest = createHash('sha256').update(key).digest();
    this.state = Uint32Array.from({ length: 4 }, (_, word) => digest.readUInt32LE(word * 4));
    // The one state that xoshiro can't leave; SHA-256 makes it a matter of form.
    if (this.state.every((word) => word === 0)) this.state[0] = 1;
  }

  static seeded(seed: number): Random {
    return new Random(`seed ${seed}`);
  }

  /** The stream of a part of this one. Depends on this stream's key and the path only, not on what was drawn from it. */
  derive(...path: readonly (string | number)[]): Random {
    return new Random(JSON.stringify([this.key, ...path]));
  }

  /** Uniform over 0…2³²−1. */
  uint32(): number {
    const s = this.state as Uint32Array & { [index: number]: number };
    const s1 = s[1]!;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform over [0, 1), with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** Uniform over the integers 0…bound−1, without modulo bias; bound 1…2³². */
  integer(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 4294967296)) {
      throw new RangeError(`a bound of ${bound} isn't an integer from 1 to 2^32`);
    }
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const draw = this.uint32();
      if (draw < limit) return draw % bound;
    }
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * scale;
      return x * scale;
    }
  }

  /** A uniformly random order of 0…length−1 (Fisher–Yates). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, index) => index);
    for (let last = length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const held = order[last]!;
      order[last] = order[other]!;
      order[other] = held;
    }
    return order;
  }

  /** An index, drawn in proportion to non-negative weights of which at least one is positive. */
  categorical(weights: ArrayLike<number>): number {
    let total = 0;
    for (let index = 0; index < weights.length; index++) total += weights[index]!;
    if (!(total > 0 && total < Infinity))
      throw new RangeError(`weights that add up to ${total} can't be drawn from`);
    let left = this.uniform() * total;
    let last = 0;
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index]!;
      if (weight <= 0) continue;
      if (left < weight) return index;
      left -= weight;
      last = index;
    }
    // Rounding may leave a crumb of the total behind the last weight.
    return last;
  }
}
