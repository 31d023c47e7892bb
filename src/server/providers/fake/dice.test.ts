import { expect, it } from 'vitest';
import { diceFor } from './dice.ts';

const throws = (...place: (string | number)[]) => {
  const dice = diceFor(1, ...place);
  return Array.from({ length: 20 }, () => dice.next());
};

it('throws the same for the same seed and place, and something else for any other', () => {
  expect(throws('machine-1', 'image', 1)).toEqual(throws('machine-1', 'image', 1));
  const others = [throws('machine-1', 'image', 2), throws('machine-11', 'image'), throws('machine-1', '1image')];
  for (const other of others) expect(other).not.toEqual(throws('machine-1', 'image', 1));
  expect(diceFor(2, 'machine-1', 'image', 1).next()).not.toBe(throws('machine-1', 'image', 1)[0]);
});

it('stays in its range, and reaches all of it', () => {
  const dice = diceFor(7);
  const seen = new Set(Array.from({ length: 200 }, () => dice.int(2, 5)));
  expect([...seen].sort()).toEqual([2, 3, 4, 5]);
  expect(new Set(Array.from({ length: 100 }, () => dice.pick(['a', 'b'])))).toEqual(new Set(['a', 'b']));
  expect(dice.hex(64)).toMatch(/^[0-9a-f]{64}$/);
});
