import type { Store } from '../../../core/ports/store.ts';

/** At which mutation of the store a process is to die, and on which side of it. */
export interface FaultPoint {
  /** Counts this process's mutations, from 1: `before` as they are asked for, `after` as they have written something. */
  readonly number: number;
  /** Before it is made, or after it is durable and before its answer is known. */
  readonly when: 'before' | 'after';
}

/** The calls of a store that write. */
const MUTATIONS: ReadonlySet<string> = new Set([
  'commit',
  'commitAll',
  'commitPlan',
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
  const passes = (side: FaultPoint['when']) => {
    if (when !== side) return false;
    count += 1;
    return count === number;
  };
  const dead = (): Promise<never> => {
    die();
    return new Promise(() => {});
  };
  const mutate = async (mutation: () => Promise<unknown>): Promise<unknown> => {
    if (passes('before')) return dead();
    const answer = await mutation();
    return hasWritten(answer) && passes('after') ? dead() : answer;
  };
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const call = (...args: readonly unknown[]) => Reflect.apply(member, target, args);
      if (typeof name !== 'string' || !MUTATIONS.has(name)) return call;
      return (...args: readonly unknown[]) => mutate(() => call(...args));
    },
  });
}

/** A claim that found nothing due has written nothing; engines ask often. */
function hasWritten(answer: unknown): boolean {
  const isClaim = typeof answer === 'object' && answer !== null && 'claims' in answer;
  return !isClaim || !Array.isArray(answer.claims) || answer.claims.length > 0;
}
