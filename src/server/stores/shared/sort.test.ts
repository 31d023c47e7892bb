import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePlaces, compareText } from './sort.ts';

test('places are compared by value, then by id', () => {
  expect(comparePlaces(1, 'b', 2, 'a')).toBeLessThan(0);
  expect(comparePlaces(2, 'a', 2, 'b')).toBeLessThan(0);
  expect(comparePlaces('x', 'a', 'x', 'a')).toBe(0);
});

test('null comes after every value, and nulls are told apart by id', () => {
  expect(comparePlaces(null, 'a', Number.MAX_SAFE_INTEGER, 'b')).toBeGreaterThan(0);
  expect(comparePlaces('z', 'b', null, 'a')).toBeLessThan(0);
  expect(comparePlaces(null, 'a', null, 'b')).toBeLessThan(0);
});

test('a prefix comes first', () => {
  expect(compareText('rack-1', 'rack-12')).toBeLessThan(0);
  expect(compareText('', 'a')).toBeLessThan(0);
});

test('text has the order of its UTF-8 bytes', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 8 });
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { examples: [['\u{1f600}', '\uff21']] },
  );
});
