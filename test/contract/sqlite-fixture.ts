import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_LOG_LIMITS } from '../../src/server/stores/shared/limits.ts';
import { openSqliteStore } from '../../src/server/stores/sqlite/store.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { StoreFactory } from './fixture.ts';

/** A SQLite store in a folder of its own, on a virtual clock. */
export const sqliteFixture: StoreFactory = async (limits = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-sqlite-'));
  const clock = new VirtualClock();
  const store = openSqliteStore({
    path: join(folder, 'store.db'),
    clock,
    limits: { ...RUN_LOG_LIMITS, ...limits },
    onFault: () => {},
  });
  const all = { ageMs: null, count: null };
  const policy = {
    runs: { ageMs: null, count: limits.finishedRuns ?? null },
    events: { ageMs: null, count: limits.events ?? null },
    logs: all,
  };
  return {
    store,
    advance: (ms) => clock.advance(ms),
    sweep: async () => {
      while (await store.sweep(policy));
    },
    dispose: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
