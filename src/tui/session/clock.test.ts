import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { machine, repave } from '../../../test/tui/samples.ts';
import { createConsoleStore } from '../store/store.ts';
import { takeNews } from '../store/update.ts';
import { Clock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what spins stands still while the server is lost; ages and the countdown go on', () => {
  const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
  const size = { columns: 120, rows: 40 };
  const store = createConsoleStore({ label: 'a:1', attached: true, size, settings, now: Date.now() });
  const machines = [{ kind: 'present', machine: machine('machine-1', { activeRunId: 'r' }) } as const];
  const runs = [{ kind: 'present', run: repave('r', 'machine-1', 1) } as const];
  store.setState((state) => takeNews(state, { machines, runs, matches: [], log: [], logEnded: false }));
  const clock = new Clock(store);
  clock.start();
  vi.advanceTimersByTime(1_000);
  const { frame, now } = store.getState().clock;
  expect(frame).toBe(5);
  const lost = { kind: 'lost', message: '', retryAt: 0, reached: true } as const;
  store.setState(({ connection }) => ({ connection: { ...connection, link: lost } }));
  vi.advanceTimersByTime(3_000);
  expect(store.getState().clock).toEqual({ frame, now: now + 3_000 });
  clock.stop();
});
