import type { PageKey } from '../../../core/ports/store.ts';
import type { SortValue } from '../shared/sort.ts';
import { comparePlaces } from '../shared/sort.ts';

/** What rows are sorted by; no two rows of an index have both in common. */
export interface IndexKey<Row> {
  readonly value: (row: Row) => SortValue;
  readonly id: (row: Row) => string;
}

/** A chunk is split above this size, and joined with the next where both fit into half of it. */
const MAX_CHUNK = 512;

/**
 * Rows in order, in chunks: finding costs a binary search, and a change moves at most one chunk's rows. One array moved
 * all rows behind the change instead: 0.1 ms for every event of one of 100,000 machines.
 */
export class SortedIndex<Row> {
  readonly #key: IndexKey<Row>;
  /** None is empty. */
  readonly #chunks: Row[][] = [];
  #size = 0;

  constructor(key: IndexKey<Row>) {
    this.#key = key;
  }

  /** How many rows there are. */
  get size(): number {
    return this.#size;
  }

  /** The first row; undefined where there is none. */
  first(): Row | undefined {
    return this.#chunks[0]?.[0];
  }

  /** Puts a row in, in the place of one with the same key. */
  set(row: Row): void {
    const value = this.#key.value(row);
    const id = this.#key.id(row);
    const place = this.#find(value, id);
    // What belongs behind every row goes to the end of the last chunk.
    const index = Math.min(place.chunk, Math.max(0, this.#chunks.length - 1));
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push([row]);
      this.#size = 1;
      return;
    }
    const at = index === place.chunk ? place.at : chunk.length;
    const there = chunk[at];
    if (there !== undefined && this.#compare(there, value, id) === 0) {
      chunk[at] = row;
      return;
    }
    chunk.splice(at, 0, row);
    this.#size += 1;
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(index + 1, 0, chunk.splice(MAX_CHUNK / 2));
  }

  /** Takes out the row with this row's key; nothing happens where there is none. */
  delete(row: Row): void {
    const value = this.#key.value(row);
    const id = this.#key.id(row);
    const { chunk: index, at } = this.#find(value, id);
    const chunk = this.#chunks[index];
    const there = chunk?.[at];
    if (chunk === undefined || there === undefined || this.#compare(there, value, id) !== 0) return;
    chunk.splice(at, 1);
    this.#size -= 1;
    const next = this.#chunks[index + 1];
    if (chunk.length === 0) this.#chunks.splice(index, 1);
    else if (next !== undefined && chunk.length + next.length <= MAX_CHUNK / 2) {
      chunk.push(...next);
      this.#chunks.splice(index + 1, 1);
    }
  }

  /** Puts a row in the place of another, or where it now belongs. */
  replace(old: Row, next: Row): void {
    if (this.#compare(old, this.#key.value(next), this.#key.id(next)) !== 0) this.delete(old);
    this.set(next);
  }

  /** Rows behind a place, or all of them; to be read to where it is wanted before the index changes. */
  *after(place: PageKey | null, descending = false): Generator<Row> {
    if (descending) yield* this.#before(place);
    else yield* this.#behind(place);
  }

  /** All rows in order, in an array of its own. */
  rows(): Row[] {
    return this.#chunks.flat();
  }

  /** The place of a row, as a list goes on behind it. */
  placeOf(row: Row): PageKey {
    return { value: this.#key.value(row), id: this.#key.id(row) };
  }

  *#behind(place: PageKey | null): Generator<Row> {
    const start = place === null ? { chunk: 0, at: 0 } : this.#find(place.value, place.id);
    for (let index = start.chunk; index < this.#chunks.length; index += 1) {
      const chunk = this.#chunks[index] ?? [];
      for (let at = index === start.chunk ? start.at : 0; at < chunk.length; at += 1) {
        const row = chunk[at] as Row;
        if (place === null || this.#compare(row, place.value, place.id) !== 0) yield row;
      }
    }
  }

  *#before(place: PageKey | null): Generator<Row> {
    const end = place === null ? { chunk: this.#chunks.length, at: 0 } : this.#find(place.value, place.id);
    for (let index = Math.min(end.chunk, this.#chunks.length - 1); index >= 0; index -= 1) {
      const chunk = this.#chunks[index] ?? [];
      for (let at = (index === end.chunk ? end.at : chunk.length) - 1; at >= 0; at -= 1) yield chunk[at] as Row;
    }
  }

  /** Where the first row stands that is not before a place; behind the last chunk where there is none. */
  #find(value: SortValue, id: string): { chunk: number; at: number } {
    const chunk = firstIndex(this.#chunks.length, (index) => {
      const last = this.#chunks[index]?.at(-1);
      return last !== undefined && this.#compare(last, value, id) >= 0;
    });
    const rows = this.#chunks[chunk];
    if (rows === undefined) return { chunk, at: 0 };
    return { chunk, at: firstIndex(rows.length, (at) => this.#compare(rows[at] as Row, value, id) >= 0) };
  }

  #compare(row: Row, value: SortValue, id: string): number {
    return comparePlaces(this.#key.value(row), this.#key.id(row), value, id);
  }
}

/** The first of `length` indexes for which `holds` is true; it must be true for all behind it. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
