import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PersistentMap } from './persistent-map.ts';

const change = fc.tuple(
  fc.oneof(
    fc.integer({ min: 0, max: 30 }).map((n) => `machine-${n}`),
    fc.string({ maxLength: 2 }),
  ),
  fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
);

test('it has what a map has after the same changes, says what they were, and what was there before stays as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 12 }), (turns) => {
      let map = PersistentMap.empty<number>();
      const model = new Map<string, number>();
      for (const changes of turns) {
        const [before, modelBefore] = [map, new Map(model)];
        map = before.with(changes);
        for (const [key, value] of changes) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        expect(new Map(map)).toEqual(model);
        expect([map.size, [...map.values()].length]).toEqual([model.size, model.size]);
        for (const [key] of changes) expect([map.get(key), map.has(key)]).toEqual([model.get(key), model.has(key)]);
        expect(new Map(before)).toEqual(modelBefore);
        const keys = new Set([...model.keys(), ...modelBefore.keys()]);
        const different = [...keys].filter((key) => model.get(key) !== modelBefore.get(key));
        expect(map.changedSince(before).sort()).toEqual(different.sort());
      }
    }),
  );
});

test('a change that changes nothing makes no other map', () => {
  const map = PersistentMap.empty<number>().with([['a', 1]]);
  expect(
    map.with([
      ['a', 1],
      ['b', undefined],
    ]),
  ).toBe(map);
});
