/**
 * The last `capacity` items of an endless row. An item keeps its number, from 0, for as long as it is there, so a view that
 * stands on number 500 still stands on it when older ones have gone. Changed in place: who shows it goes by `end`.
 */
export class Ring<Item> {
  readonly capacity: number;
  readonly #items: Item[] = [];
  #end = 0;

  /** @param capacity how many items are kept, at least 1 */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The number of the oldest item that is there; `end` where there is none. */
  get start(): number {
    return this.#end - this.#items.length;
  }

  /** The number that the next item gets. */
  get end(): number {
    return this.#end;
  }

  /** Adds an item; the oldest goes where the ring is full. */
  push(item: Item): void {
    if (this.#items.length < this.capacity) this.#items.push(item);
    else this.#items[this.#end % this.capacity] = item;
    this.#end += 1;
  }

  /** The item of that number; undefined where it has gone or is not there yet. */
  at(number: number): Item | undefined {
    if (number < this.start || number >= this.#end) return undefined;
    return this.#items[number % this.capacity];
  }

  /** The items from `from` up to and without `to`, those that are there. */
  slice(from: number, to: number): Item[] {
    const items: Item[] = [];
    const last = Math.min(to, this.#end);
    for (let number = Math.max(from, this.start); number < last; number++) {
      const item = this.at(number);
      if (item !== undefined) items.push(item);
    }
    return items;
  }
}
