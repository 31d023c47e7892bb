import type { Machine } from './machine.ts';

/** What runs can be counted by, in the order of their names, which is the order in which places are taken. */
export const SCOPE_KINDS = ['cluster', 'provider', 'rack'] as const;

/** What runs can be counted by. */
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** At most so many runs at a time, in one rack, cluster or provider, or in each of them. */
export interface AdmissionLimit {
  readonly kind: ScopeKind;
  /** Empty: in each of that kind that no other limit names. */
  readonly name: string;
  readonly most: number;
}

/** The most limits that there may be. */
export const MAX_LIMITS = 1_000;

/** A rack, cluster or provider with a limit: `rack=r1`. */
export interface Scope {
  readonly scope: string;
  readonly most: number;
}

/** Where a machine belongs. */
export type Placement = Readonly<Record<ScopeKind, string>>;

/** Where a machine belongs; empty where that is not said. */
export function placementOf({ spec }: Machine): Placement {
  return { cluster: spec.targetCluster?.clusterId ?? '', provider: spec.provider, rack: spec.rack };
}

/** The scopes in which a run on a machine takes a place, by name. A machine that says nothing of its rack is in none. */
export function scopesOf(limits: readonly AdmissionLimit[], placement: Placement): readonly Scope[] {
  return SCOPE_KINDS.flatMap((kind) => {
    const name = placement[kind];
    const of = limits.filter((limit) => limit.kind === kind);
    const limit = of.find((one) => one.name === name) ?? of.find((one) => one.name === '');
    return name === '' || limit === undefined ? [] : [{ scope: `${kind}=${name}`, most: limit.most }];
  });
}

/** Reads `rack=20`, or `rack:r1=5` for one of them; null where it is neither. */
export function parseLimit(text: string): AdmissionLimit | null {
  const match = /^([a-z]+)(?::([^=\s]{1,128}))?=([1-9]\d{0,5})$/.exec(text);
  const kind = SCOPE_KINDS.find((one) => one === match?.[1]);
  if (match === null || kind === undefined) return null;
  return { kind, name: match[2] ?? '', most: Number(match[3]) };
}

/** A place that a run queues for. */
export interface QueuePlace {
  /** What is full: `rack=r1`, or `server` where it is none of the scopes. */
  readonly scope: string;
  /** From 1: how many in this scope come before it, and one more. */
  readonly position: number;
}

/** Who has places, and who waits for one. */
export interface AdmissionQueue {
  /** The scopes that have a limit and runs. */
  readonly scopes: readonly (Scope & { readonly used: number; readonly waiting: number })[];
  /** The runs that are due and that no server has, and what each queues for: every scope that is full, by name, or a server. */
  readonly places: ReadonlyMap<string, readonly QueuePlace[]>;
}

/** A run that is due and that no server has, and where its machine belongs. */
export interface Queued {
  readonly runId: string;
  readonly placement: Placement;
  /** It was claimed before and has its places still: what it waits for is a server. */
  readonly placed: boolean;
}

/** The queue as it is, given who has places, and who waits, the first to be claimed first. */
export function queueOf(
  limits: readonly AdmissionLimit[],
  taken: readonly (Scope & { readonly used: number })[],
  waiting: readonly Queued[],
): AdmissionQueue {
  const full = new Set(taken.filter(({ used, most }) => used >= most).map(({ scope }) => scope));
  const places = new Map<string, readonly QueuePlace[]>();
  const counts = new Map<string, number>();
  for (const { runId, placement, placed } of waiting) {
    const scopes = placed ? [] : scopesOf(limits, placement).filter(({ scope }) => full.has(scope));
    const queues = scopes.length === 0 ? ['server'] : scopes.map(({ scope }) => scope);
    for (const scope of queues) counts.set(scope, (counts.get(scope) ?? 0) + 1);
    places.set(
      runId,
      queues.map((scope) => ({ scope, position: counts.get(scope) ?? 0 })),
    );
  }
  return { scopes: taken.map((one) => ({ ...one, waiting: counts.get(one.scope) ?? 0 })), places };
}
