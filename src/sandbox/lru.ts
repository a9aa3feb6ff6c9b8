// A map that forgets what was used longest ago, bounded in number and in size.

export class Lru<V> {
  readonly #maxCount: number;
  readonly #maxSize: number;
  /** In the order of use. */
  readonly #entries = new Map<string, { readonly value: V; readonly size: number }>();
  #size = 0;

  /** `maxSize` bounds the sum of the sizes that `set` is told. */
  constructor(maxCount: number, maxSize: number) {
    this.#maxCount = maxCount;
    this.#maxSize = maxSize;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  delete(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }

  /** Keeps a value under a new key, unless it is larger than all may be together. */
  set(key: string, value: V, size: number): void {
    if (size > this.#maxSize || this.#entries.has(key)) return;
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxCount && this.#size <= this.#maxSize) return;
      this.delete(oldest);
    }
  }
}
