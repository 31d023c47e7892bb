import type { StoreHealth } from '../../../core/ports/store.ts';
import type { Queryable } from './database.ts';
import { lagOfLog } from './events.ts';
import { MIGRATIONS } from './migrations.ts';
import { int, only } from './rows.ts';

/** How the store is at this moment. A server that has not joined yet counts itself. */
export async function healthOf(database: Queryable, degraded: string): Promise<StoreHealth> {
  const [servers, lagMs] = await Promise.all([serversOf(database), lagOfLog(database)]);
  return { servers: Math.max(1, servers), schemaVersion: MIGRATIONS.length, degraded, lagMs };
}

/** How many servers have a lease that is good. */
export async function serversOf(database: Queryable): Promise<number> {
  const text = 'SELECT count(*)::bigint AS n FROM bmdemo.servers WHERE lease_until > bmdemo.now_ms()';
  return int(only(await database.query({ text, prepare: true })), 'n');
}
