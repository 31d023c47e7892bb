import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../src/server/clock.ts';
import { openPostgresStore } from '../../src/server/stores/postgres/store.ts';
import { RUN_LOG_LIMITS } from '../../src/server/stores/shared/limits.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { QUIET, startPostgres } from '../support/postgres.ts';
import { describeStore } from './describe-store.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** Time that stands until a test moves it, and servers that are members and never die. */
const UNDER_TEST = `
  CREATE TABLE IF NOT EXISTS public.test_clock (now bigint);
  DELETE FROM public.test_clock;
  INSERT INTO public.test_clock VALUES (1893456000000);
  CREATE OR REPLACE FUNCTION bmdemo.now_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT now FROM public.test_clock';
  INSERT INTO bmdemo.servers (instance, beat, ttl, lease_until)
    SELECT 'server-' || n, 1, 5000, 9e15 FROM generate_series(1, 3) AS n;`;

describeStore(
  'PostgreSQL',
  async (limits = {}) => {
    const database = await postgres.createDatabase();
    const store = await openPostgresStore({
      url: database.url,
      clock: systemClock,
      limits: { ...RUN_LOG_LIMITS, ...limits },
      log: QUIET,
    });
    await database.query(UNDER_TEST);
    const policy = {
      runs: { ageMs: null, count: limits.finishedRuns ?? null },
      events: { ageMs: null, count: limits.events ?? null },
      logs: { ageMs: null, count: null },
    };
    return {
      store,
      advance: async (ms) => {
        await database.query('UPDATE public.test_clock SET now = now + $1', [ms]);
      },
      sweep: async () => {
        while (await store.sweep(policy));
      },
      dispose: async () => {
        await store.close();
        await database.giveBack();
      },
    };
  },
  { shared: true },
);
