import { systemClock } from '../../src/server/clock.ts';
import { openPostgresStore } from '../../src/server/stores/postgres/store.ts';
import { RUN_LOG_LIMITS } from '../../src/server/stores/shared/limits.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { QUIET } from '../support/postgres.ts';
import type { StoreFactory } from './fixture.ts';

/** The servers under whose names tests claim runs: members that never die. */
const MEMBERS = ['server-1', 'server-2', 'server-3', 's1', 's2'];

/** Time that stands until a test moves it, and a log that began with it. */
const VIRTUAL_TIME = `
  CREATE TABLE IF NOT EXISTS public.test_clock (now bigint);
  DELETE FROM public.test_clock;
  INSERT INTO public.test_clock VALUES (1893456000000);
  CREATE OR REPLACE FUNCTION bmdemo.now_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT now FROM public.test_clock';
  UPDATE bmdemo.event_log SET began_at = 1893456000000;`;

const ALL_LIVE = `
  INSERT INTO bmdemo.servers (instance, beat, ttl, lease_until)
    SELECT name, 1, 5000, 9e15 FROM unnest('{${MEMBERS.join(',')}}'::text[]) AS name
    ON CONFLICT DO NOTHING`;

/** A store in a database of its own, on a virtual clock. */
export function postgresFixture(postgres: () => TestPostgres): StoreFactory {
  return async (limits = {}) => {
    const database = await postgres().createDatabase();
    const store = await openPostgresStore({
      url: database.url,
      clock: systemClock,
      limits: { ...RUN_LOG_LIMITS, ...limits },
      // Each connection has everything to learn: more of them would cost more than they bring.
      poolSize: 4,
      log: QUIET,
    });
    await database.query(VIRTUAL_TIME);
    await database.query(ALL_LIVE);
    const policy = {
      runs: { ageMs: null, count: limits.finishedRuns ?? null },
      events: { ageMs: null, count: limits.events ?? null },
      logs: { ageMs: null, count: null },
    };
    return {
      store: {
        ...store,
        // As where one process has the store to itself: whoever else owned something is gone.
        reap: async (owner) => {
          await database.query('DELETE FROM bmdemo.servers WHERE instance <> $1', [owner]);
          const claims = await store.reap(owner);
          await database.query(ALL_LIVE);
          return claims;
        },
      },
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
  };
}
