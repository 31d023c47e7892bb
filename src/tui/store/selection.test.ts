import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keepSelection, moveSelection, noSelection, select } from './selection.ts';

const ids = (count: number) => Array.from({ length: count }, (_, at) => `m-${at}`);

describe('a selection', () => {
  test('moves as far as there are rows, and the window no further than needed', () => {
    const first = select(noSelection, ids(10), 0, 4);
    const down = moveSelection(first, ids(10), 3, 4);
    expect(down).toEqual({ id: 'm-3', row: 3, top: 0 });
    expect(moveSelection(down, ids(10), 1, 4)).toEqual({ id: 'm-4', row: 4, top: 1 });
    expect(moveSelection(down, ids(10), 99, 4)).toEqual({ id: 'm-9', row: 9, top: 6 });
    expect(moveSelection(down, ids(10), -99, 4)).toEqual({ id: 'm-0', row: 0, top: 0 });
  });

  test('stays on its machine and on its line of the screen when others come in above', () => {
    const at = select({ ...noSelection, top: 3 }, ids(10), 5, 4);
    expect(keepSelection(at, ['a', 'b', ...ids(10)], 4)).toEqual({ id: 'm-5', row: 7, top: 5 });
  });

  test('goes on with what takes its row when its machine is gone', () => {
    const at = select(noSelection, ids(3), 2, 4);
    expect(keepSelection(at, ['m-0', 'm-1'], 4)).toEqual({ id: 'm-1', row: 1, top: 0 });
    expect(keepSelection(at, [], 4)).toEqual({ id: '', row: 0, top: 0 });
  });

  test('is always seen, and no row of the window is left empty, whatever happens to the list', () => {
    const lists = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        lists,
        fc.array(fc.integer({ min: -50, max: 50 })),
        fc.integer({ min: 1, max: 12 }),
        (all, by, height) => {
          let at = noSelection;
          for (const [turn, list] of all.entries()) {
            const names = list.map(String);
            at = moveSelection(keepSelection(at, names, height), names, by[turn] ?? 0, height);
            expect(at.id).toBe(names[at.row] ?? '');
            if (names.length === 0) continue;
            expect(at.row).toBeGreaterThanOrEqual(at.top);
            expect(at.row).toBeLessThan(at.top + height);
            expect(at.top).toBeLessThanOrEqual(Math.max(0, names.length - height));
          }
        },
      ),
    );
  });
});
