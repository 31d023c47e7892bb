import type { Clock } from '../../../core/ports/clock.ts';
import type { Store } from '../../../core/ports/store.ts';
import { Hints } from '../shared/hints.ts';
import type { StoreLimits } from '../shared/limits.ts';
import { RUN_LOG_LIMITS } from '../shared/limits.ts';
import { logBudget } from '../shared/log-gap.ts';
import { commit, commitAll, holders, load } from './aggregates.ts';
import { Baselines } from './baselines.ts';
import { counts } from './counts.ts';
import { countEvents, listEvents } from './event-lists.ts';
import { EventLog } from './events.ts';
import { Leases } from './leases.ts';
import { countMachines, listMachines, listRuns, rowOf } from './lists.ts';
import { Logs } from './logs.ts';
import { machinesAsOf } from './past.ts';
import { Plans } from './plans.ts';
import { Progress } from './progress.ts';
import { Retention } from './retention.ts';
import { snapshotMachines, snapshotRuns } from './snapshots.ts';
import { Tables } from './tables.ts';

/** How much a memory store keeps. */
export interface MemoryLimits extends StoreLimits {
  /** What all logs may take together, in bytes; those of runs that ended first go first. */
  readonly allLogBytes: number;
}

/** What a memory store keeps where nothing else is said. */
const MEMORY_LIMITS: MemoryLimits = {
  ...RUN_LOG_LIMITS,
  finishedRuns: 10_000,
  events: 200_000,
  allLogBytes: 256 * 1024 * 1024,
};

/** What a memory store is made of. */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly limits?: Partial<MemoryLimits>;
  /** Told of a listener that threw; nothing else comes of it. */
  readonly onListenerFault?: (error: unknown) => void;
}

/**
 * A store that lasts as long as the process. Every call is carried out between two turns of the event loop, so that each
 * is atomic, and what it answers never changes afterwards.
 */
export function createMemoryStore({ clock, limits: wanted = {}, onListenerFault }: MemoryStoreOptions): Store {
  const limits = { ...MEMORY_LIMITS, ...wanted };
  const tables = new Tables();
  const leases = new Leases(tables, clock);
  const events = new EventLog(limits.events, new Baselines(tables, clock.now()));
  const plans = new Plans(clock, events);
  const progress = new Progress();
  const logs = new Logs(tables, progress, logBudget(limits));
  const retention = new Retention(tables, logs, events, limits);
  const hints = new Hints(onListenerFault ?? (() => {}));
  const parts = { clock, tables, leases, events, progress, retention };
  let closed = false;

  /** Makes a call of the store out of what carries it out. */
  const call = <Args extends readonly unknown[], Answer>(carryOut: (...args: Args) => Answer) => {
    return async (...args: Args): Promise<Answer> => {
      if (closed) throw new Error('the store is closed');
      return carryOut(...args);
    };
  };

  return {
    kind: 'memory',
    membership: null,
    health: call(() => ({ servers: 1, schemaVersion: 0, degraded: '', lagMs: 0 })),
    load: call((machineId, also) => load(parts, machineId, also)),
    commit: call((change) => commit(parts, change, (hint) => hints.tell(hint))),
    commitAll: call((changes) => commitAll(parts, changes, (hint) => hints.tell(hint))),
    holders: call((identities) => holders(tables, identities)),

    claim: call((owner, limit) => leases.claim(owner, limit)),
    setLimits: call((limits) => {
      leases.setLimits(limits);
      hints.tell({ due: true });
    }),
    limits: call(() => leases.limits),
    queue: call(() => leases.queue()),
    release: call((claim, owner) => {
      if (leases.release(claim, owner)) hints.tell({ due: true });
    }),
    reap: call((owner) => {
      const { claims, due } = leases.reap(owner);
      if (due) hints.tell({ due });
      return claims;
    }),
    owned: call((owner) => leases.owned(owner)),
    stopping: call((owner) => leases.stopping(owner)),

    machine: call((machineId) => tables.machine(machineId)?.machine ?? null),
    machines: call((query) => listMachines(tables, query)),
    countMachines: call((filter) => countMachines(tables, filter)),
    run: call((runId) => {
      const record = tables.run(runId);
      return record === undefined ? null : rowOf(tables, record.planned, progress);
    }),
    sweptRun: call((runId) => tables.sweptRun(runId) ?? null),
    runs: call((query) => listRuns(tables, progress, query)),
    counts: call((filter) => counts(tables, filter)),

    loadPlan: call((planId, requestId) => plans.load(planId, requestId)),
    commitPlan: call((change) => {
      const result = plans.commit(change);
      if (result === 'ok' && change.event !== null) hints.tell({ events: true });
      return result;
    }),
    plan: call((planId, version) => plans.version(planId, version)),
    plans: call((query) => plans.page(query)),

    snapshotRuns: call((filter) => snapshotRuns(tables, progress, filter, events.head())),
    snapshotMachines: call((filter) => snapshotMachines(tables, filter, events.head())),
    head: call(() => events.head()),
    tail: call((after, limit) => events.tail(after, limit)),
    events: call((query) => listEvents(events, query)),
    countEvents: call((range) => countEvents(events, range)),
    earliest: call(() => events.baselines.earliest),
    machinesAsOf: call((at, query) => machinesAsOf(events, at, query)),

    appendLogs: call((batches) => {
      const { refused, grown, progress: told } = logs.append(batches);
      retention.trimLogs(grown);
      hints.tell({ ...(grown.length > 0 ? { logs: grown } : {}), ...(told ? { progress: told } : {}) });
      return refused;
    }),
    logs: call((runId, after, limit) => logs.read(runId, after, limit)),
    progress: call((after) => progress.since(after)),

    sweep: call((policy) => retention.sweep(policy, clock.now())),

    subscribe: (listener) => hints.subscribe(listener),
    async close() {
      closed = true;
      hints.close();
    },
  };
}
