import { expect, test } from 'vitest';
import { machine, repave } from '../../../test/tui/samples.ts';
import type { ConsoleState } from '../store/state.ts';
import { createConsoleStore } from '../store/store.ts';
import { takeNews } from '../store/update.ts';
import { Narrator } from './narrator.ts';

const RUN = '7f3a91kq00000000';
const none = { machines: [], matches: [], runs: [], log: [], logEnded: false };

/** A console with a machine whose repave has come so far, and what is said of it from then on. */
function withRepave(at: number) {
  const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
  const size = { columns: 99, rows: 200 };
  const store = createConsoleStore({ label: 'a:1', attached: true, size, settings, now: Date.now() });
  const progress = (to: number, current: number) => {
    const run = repave(RUN, 'machine-1', to);
    const step = run.steps[to];
    if (step?.progress !== undefined) step.progress.current = current;
    store.setState((state: ConsoleState) => takeNews(state, { ...none, runs: [{ kind: 'present', run }] }));
  };
  store.setState((state) =>
    takeNews(state, {
      ...none,
      machines: [{ kind: 'present', machine: machine('machine-1', { activeRunId: RUN }) }, { kind: 'loaded' }],
    }),
  );
  progress(at, 0);
  const said: string[] = [];
  const screen: { lines: readonly string[] } = { lines: [] };
  const narrator = new Narrator(store, () => screen.lines);
  narrator.start((line) => said.push(line));
  said.length = 0;
  return { store, said, progress, narrator, screen };
}

test('says nothing while nothing changes, whatever the clock does', () => {
  const { store, said } = withRepave(2);
  for (let frame = 1; frame <= 20; frame++) store.setState({ clock: { now: Date.now() + frame * 200, frame } });
  expect(said).toEqual([]);
});

test('says how far a step is at each quarter, and without its bar', () => {
  const { said, progress } = withRepave(2);
  for (let current = 0; current <= 60; current += 5) progress(2, current);
  expect(said).toEqual([
    expect.stringMatching(/^running: repave-image \d\.\ds attempt 1 of 2 25%$/),
    expect.stringContaining('50%'),
  ]);
});

test('a screen that is read as a whole says what a key has changed on it, and nothing in between', () => {
  const { store, said, narrator, screen } = withRepave(2);
  screen.lines = ['title', '> row', 'row', 'last'];
  store.setState(({ ui }) => ({ ui: { ...ui, helpTop: 0 } }));
  expect(said.splice(0)).toEqual(['title', '> row', 'row', 'last']);
  screen.lines = ['title', 'first', '> row', 'row'];
  expect(said).toEqual([]);
  narrator.keysPressed();
  // The cursor is on another row that reads alike, and `last` has gone.
  expect(said.splice(0)).toEqual(['first', '> row']);
  screen.lines = ['title', 'first', 'row', '> row', 'detail'];
  narrator.keysPressed();
  expect(said.splice(0)).toEqual(['> row', 'detail']);
  narrator.keysPressed();
  expect(said).toEqual([]);
  store.setState(({ ui }) => ({ ui: { ...ui, helpTop: undefined } }));
  narrator.keysPressed();
  expect(said).toEqual(['Machines.', expect.stringContaining('machine-1, 1 of 1')]);
});
