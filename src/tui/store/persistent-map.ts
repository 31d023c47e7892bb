/** Parts that a map is kept in: with 10,000 entries one of them has 40, which is what a change copies. */
const PARTS = 256;

type Part<Value> = ReadonlyMap<string, Value>;

const EMPTY_PART: Part<never> = new Map<string, never>();
const NO_PARTS = Array.from({ length: PARTS }, () => EMPTY_PART);

/**
 * A map that stays as it is: changed, it is another one, which shares with the first all parts in which nothing is different. So
 * a change costs what it changes, however many entries there are, and what is different between two of them is found as cheaply.
 * The order of its entries says nothing.
 */
export class PersistentMap<Value extends {}> {
  readonly #parts: readonly Part<Value>[];
  readonly size: number;

  private constructor(parts: readonly Part<Value>[], size: number) {
    this.#parts = parts;
    this.size = size;
  }

  /** A map without entries. */
  static empty<Value extends {}>(): PersistentMap<Value> {
    return new PersistentMap<Value>(NO_PARTS, 0);
  }

  has(key: string): boolean {
    return this.#parts[partOf(key)]?.has(key) ?? false;
  }

  get(key: string): Value | undefined {
    return this.#parts[partOf(key)]?.get(key);
  }

  *[Symbol.iterator](): IterableIterator<[string, Value]> {
    for (const part of this.#parts) yield* part;
  }

  *values(): IterableIterator<Value> {
    for (const part of this.#parts) yield* part.values();
  }

  /** The map with these values; `undefined` takes a key out. The very same map where nothing is different. */
  with(changes: Iterable<readonly [string, Value | undefined]>): PersistentMap<Value> {
    const changed = new Map<number, Map<string, Value>>();
    let { size } = this;
    for (const [key, value] of changes) {
      const at = partOf(key);
      const known = changed.get(at) ?? this.#parts[at];
      if (known?.get(key) === value) continue;
      const part = changed.get(at) ?? new Map(known);
      changed.set(at, part);
      size -= part.size;
      if (value === undefined) part.delete(key);
      else part.set(key, value);
      size += part.size;
    }
    if (changed.size === 0) return this;
    return new PersistentMap(
      this.#parts.map((part, at) => changed.get(at) ?? part),
      size,
    );
  }

  /** The keys that had another value in a map before, or were only in one of the two. */
  changedSince(before: PersistentMap<Value>): string[] {
    const keys: string[] = [];
    for (const [at, part] of this.#parts.entries()) {
      const was = before.#parts[at];
      if (was === undefined || was === part) continue;
      for (const [key, value] of part) if (was.get(key) !== value) keys.push(key);
      for (const key of was.keys()) if (!part.has(key)) keys.push(key);
    }
    return keys;
  }
}

/** The part that a key is in: keys that differ in one character alone are spread over all of them. */
function partOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (PARTS - 1);
}
