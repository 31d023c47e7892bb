import { expect, test } from 'vitest';
import { isLogZoomed } from '../store/select.ts';
import { createConsoleStore } from '../store/store.ts';
import { withUi } from '../store/update.ts';
import { withFilter, withSort } from '../store/view.ts';
import type { ConsoleGuest } from './guest.ts';
import { followLook } from './look.ts';

test('a guest that shows something finds nothing before it of what an explorer has opened', () => {
  const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
  const size = { columns: 120, rows: 40 };
  const store = createConsoleStore({ label: '', attached: false, size, settings, now: 0 });
  const view = { owner: 'guest', look: { revision: 1, machineId: null, pane: null } };
  const guest = { view: () => view, subscribe: () => () => undefined } as unknown as ConsoleGuest;
  store.setState((state) => ({
    ...withUi(state, {
      place: 'events',
      path: [{ kind: 'machine', machineId: 'machine-1', from: 'text' }],
      helpTop: 0,
      sorting: true,
      focus: 'log',
      logLook: { ...state.ui.logLook, wrap: true, zoomed: true },
    }),
    wire: { ...state.wire, open: true },
    view: withSort(withFilter(state.view, 'nowhere'), 'rack'),
  }));
  followLook(store, guest)();
  const { ui, wire } = store.getState();
  expect([ui.helpTop, ui.sorting, isLogZoomed(ui), wire.open]).toEqual([undefined, false, false, false]);
  expect([ui.place, ui.path, ui.focus]).toEqual(['machines', [], 'machines']);
  // A machine that is to be shown is not filtered away.
  expect(store.getState().view).toMatchObject({ filter: '', sort: 'machine' });
  // How somebody likes to read a log is nothing that lies in the way.
  expect(ui.logLook.wrap).toBe(true);
});
