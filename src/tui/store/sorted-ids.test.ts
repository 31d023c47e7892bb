import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNatural, reordered } from './sorted-ids.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[ab]-?[0-9]{0,3}$/), { maxLength: 40 });

test('people count 9, 10, and what counts the same has one order all the same', () => {
  expect(['m-10', 'm-9', 'm-09'].sort(compareNatural)).toEqual(['m-09', 'm-9', 'm-10']);
});

test('ids without some and with others are what sorting all of them makes', () => {
  const byName = { idOf: (id: string) => id, itemOf: (id: string) => id, compare: compareNatural };
  fc.assert(
    fc.property(names, names, (before, after) => {
      const ids = before.toSorted(compareNatural);
      const gone = before.filter((id) => !after.includes(id));
      const come = after.filter((id) => !before.includes(id));
      expect(reordered(ids, gone, come, byName)).toEqual(after.toSorted(compareNatural));
      // What only takes another place leaves the one and comes in at the other.
      expect(reordered(ids, before, after, byName)).toEqual(after.toSorted(compareNatural));
    }),
  );
});

test('no change is no new list', () => {
  const ids = ['a', 'b'];
  expect(reordered(ids, [], [], { idOf: String, itemOf: String, compare: compareNatural })).toBe(ids);
});
