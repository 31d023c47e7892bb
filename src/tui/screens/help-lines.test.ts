import { expect, test } from 'vitest';
import { allActions } from '../actions/all.ts';
import type { ConsoleEffects } from '../actions/effects.ts';
import { lineText, lineWidth } from '../format/segment.ts';
import type { Registry } from '../keys/registry.ts';
import { createRegistry } from '../keys/registry.ts';
import { COMMANDS } from '../palette/commands.ts';
import type { Place } from '../store/place.ts';
import type { ConsoleState } from '../store/state.ts';
import { initialState } from '../store/state.ts';
import { goTo } from '../store/travel.ts';
import { helpLines, helpRows } from './help-lines.ts';

const registry: Registry<ConsoleEffects> = createRegistry(allActions);

function stateAt(place: Place, columns: number, rows: number): ConsoleState {
  const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
  return goTo(initialState({ label: 'a:1', attached: true, size: { columns, rows }, settings, now: 0 }), place);
}

function textsOf(state: ConsoleState): readonly string[] {
  return helpLines(state, registry).map(lineText);
}

test.each([
  [80, 24],
  [120, 40],
  [160, 50],
  [200, 60],
])('at %d×%d every action and every command is there, and no line is wider than its frame leaves', (columns, rows) => {
  const state = stateAt('machines', columns, rows);
  const all = textsOf(state).join('\n');
  for (const { label, group } of allActions) if (group !== 'Inner') expect(all).toContain(` ${label} `);
  for (const { name } of COMMANDS) expect(all).toContain(`:${name} `);
  expect(Math.max(...helpLines(state, registry).map(lineWidth))).toBeLessThanOrEqual(columns - 4);
});

test('all of it is seen at once where the screen has the room, in one column where that is enough', () => {
  const wide = stateAt('machines', 200, 60);
  expect(textsOf(wide).length).toBeLessThanOrEqual(helpRows(wide));
  expect(textsOf(stateAt('machines', 200, 400))).toEqual(textsOf(stateAt('machines', 200, 300)));
  expect(textsOf(stateAt('machines', 200, 400))[0]).toBe('Act');
});

test('what does something here comes before the commands, and what does not behind them', () => {
  const before = (place: Place, text: RegExp) => {
    const lines = textsOf(stateAt(place, 99, 400));
    const at = lines.findIndex((line) => text.test(line));
    expect(at).toBeGreaterThan(-1);
    return at < lines.indexOf('Commands that act');
  };
  expect(before('machines', /^ {2}r +repave /)).toBe(true);
  for (const place of ['plans', 'server-log'] as const) expect(before(place, /^ {2}r +repave /)).toBe(false);
  expect(before('server-log', /^ {2}W +wrap /)).toBe(true);
  expect(before('machines', /^ {2}W +wrap /)).toBe(false);
  expect(before('plans', /^ {2}x +calls /)).toBe(true);
});
