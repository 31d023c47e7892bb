import type { StoreFacts } from '../shared/facts.ts';
import type { Queryable } from './database.ts';
import { Database } from './database.ts';
import { StoreUnusable, translateOpening } from './errors.ts';
import { earliestTime } from './events.ts';
import { serversOf } from './health.ts';
import { MIGRATIONS } from './migrations.ts';
import { int, only } from './rows.ts';

/**
 * Looks at a store as of one moment, without becoming one of its servers.
 *
 * @throws StoreUnusable where there is none
 */
export async function inspect<T>(url: string, look: (moment: Queryable) => Promise<T>): Promise<T> {
  const database = new Database({ url, poolSize: 2, sessions: false });
  try {
    const moment = await database.beginRead();
    try {
      const version = await schemaVersion(moment);
      if (version > MIGRATIONS.length) {
        throw new StoreUnusable(
          `the store was written by a newer bmdemo (schema ${version}, this one knows ${MIGRATIONS.length}); use that version`,
        );
      }
      return await look(moment);
    } finally {
      await moment.end();
    }
  } catch (error) {
    throw translateOpening(error);
  } finally {
    await database.close();
  }
}

async function schemaVersion(moment: Queryable): Promise<number> {
  const there = await moment.query({ text: "SELECT to_regclass('bmdemo.migrations') IS NOT NULL AS there" });
  if (only(there).there !== true) throw new StoreUnusable('the database holds no store of bmdemo');
  return numberOf(moment, 'SELECT max(number)::bigint AS n FROM bmdemo.migrations');
}

/** What there is to know of the store in a database. @throws StoreUnusable as `inspect` does */
export function factsOfDatabase(url: string): Promise<StoreFacts> {
  return inspect(url, async (moment) => {
    const events = only(await moment.query({ text: 'SELECT count(*)::bigint AS n, min(at) AS at FROM bmdemo.events' }));
    const servers = await serversOf(moment);
    return {
      kind: 'postgres',
      location: locationOf(url),
      bytes: await numberOf(
        moment,
        `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS n FROM pg_class
         WHERE relnamespace = 'bmdemo'::regnamespace AND relkind = 'r'`,
      ),
      schemaVersion: await schemaVersion(moment),
      usedBy: servers === 0 ? '' : `${servers} ${servers === 1 ? 'server' : 'servers'}`,
      machines: await numberOf(moment, 'SELECT count(*)::bigint AS n FROM bmdemo.machines'),
      activeRuns: await numberOf(
        moment,
        "SELECT count(*)::bigint AS n FROM bmdemo.runs WHERE phase IN ('PENDING', 'RUNNING')",
      ),
      finishedRuns: await numberOf(
        moment,
        "SELECT count(*)::bigint AS n FROM bmdemo.runs WHERE phase IN ('SUCCEEDED', 'FAILED', 'CANCELED')",
      ),
      events: int(events, 'n'),
      logs: await numberOf(moment, 'SELECT count(*)::bigint AS n FROM bmdemo.log_sizes'),
      earliestEvent: typeof events.at === 'number' ? events.at : null,
      historyFrom: await earliestTime(moment),
    };
  });
}

async function numberOf(moment: Queryable, text: string): Promise<number> {
  return int(only(await moment.query({ text })), 'n');
}

/** `HOST:PORT/DATABASE`: what a URL says beside that is nobody's business. */
function locationOf(url: string): string {
  if (!URL.canParse(url)) return 'PostgreSQL';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || '5432'}${decodeURIComponent(pathname)}`;
}
