import type { Logger } from 'pino';
import type { Clock } from '../../core/ports/clock.ts';
import type { Store } from '../../core/ports/store.ts';
import type { StoreConfig } from '../config.ts';
import { createMemoryStore } from './memory/store.ts';
import { RUN_LOG_LIMITS } from './shared/limits.ts';
import { openSqliteStore } from './sqlite/store.ts';

/**
 * Opens the store that a server is told to keep its state in.
 *
 * @throws an error named StoreUnusable where something has to be done about it, or StoreUnavailable where it cannot be
 * reached at this moment; their messages are for people
 */
export async function openStore(config: StoreConfig, clock: Clock, log: Logger): Promise<Store> {
  const onFault = (error: unknown) => log.error({ err: error }, 'a listener of the store failed');
  switch (config.kind) {
    case 'memory':
      return createMemoryStore({ clock, onListenerFault: onFault });
    case 'sqlite':
      return openSqliteStore({ path: config.path, clock, limits: RUN_LOG_LIMITS, onFault });
    case 'postgres': {
      // The driver takes a while to load, and most servers do without it.
      const { openPostgresStore } = await import('./postgres/store.ts');
      const { url, leaseMs } = config;
      return openPostgresStore({ url, leaseMs, clock, limits: RUN_LOG_LIMITS, ready: true, log });
    }
  }
}
