import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ring } from './ring.ts';

test('an item keeps its number until it has gone', () => {
  const ring = new Ring<string>(3);
  for (const item of ['a', 'b', 'c', 'd', 'e']) ring.push(item);
  expect([ring.start, ring.end]).toEqual([2, 5]);
  expect([ring.at(1), ring.at(2), ring.at(4), ring.at(5)]).toEqual([undefined, 'c', 'e', undefined]);
  expect(ring.slice(0, 4)).toEqual(['c', 'd']);
});

test('holds the last items, and never more than it may', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 9 }), (items, capacity) => {
      const ring = new Ring<number>(capacity);
      for (const item of items) ring.push(item);
      expect(ring.slice(0, items.length)).toEqual(items.slice(-capacity));
      expect(ring.end - ring.start).toBe(Math.min(capacity, items.length));
    }),
  );
});
