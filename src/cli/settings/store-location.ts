import { resolve } from 'node:path';

/** A store as `--store` names it. */
export type StoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * Reads `memory`, `sqlite:PATH`, a relative path from the working directory on, or `postgres://…`, which is looked at when
 * it is connected to; null where it is none of them.
 */
export function parseStore(text: string): StoreLocation | null {
  if (text === 'memory') return { kind: 'memory' };
  if (/^postgres(?:ql)?:\/\/./.test(text)) return { kind: 'postgres', url: text };
  const path = /^sqlite:(.+)$/s.exec(text)?.[1];
  return path === undefined ? null : { kind: 'sqlite', path: resolve(path) };
}
