import { setImmediate as turn } from 'node:timers/promises';
import type { Aggregate } from '../../core/domain/aggregate.ts';
import type { Decision } from '../../core/domain/decide/decision.ts';
import type { MachineDeclaration } from '../../core/domain/decide/machine.ts';
import { changedFields, decideRegister } from '../../core/domain/decide/machine.ts';
import type { Identity } from '../../core/domain/machine.ts';
import type { Refusal } from '../../core/domain/refusal.ts';
import { isRefusal, refuse } from '../../core/domain/refusal.ts';
import { changeOf, IDENTITY_NAMES, identityTaken, transact } from '../../core/engine/transact.ts';
import type { ProviderRegistry } from '../../core/ports/provider.ts';
import type { Change, Registration, Store } from '../../core/ports/store.ts';
import { withProvider } from './declaration.ts';

/** A machine of a batch that is well-formed in itself. No two of a batch have one id. */
export interface BatchItem {
  /** Its place in the request, from 0. */
  readonly index: number;
  readonly machineId: string;
  readonly declared: MachineDeclaration;
}

/** What became of a machine of a batch, or would. */
export type BatchOutcome =
  | { readonly kind: 'created' | 'unchanged' }
  | { readonly kind: 'updated'; readonly changedFields: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What a batch is carried out with. */
export interface BatchContext {
  readonly store: Store;
  readonly providers: ProviderRegistry;
  readonly origin: Change['origin'];
  /** Between two pieces of work nothing more is begun once it aborts. */
  readonly signal: AbortSignal;
}

/** An item and what it would bring about, decided on the machine as it was loaded. */
export interface Planned {
  readonly item: BatchItem;
  readonly outcome: BatchOutcome;
  /** Null where nothing is to be written. */
  readonly change: Registration | null;
  /** True where it takes what another machine of the batch gives up, or the other way round: they are written together. */
  readonly moves: boolean;
}

/** So many machines are loaded or written at the same time: as many as a store puts into one durable write. */
const AT_ONCE = 256;
/** So many identities are looked up with one call. */
const LOOKED_UP_AT_ONCE = 1_000;
/** How often a batch is decided anew because machines changed under it. */
const MAX_CONFLICTS = 10;

/** What would become of each item, all of them taken together; nothing is written. */
export async function planBatch(context: BatchContext, items: readonly BatchItem[]): Promise<readonly Planned[]> {
  const { store, providers, origin } = context;
  const planned = await inPieces(context, items, async (item): Promise<Planned> => {
    const before = await store.load(item.machineId);
    const decision = decide(providers, item, before);
    if (isRefusal(decision)) return refused(item, decision);
    const outcome = outcomeOf(before, decision);
    if (decision.events.length === 0) return { item, outcome, change: null, moves: false };
    const { change } = changeOf(before, decision, { machineId: item.machineId, origin });
    // Registering touches no run, whatever a change may hold.
    const registration = { ...change, runs: [], request: null, guard: null, raiseFenceOf: null, basis: [] } as const;
    return { item, outcome, change: registration, moves: false };
  });
  return settleIdentities(store, planned);
}

/** Carries out every item that can be, each on its own, and answers what became of each, in their order. */
export async function registerEach(
  context: BatchContext,
  items: readonly BatchItem[],
): Promise<ReadonlyMap<number, BatchOutcome>> {
  const planned = await planBatch(context, items);
  const outcomes = new Map(planned.map(({ item, outcome }) => [item.index, outcome]));
  const alone = planned.filter(({ change, moves }) => change !== null && !moves);
  const written = await inPieces(
    context,
    alone,
    async ({ item }) => [item.index, await registerOne(context, item)] as const,
  );
  for (const [index, outcome] of written) outcomes.set(index, outcome);
  const movers = planned.filter(({ moves }) => moves).map(({ item }) => item);
  if (movers.length > 0) {
    for (const { item, outcome } of await registerTogether(context, movers, 'what-can-be')) {
      outcomes.set(item.index, outcome);
    }
  }
  return outcomes;
}

/**
 * Carries out items in one write: `all-or-none` writes nothing where one of them is refused, `what-can-be` leaves out those that
 * are. Answers what became of each; where all-or-none wrote nothing, what would have.
 */
export async function registerTogether(
  context: BatchContext,
  items: readonly BatchItem[],
  which: 'all-or-none' | 'what-can-be',
): Promise<readonly Planned[]> {
  for (let round = 0; round < MAX_CONFLICTS; round += 1) {
    const planned = await planBatch(context, items);
    if (which === 'all-or-none' && planned.some(isRefused)) return planned;
    const changes = planned.flatMap(({ change }) => (change === null ? [] : [change]));
    if (changes.length === 0) return planned;
    const result = await context.store.commitAll(changes);
    if (result.kind === 'ok') return planned;
  }
  const contention = refuse('ABORTED', 'CONTENTION', 'the machines are being changed by others; try again');
  return items.map((item) => refused(item, contention));
}

/** True for what was refused. */
export function isRefused({ outcome }: Planned): boolean {
  return outcome.kind === 'refused';
}

async function registerOne({ store, providers, origin }: BatchContext, item: BatchItem): Promise<BatchOutcome> {
  let outcome: BatchOutcome = { kind: 'unchanged' };
  const result = await transact(store, { machineId: item.machineId, origin }, (now) => {
    const decision = decide(providers, item, now);
    if (!isRefusal(decision)) outcome = outcomeOf(now, decision);
    return decision;
  });
  return isRefusal(result) ? { kind: 'refused', refusal: result } : outcome;
}

function decide(providers: ProviderRegistry, { declared }: BatchItem, now: Aggregate): Decision | Refusal {
  const complete = withProvider(providers, declared, now.machine);
  return isRefusal(complete) ? complete : decideRegister(now, complete);
}

function outcomeOf({ machine }: Aggregate, { events: [event] }: Decision): BatchOutcome {
  if (event === undefined) return { kind: 'unchanged' };
  if (machine === null) return { kind: 'created' };
  const changed = event.subject === 'machine' && event.kind === 'UPDATED' ? changedFields(machine, event) : [];
  return { kind: 'updated', changedFields: changed };
}

function refused(item: BatchItem, refusal: Refusal): Planned {
  return { item, outcome: { kind: 'refused', refusal }, change: null, moves: false };
}

/** Refuses what takes an identity that another machine keeps, or that a machine before it in the batch takes. */
async function settleIdentities(store: Store, planned: readonly Planned[]): Promise<readonly Planned[]> {
  const holders = await holdersOf(
    store,
    planned.flatMap(({ change }) => change?.identities.take ?? []),
  );
  const settled = [...planned];
  const givers = new Map<string, number>();
  const takers = new Map<string, number>();
  for (const [at, { change }] of planned.entries()) {
    for (const identity of change?.identities.release ?? []) givers.set(keyOf(identity), at);
  }
  /** Refuses one, and with it those that were to take what it then keeps. */
  const drop = (first: number, why: Refusal) => {
    const dropped: [number, Refusal][] = [[first, why]];
    for (let next = dropped.pop(); next !== undefined; next = dropped.pop()) {
      const [at, refusal] = next;
      const one = settled[at];
      if (one === undefined || one.change === null) continue;
      settled[at] = refused(one.item, refusal);
      for (const identity of one.change.identities.release) {
        const taker = takers.get(keyOf(identity));
        const waits = taker === undefined ? undefined : settled[taker];
        if (taker === undefined || waits === undefined) continue;
        dropped.push([taker, identityTaken(waits.item.machineId, identity, one.item.machineId)]);
      }
    }
  };
  for (const [at, { item, change }] of planned.entries()) {
    for (const identity of change?.identities.take ?? []) {
      const key = keyOf(identity);
      const first = planned[takers.get(key) ?? -1];
      const holder = holders.get(key);
      const giver = settled[givers.get(key) ?? -1];
      if (first !== undefined) drop(at, takenInBatch(item, identity, first.item));
      else if (holder !== undefined && holder !== item.machineId && (giver === undefined || giver.change === null)) {
        drop(at, identityTaken(item.machineId, identity, holder));
      } else takers.set(key, at);
    }
  }
  return withMoves(settled, givers);
}

/** Marks those that hand an identity on to each other. */
function withMoves(settled: readonly Planned[], givers: ReadonlyMap<string, number>): readonly Planned[] {
  const moving = new Set<number>();
  for (const [at, { change }] of settled.entries()) {
    for (const identity of change?.identities.take ?? []) {
      const giver = givers.get(keyOf(identity));
      if (giver !== undefined) moving.add(at).add(giver);
    }
  }
  return settled.map((one, at) => (moving.has(at) && one.change !== null ? { ...one, moves: true } : one));
}

async function holdersOf(store: Store, identities: readonly Identity[]): Promise<ReadonlyMap<string, string>> {
  const holders = new Map<string, string>();
  for (let at = 0; at < identities.length; at += LOOKED_UP_AT_ONCE) {
    const some = identities.slice(at, at + LOOKED_UP_AT_ONCE);
    for (const [index, holder] of (await store.holders(some)).entries()) {
      const identity = some[index];
      if (identity !== undefined && holder !== null) holders.set(keyOf(identity), holder);
    }
    await turn();
  }
  return holders;
}

function keyOf({ kind, value }: Identity): string {
  return `${kind} ${value}`;
}

function takenInBatch({ machineId }: BatchItem, { kind, value }: Identity, first: BatchItem): Refusal {
  return refuse(
    'ALREADY_EXISTS',
    'IDENTITY_TAKEN',
    `${IDENTITY_NAMES[kind]} ${value} of machine ${machineId} is that of machines[${first.index}] (${first.machineId}) already`,
    { machine_id: first.machineId, identity: kind, value, index: String(first.index) },
  );
}

/** What `work` makes of each item, in their order, some at a time; others have their turn between two pieces. */
async function inPieces<T, R>(
  { signal }: BatchContext,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    signal.throwIfAborted();
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
    await turn();
  }
  return results;
}
