import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePlaces } from '../shared/sort.ts';
import { SortedIndex } from './sorted-index.ts';

interface Row {
  readonly id: string;
  readonly value: number | null;
  readonly text: string;
}

const KEY = { value: (row: Row) => row.value, id: (row: Row) => row.id };
const row = (id: number, value: number | null, text = ''): Row => ({ id: `r${id}`, value, text });

/** The same by brute force. */
function sorted(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => comparePlaces(a.value, a.id, b.value, b.id));
}

test('an empty index has nothing', () => {
  const index = new SortedIndex(KEY);
  index.delete(row(1, 1));
  expect([index.size, index.first(), index.rows(), [...index.after(null)], [...index.after(null, true)]]).toEqual([
    0,
    undefined,
    [],
    [],
    [],
  ]);
});

test('a row with the same key takes the place of the other', () => {
  const index = new SortedIndex(KEY);
  index.set(row(1, 5, 'old'));
  index.set(row(1, 5, 'new'));
  expect(index.rows()).toEqual([row(1, 5, 'new')]);
});

test('a row that is replaced moves to where it now belongs', () => {
  const index = new SortedIndex(KEY);
  for (const id of [1, 2, 3]) index.set(row(id, id));
  index.replace(row(1, 1), row(1, null));
  expect(index.rows().map(({ id }) => id)).toEqual(['r2', 'r3', 'r1']);
});

test('behaves as an array that is sorted after each change, both ways, from any place', () => {
  const change = fc.record({
    id: fc.integer({ min: 0, max: 40 }),
    value: fc.option(fc.integer({ min: 0, max: 9 })),
    remove: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120 }), fc.integer({ min: 0, max: 9 }), (changes, from) => {
      const index = new SortedIndex(KEY);
      const model = new Map<string, Row>();
      for (const { id, value, remove } of changes) {
        const next = row(id, value);
        const old = model.get(next.id);
        if (remove) {
          if (old !== undefined) index.delete(old);
          model.delete(next.id);
        } else {
          if (old === undefined) index.set(next);
          else index.replace(old, next);
          model.set(next.id, next);
        }
      }
      const place = { value: from, id: 'r20' };
      const all = sorted(model.values());
      const compare = (one: Row) => comparePlaces(one.value, one.id, place.value, place.id);
      expect(index.rows()).toEqual(all);
      expect(index.size).toBe(all.length);
      expect([...index.after(null, true)]).toEqual(all.toReversed());
      expect([...index.after(place)]).toEqual(all.filter((one) => compare(one) > 0));
      expect([...index.after(place, true)]).toEqual(all.filter((one) => compare(one) < 0).toReversed());
    }),
  );
});

test('keeps its order through many chunks that grow, shrink and join', () => {
  const index = new SortedIndex(KEY);
  const model = new Map<string, Row>();
  for (let n = 0; n < 5_000; n += 1) {
    const next = row((n * 7_919) % 5_000, n % 100);
    model.set(next.id, next);
    index.set(next);
  }
  for (const old of [...model.values()]) {
    if (old.value === null || old.value % 10 === 0) continue;
    index.delete(old);
    model.delete(old.id);
  }
  expect(index.rows()).toEqual(sorted(model.values()));
  const fromTheMiddle = { value: 50, id: 'r0' };
  expect([...index.after(fromTheMiddle, true)].length + [...index.after(fromTheMiddle)].length).toBe(
    index.size - (model.get('r0')?.value === 50 ? 1 : 0),
  );
  for (const old of model.values()) index.delete(old);
  expect([index.size, index.rows()]).toEqual([0, []]);
});
