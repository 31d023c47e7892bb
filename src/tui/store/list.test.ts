import { describe, expect, test } from 'vitest';
import type { ListChange, ListState, RowKind } from './list.ts';
import { applyListChanges, emptyList, filterList, keepListed, MAX_LISTED, queryOf, wantsMore } from './list.ts';

interface Item {
  readonly id: string;
  readonly at: number;
  readonly text?: string;
}

const trail: RowKind<Item> = {
  idOf: ({ id }) => id,
  textOf: ({ id, text = '' }) => `${id} ${text}`,
  compare: undefined,
  follows: true,
};
const dated: RowKind<Item> = { ...trail, compare: (a, b) => b.at - a.at, follows: false };

const item = (at: number, text = ''): Item => ({ id: `r${at}`, at, text });
const page = (items: readonly Item[], more = ''): ListChange<Item> => ({ kind: 'page', rows: items, more });
const row = (one: Item): ListChange<Item> => ({ kind: 'row', row: one });
const of = (kind: RowKind<Item>, changes: readonly ListChange<Item>[]) => applyListChanges(emptyList(kind), changes);

/** The list as a screen of so many rows would have it. */
function settled(list: ListState<Item>, row = 0): ListState<Item> {
  const kept = keepListed(list, 4, true);
  return keepListed({ ...kept, selection: { id: kept.shown[row] ?? '', row, top: 0 } }, 4, true);
}

describe('a list', () => {
  test('has pages behind each other, and what a watch tells before them, the last first', () => {
    const list = of(trail, [page([item(3), item(2)], 'next'), page([item(1)]), row(item(4)), row(item(5))]);
    expect(list.shown).toEqual(['r5', 'r4', 'r3', 'r2', 'r1']);
    expect([list.loaded, list.more]).toEqual([true, '']);
  });

  test('puts rows that have a time where they belong, whichever way they came', () => {
    const list = of(dated, [row(item(4)), page([item(5), item(3)]), row(item(6)), row(item(1))]);
    expect(list.shown).toEqual(['r6', 'r5', 'r4', 'r3', 'r1']);
  });

  test('takes what a watch told over what a page says, and knows each row once', () => {
    const list = of(dated, [row(item(4, 'as watched')), page([item(4, 'as listed'), item(3)]), row(item(3, 'later'))]);
    expect([...list.rows.values()].map(({ text }) => text).sort()).toEqual(['as watched', 'later']);
    expect(list.shown).toEqual(['r4', 'r3']);
  });

  test('lets go of what no longer belongs to it, and of everything when it begins anew', () => {
    expect(of(trail, [page([item(2), item(1)]), { kind: 'drop', id: 'r2' }]).shown).toEqual(['r1']);
    const anew = of(trail, [page([item(2)], 'next'), row(item(3)), { kind: 'reset' }, row(item(9))]);
    expect([anew.shown, anew.loaded, anew.more]).toEqual([['r9'], false, '']);
  });

  test('keeps the newest where there are too many, says so, and asks for no more', () => {
    const many = Array.from({ length: MAX_LISTED }, (_, at) => item(MAX_LISTED - at));
    const list = of(trail, [page(many, 'next'), row(item(MAX_LISTED + 1))]);
    expect([list.shown.length, list.shown[0], list.shown.at(-1)]).toEqual([MAX_LISTED, `r${MAX_LISTED + 1}`, 'r2']);
    expect([list.cut, list.more, list.rows.size]).toEqual([true, '', MAX_LISTED]);
  });
});

describe('its cursor', () => {
  test('stays on the newest while it is on the first row', () => {
    const list = settled(of(trail, [page([item(2), item(1)])]));
    expect(keepListed(applyListChanges(list, [row(item(3))]), 4, true).selection.id).toBe('r3');
  });

  test('stays on its row while that is read, or where it is further down', () => {
    const first = settled(of(trail, [page([item(2), item(1)])]));
    const read = keepListed(applyListChanges(first, [row(item(3))]), 4, false);
    expect(read.selection).toMatchObject({ id: 'r2', row: 1 });
    const second = settled(of(trail, [page([item(2), item(1)])]), 1);
    expect(keepListed(applyListChanges(second, [row(item(3))]), 4, true).selection).toMatchObject({ id: 'r1', row: 2 });
  });

  test('has the newest above it in sight where the first row was, and stays where it was further down', () => {
    const items = Array.from({ length: 9 }, (_, at) => item(9 - at));
    const atTop = settled(of(dated, [page(items)]), 1);
    expect(keepListed(applyListChanges(atTop, [row(item(10))]), 4, true).selection).toEqual({
      id: 'r8',
      row: 2,
      top: 0,
    });
    const below = keepListed({ ...atTop, selection: { id: 'r4', row: 5, top: 3 } }, 4, true);
    expect(keepListed(applyListChanges(below, [row(item(10))]), 4, true).selection).toEqual({
      id: 'r4',
      row: 6,
      top: 4,
    });
  });

  test('is found again when the list was asked for anew', () => {
    const second = settled(of(dated, [page([item(3), item(2), item(1)])]), 1);
    const anew = keepListed(applyListChanges(second, [{ kind: 'reset' }]), 4, true);
    expect(anew.selection.id).toBe('r2');
    const back = keepListed(applyListChanges(anew, [page([item(4), item(3), item(2)])]), 4, true);
    expect(back.selection).toMatchObject({ id: 'r2', row: 2 });
  });

  test('wants the next page when it comes near the end, and none where there is none', () => {
    const items = Array.from({ length: 40 }, (_, at) => item(40 - at));
    const list = of(trail, [page(items, 'next')]);
    const at = (row: number) => ({ ...list, selection: { id: `r${40 - row}`, row, top: 0 } });
    expect([wantsMore(at(0), 4), wantsMore(at(31), 4), wantsMore(at(32), 4)]).toEqual([false, false, true]);
    expect(wantsMore({ ...at(39), more: '' }, 4)).toBe(false);
  });
});

describe('its filter', () => {
  test('looks for all words of free text in what is here, and in what comes', () => {
    const list = of(trail, [page([item(2, 'the disk is full'), item(1, 'a full rack')])]);
    const full = filterList(list, ' FULL disk ', false);
    expect([full.filter, full.shown]).toEqual(['FULL disk', ['r2']]);
    expect(applyListChanges(full, [row(item(3, 'disk not full'))]).shown).toEqual(['r3', 'r2']);
    expect(filterList(full, '', false).shown).toEqual(['r2', 'r1']);
  });

  test('forgets what is here where the server is asked, and where it is asked no more', () => {
    const list = of(trail, [page([item(2), item(1)])]);
    const asked = filterList(list, 'kind=FAILED', true);
    expect([asked.shown, asked.loaded, queryOf(asked)]).toEqual([[], false, 'kind=FAILED']);
    const free = filterList(applyListChanges(asked, [page([item(2)])]), 'r2', false);
    expect([free.shown, free.loaded, queryOf(free)]).toEqual([[], false, '']);
  });
});
