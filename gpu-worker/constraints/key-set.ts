/** Room for so many keys at first; doubled when two thirds are taken. */
const FIRST_CAPACITY = 1024;

/**
 * Which keys were seen, in 8 bytes a slot: of each only a 53-bit hash is kept, so ten million keys take 128 or 256 MiB. A
 * new key is taken for a seen one about once in 10¹⁶ pairs; whoever draws unique rows then draws one more.
 */
export class KeySet {
  /** Hashes at or after the slot that they ask for (open addressing); 0 is free. */
  #slots = new Float64Array(FIRST_CAPACITY);
  #size = 0;

  /** Adds a key; false when it was there. */
  add(key: string): boolean {
    if (3 * (this.#size + 1) > 2 * this.#slots.length) this.#grow();
    const hash = hashOf(key);
    const slot = this.#slotOf(hash);
    if (this.#slots[slot] === hash) return false;
    this.#slots[slot] = hash;
    this.#size++;
    return true;
  }

  has(key: string): boolean {
    const hash = hashOf(key);
    return this.#slots[this.#slotOf(hash)] === hash;
  }

  #slotOf(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash % this.#slots.length;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(2 * old.length);
    for (const hash of old) if (hash !== 0) this.#slots[this.#slotOf(hash)] = hash;
  }
}

/** 53 bits from two rounds of 32 (cyrb53, public domain); never 0. */
function hashOf(key: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < key.length; index++) {
    const character = key.charCodeAt(index);
    high = Math.imul(high ^ character, 2654435761);
    low = Math.imul(low ^ character, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (2097151 & low) * 4294967296 + (high >>> 0) || 1;
}
