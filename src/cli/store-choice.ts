import { join } from 'node:path';
import type { StoreConfig } from '../server/config.ts';
import { DEFAULT_LEASE_MS } from '../server/config.ts';
import type { Settings } from './settings/resolve.ts';
import { stateDirectory } from './state-directory.ts';

/** The store that the settings name; a file in the state directory where they name none. */
export function storeOf(settings: Pick<Settings, 'value'>, env: NodeJS.ProcessEnv): StoreConfig {
  const location = settings.value('store');
  if (location === undefined) return { kind: 'sqlite', path: join(stateDirectory(env), 'bmdemo.db') };
  if (location.kind !== 'postgres') return location;
  const lease = settings.value('lease');
  return { ...location, leaseMs: lease === undefined ? DEFAULT_LEASE_MS : lease * 1_000 };
}

/** What becomes of a server's state, for people. */
export function storeText(store: StoreConfig): string {
  switch (store.kind) {
    case 'memory':
      return 'state is kept in memory: it is gone when the server ends';
    case 'sqlite':
      return `state is kept in ${store.path}`;
    case 'postgres':
      return 'state is kept in PostgreSQL, where other servers may share it';
  }
}
