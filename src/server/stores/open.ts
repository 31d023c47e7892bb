import type { Clock } from '../../core/ports/clock.ts';
import type { Store } from '../../core/ports/store.ts';
import type { StoreConfig } from '../config.ts';
import { createMemoryStore } from './memory/store.ts';
import { RUN_LOG_LIMITS } from './shared/limits.ts';
import { openSqliteStore } from './sqlite/store.ts';

/**
 * Opens the store that a server is told to keep its state in.
 *
 * @param onFault told of what fails where nobody waits for an answer
 * @throws an error named StoreUnusable where it cannot be used as it is; the message is for people
 */
export async function openStore(config: StoreConfig, clock: Clock, onFault: (error: unknown) => void): Promise<Store> {
  switch (config.kind) {
    case 'memory':
      return createMemoryStore({ clock, onListenerFault: onFault });
    case 'sqlite':
      return openSqliteStore({ path: config.path, clock, limits: RUN_LOG_LIMITS, onFault });
  }
}
