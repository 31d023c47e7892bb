import { join, resolve } from 'node:path';
import type { StoreConfig } from '../../server/config.ts';
import { stateDirectory } from '../state-directory.ts';

/** Reads `memory` or `sqlite:PATH`, a relative path from the working directory on; null where it is neither. */
export function parseStore(text: string): StoreConfig | null {
  if (text === 'memory') return { kind: 'memory' };
  const path = /^sqlite:(.+)$/s.exec(text)?.[1];
  return path === undefined ? null : { kind: 'sqlite', path: resolve(path) };
}

/** Where a server keeps its state that is not told. */
export function defaultStore(env: NodeJS.ProcessEnv): { readonly kind: 'sqlite'; readonly path: string } {
  return { kind: 'sqlite', path: join(stateDirectory(env), 'bmdemo.db') };
}

/** What becomes of a server's state, for people. */
export function storeText(store: StoreConfig): string {
  switch (store.kind) {
    case 'memory':
      return 'state is kept in memory: it is gone when the server ends';
    case 'sqlite':
      return `state is kept in ${store.path}`;
  }
}
