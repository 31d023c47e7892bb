import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from './equal.ts';

const plain = fc.jsonValue({ maxDepth: 3 });

/** The same data with every object's keys the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

describe('equality of plain data', () => {
  it('is of content, whatever the order of keys', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(equal(value, turned(structuredClone(value)))).toBe(true);
      }),
    );
  });

  it('is none where anything differs', () => {
    const value = { a: [1, { b: 'x' }], c: null };
    expect(equal(value, { a: [1, { b: 'y' }], c: null })).toBe(false);
    expect(equal(value, { a: [1, { b: 'x' }, 2], c: null })).toBe(false);
    expect(equal(value, { a: [1, { b: 'x' }] })).toBe(false);
    expect(equal(value, { a: [1, { b: 'x' }], d: null })).toBe(false);
    expect(equal(['a', 'b'], ['b', 'a'])).toBe(false);
    expect(equal([], {})).toBe(false);
    expect(equal(null, {})).toBe(false);
    expect(equal('1', 1)).toBe(false);
  });
});
