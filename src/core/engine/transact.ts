import type { Aggregate } from '../domain/aggregate.ts';
import { decisionTime, runOf } from '../domain/aggregate.ts';
import { apply } from '../domain/apply.ts';
import type { Decision } from '../domain/decide/decision.ts';
import type { DomainEvent } from '../domain/event.ts';
import type { Identity, Machine } from '../domain/machine.ts';
import { identitiesOf, machineView } from '../domain/machine.ts';
import type { Refusal } from '../domain/refusal.ts';
import { refuse } from '../domain/refusal.ts';
import { runView } from '../domain/run.ts';
import type { Millis } from '../domain/time.ts';
import type { Origin } from '../ports/origin.ts';
import type { Basis, Change, Claimed, EventDraft, Store } from '../ports/store.ts';

/** How often a decision is made anew because the machine changed under it. */
export const MAX_CONFLICTS = 10;

/** What a command is about and who gives it. */
export interface Command {
  readonly machineId: string;
  readonly runId?: string;
  readonly requestId?: string;
  readonly origin: Origin;
  /** What was loaded a moment ago, so that the first decision needs no other load; a conflict loads anew. */
  readonly loaded?: Aggregate;
  /** Reads the other machines that it is decided on, anew for each decision: it is made anew where one of them changes under it. */
  readonly readOthers?: (aggregate: Aggregate) => Promise<readonly Aggregate[]>;
  /** Set on what the owner of a run decides. */
  readonly guard?: NonNullable<Change['guard']>;
  /** The run whose owner loses its fence with this change. */
  readonly raiseFenceOf?: (aggregate: Aggregate) => string | null;
  /** Whether the owner of a run that ends is ready to carry out another one in its stead, asked for each decision. */
  readonly takesOver?: () => boolean;
}

/** A decision that took effect, and the aggregate after it. */
export interface Transacted<D> {
  readonly kind: 'transacted';
  readonly decision: D;
  readonly aggregate: Aggregate;
  /** The run that the owner of the one that ended has taken over. */
  readonly next: Claimed | null;
}

/** Nothing was written: the caller does not own the run any more. */
export interface Fenced {
  readonly kind: 'fenced';
}

/** What `transact` takes for a decision: events to write, or an answer from what is there. */
type Decided = Decision | { readonly kind: 'existing' };

/**
 * Load, decide, commit; on conflict load and decide again, at most ten times, then ABORTED. A decision without events and
 * without a request id writes nothing.
 */
export async function transact<D extends Decided>(
  store: Store,
  command: Command,
  decide: (aggregate: Aggregate, others: readonly Aggregate[]) => D | Refusal,
): Promise<Transacted<D> | Refusal | Fenced> {
  const also = {
    ...(command.runId === undefined ? {} : { runId: command.runId }),
    ...(command.requestId === undefined ? {} : { requestId: command.requestId }),
  };
  for (let round = 0; round < MAX_CONFLICTS; round += 1) {
    const loaded = round === 0 ? command.loaded : undefined;
    const before = loaded ?? (await store.load(command.machineId, also));
    const others = (await command.readOthers?.(before)) ?? [];
    const decision = decide(before, others);
    if (decision.kind === 'refusal') return decision;
    if (decision.kind === 'existing' || (decision.events.length === 0 && decision.request === null)) {
      return { kind: 'transacted', decision, aggregate: before, next: null };
    }
    const { change, after } = changeOf(before, decision, command, others);
    const result = await store.commit(change);
    switch (result.kind) {
      case 'ok':
        return {
          kind: 'transacted',
          decision,
          aggregate: { ...after, revision: result.revision },
          next: result.next ?? null,
        };
      case 'fenced':
        return { kind: 'fenced' };
      case 'taken':
        if (result.what === 'identity') return identityTaken(command.machineId, result.identity, result.by);
        continue;
      case 'conflict':
        continue;
    }
  }
  const why = `machine ${command.machineId} is being changed by others; try again`;
  return refuse('ABORTED', 'CONTENTION', why, { machine_id: command.machineId });
}

/** Folds a decision over an aggregate into the one write that makes it true. `others` are those that it was decided on as well. */
export function changeOf(
  before: Aggregate,
  decision: Decision,
  command: Command,
  others: readonly Aggregate[] = [],
): { readonly change: Change; readonly after: Aggregate } {
  const at = decisionTime(before);
  const drafts: EventDraft[] = [];
  let after = before;
  for (const event of decision.events) {
    const next = apply(after, event, at);
    drafts.push(draft(after, next, event, at));
    after = next;
  }
  const change: Change = {
    machineId: before.machineId,
    expectedRevision: before.revision,
    machine: after.machine,
    runs: after.runs.filter((planned) => !before.runs.includes(planned)),
    events: drafts,
    origin: command.origin,
    request: decision.request,
    identities: identityChanges(before.machine, after.machine),
    guard: command.guard ?? null,
    raiseFenceOf: command.raiseFenceOf?.(before) ?? null,
    takesOver: command.takesOver?.() ?? false,
    basis: others.map(({ machineId, revision }): Basis => ({ machineId, revision })),
  };
  return { change, after };
}

function draft(before: Aggregate, after: Aggregate, event: DomainEvent, at: Millis): EventDraft {
  const { kind, message } = event;
  if (event.subject === 'machine') {
    const last = after.machine ?? before.machine;
    if (last === null) throw new Error(`event ${kind} of machine ${before.machineId}, which is not there`);
    const old = before.machine;
    const subject = after.machine === null ? { ...last, revision: last.revision + 1, updatedAt: at } : last;
    return {
      subject: 'machine',
      kind,
      runId: '',
      revision: subject.revision,
      at,
      message,
      before: old === null ? null : machineView(old),
      after: subject,
    };
  }
  const old = runOf(before, event.runId)?.run ?? null;
  const run = runOf(after, event.runId)?.run;
  if (run === undefined) throw new Error(`event ${kind} of run ${event.runId}, which is not there`);
  return {
    subject: 'run',
    kind,
    runId: run.id,
    revision: run.revision,
    at,
    message,
    before: old === null ? null : runView(old),
    after: run,
  };
}

function identityChanges(before: Machine | null, after: Machine | null): Change['identities'] {
  const old = identitiesOf(before);
  const next = identitiesOf(after);
  const without = (list: readonly Identity[], other: readonly Identity[]) =>
    list.filter((one) => !other.some((same) => same.kind === one.kind && same.value === one.value));
  return { take: without(next, old), release: without(old, next) };
}

/** What people call the kinds of identities. */
export const IDENTITY_NAMES: Readonly<Record<Identity['kind'], string>> = {
  mac: 'MAC address',
  serial: 'serial',
  bmc: 'BMC address',
};

/** Refuses a machine an identity that another one holds, which it names. */
export function identityTaken(machineId: string, identity: Identity, by: string): Refusal {
  return refuse(
    'ALREADY_EXISTS',
    'IDENTITY_TAKEN',
    `${IDENTITY_NAMES[identity.kind]} ${identity.value} of machine ${machineId} belongs to machine ${by}`,
    { machine_id: by, identity: identity.kind, value: identity.value },
  );
}
