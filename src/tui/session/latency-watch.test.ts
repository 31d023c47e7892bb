import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BackendDouble } from '../../../test/tui/backend-double.ts';
import { createConsoleStore } from '../store/store.ts';
import { LatencyWatch } from './latency-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch() {
  const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
  const size = { columns: 120, rows: 40 };
  const store = createConsoleStore({ label: 'a:1', attached: true, size, settings, now: 0 });
  const backend = new BackendDouble();
  const latency = new LatencyWatch(store, backend);
  store.setState(({ connection }) => ({ connection: { ...connection, link: { kind: 'connected' } } }));
  latency.start();
  return { store, backend, latency };
}

test('asks for a sign of life once the console has begun, then only after half a minute without an answer', async () => {
  const { backend, latency } = watch();
  await vi.advanceTimersByTimeAsync(1_900);
  expect(backend.pings).toBe(0);
  await vi.advanceTimersByTimeAsync(100);
  expect(backend.pings).toBe(1);
  await vi.advanceTimersByTimeAsync(29_000);
  backend.answeredIn(3);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(backend.pings).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(backend.pings).toBe(2);
  latency.close();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(backend.pings).toBe(2);
});

test('takes the quickest of the last three answers, and shows another one only if it says something new', () => {
  const { store, backend, latency } = watch();
  const shown = [168, 46, 4, 6, 2, 40, 41, 42, 50].map((ms) => {
    backend.answeredIn(ms);
    return store.getState().connection.latencyMs;
  });
  expect(shown).toEqual([168, 46, 4, 4, 4, 4, 4, 40, 40]);
  latency.close();
});

test('asks nothing of a server that is lost, and again when it is back', async () => {
  const { store, backend, latency } = watch();
  const lost = { kind: 'lost', message: '', retryAt: 0, reached: true } as const;
  store.setState(({ connection }) => ({ connection: { ...connection, link: lost } }));
  await vi.advanceTimersByTimeAsync(61_000);
  expect(backend.pings).toBe(0);
  store.setState(({ connection }) => ({ connection: { ...connection, link: { kind: 'connected' } } }));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(backend.pings).toBe(1);
  latency.close();
});
