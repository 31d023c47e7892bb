import type { Store } from '../../../core/ports/store.ts';

/** At which mutation of the store a process is to die, and on which side of it. */
export interface FaultPoint {
  /** Counts the mutations of this process, from 1. */
  readonly number: number;
  /** Before it is made, or after it is durable and before its answer is known. */
  readonly when: 'before' | 'after';
}

/** The calls of a store that write. */
const MUTATIONS: ReadonlySet<string> = new Set([
  'commit',
  'claim',
  'release',
  'reap',
  'appendLogs',
  'sweep',
] satisfies (keyof Store)[]);

/** Reads `N`, `N:before` or `N:after`; N alone means before. Null where it is none of them. */
export function parseFaultPoint(text: string): FaultPoint | null {
  const match = /^([1-9]\d{0,8})(?::(before|after))?$/.exec(text);
  if (match === null) return null;
  return { number: Number(match[1]), when: match[2] === 'after' ? 'after' : 'before' };
}

/**
 * A store at which a process dies as a test says: `die` is called at that mutation, which nobody gets an answer to.
 * Everything else is the store's own doing.
 */
export function withFaultPoint(store: Store, { number, when }: FaultPoint, die: () => void): Store {
  let count = 0;
  const dying = async <T>(mutation: () => Promise<T>): Promise<T> => {
    if (when === 'after') await mutation();
    die();
    return new Promise<never>(() => {});
  };
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const call = (...args: readonly unknown[]) => Reflect.apply(member, target, args);
      if (typeof name !== 'string' || !MUTATIONS.has(name)) return call;
      return (...args: readonly unknown[]) => {
        count += 1;
        return count === number ? dying(() => call(...args)) : call(...args);
      };
    },
  });
}
