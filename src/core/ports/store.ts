import type { AdmissionLimit, AdmissionQueue } from '../domain/admission.ts';
import type { Aggregate, RequestRecord } from '../domain/aggregate.ts';
import type { EventKind } from '../domain/event.ts';
import type { Filter } from '../domain/filter.ts';
import type { Identity, Machine, MachineView } from '../domain/machine.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlannedRun, Progress, Run, RunPhase, RunView } from '../domain/run.ts';
import type { Millis } from '../domain/time.ts';
import type { Membership } from './membership.ts';
import type { Origin } from './origin.ts';
import type { PlanStore } from './plan-store.ts';
import type { LogStream } from './provider.ts';
import type { RetentionPolicy } from './retention.ts';

/** A place in the event log, opaque to everybody but the store that made it. Never empty. */
export type Cursor = string;

/** An event before the store has given it a place in the log. */
export interface EventDraft {
  readonly subject: 'machine' | 'run' | 'plan';
  readonly kind: EventKind;
  /** Empty for an event of a machine or a plan. */
  readonly runId: string;
  /** Counts the subject's own events. */
  readonly revision: number;
  readonly at: Millis;
  readonly message: string;
  /** What filters saw before it; null where there was nothing. */
  readonly before: MachineView | RunView | null;
  /** The subject after it; the last state of a machine or a plan that was deleted. */
  readonly after: Machine | Run | Plan;
}

/** An event in the log. `after` is a Machine, a Run or a Plan, as `subject` says. */
export interface StoredEvent extends EventDraft, Origin {
  readonly cursor: Cursor;
  /** Empty for an event of a plan. */
  readonly machineId: string;
}

/** Another machine that a decision was made on, as it was then. */
export interface Basis {
  readonly machineId: string;
  /** Of its aggregate; 0 where there never was a machine of that id. */
  readonly revision: number;
}

/** One atomic, durable change of one machine. */
export interface Change {
  readonly machineId: string;
  /** The revision of the aggregate that was decided on; 0 where there never was a machine of that id. It goes on over a deletion. */
  readonly expectedRevision: number;
  /** The machine after the change; null where it is deleted. */
  readonly machine: Machine | null;
  /** The runs that are new or changed. */
  readonly runs: readonly PlannedRun[];
  readonly events: readonly EventDraft[];
  readonly origin: Origin;
  readonly request: RequestRecord | null;
  readonly identities: { readonly take: readonly Identity[]; readonly release: readonly Identity[] };
  /** Set on what the owner of a run writes: refused with `fenced` unless it still holds this fence. */
  readonly guard: { readonly runId: string; readonly owner: string; readonly fence: number } | null;
  /** Raises the machine's fence and takes the run from its owner, so that nothing more is taken from it. */
  readonly raiseFenceOf: string | null;
  /** The owner of the run that ends with this change is ready to carry out another one in its stead. */
  readonly takesOver: boolean;
  /** The other machines that it was decided on; a conflict where one of them has changed since. Empty where there is a guard. */
  readonly basis: readonly Basis[];
}

/**
 * How a commit ended; only `ok` changed anything. `fenced` comes before `conflict`, and that before `taken`. `by` is the machine
 * that has an identity or a run id, the active run, or the run that a request id started (empty where it started none).
 *
 * `next` is a run that has a place which the change gave back, and belongs now to who made the change; only where that was ready to
 * take it over. A store may leave it to `claim` instead.
 */
export type CommitResult =
  | { readonly kind: 'ok'; readonly revision: number; readonly next?: Claimed }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'taken'; readonly what: 'identity'; readonly identity: Identity; readonly by: string }
  | { readonly kind: 'taken'; readonly what: 'request' | 'active-run' | 'run-id'; readonly by: string };

/** One machine's part in a commit of several: what registering it brings about, which touches no run. */
export type Registration = Change & {
  readonly runs: readonly [];
  readonly request: null;
  readonly guard: null;
  readonly raiseFenceOf: null;
  readonly basis: readonly [];
};

/** How a commit of several machines ended; only `ok` changed anything. `refused` tells the first change that could not be made. */
export type CommitAllResult =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'refused';
      readonly machineId: string;
      readonly result: Exclude<CommitResult, { readonly kind: 'ok' }>;
    };

/** A run that this server now owns. */
export interface Claim {
  readonly runId: string;
  readonly machineId: string;
  /** Higher than every fence that the machine had before. */
  readonly fence: number;
}

/** A run that this server has just come to own. */
export interface Claimed extends Claim {
  /** What decides about its machine, as it was then, where the store read it on the way: the owner need not load it. */
  readonly loaded?: Aggregate;
}

/** A run as it is read: with what stands beside its state and is not part of its history. */
export interface RunRow extends PlannedRun {
  readonly progress: Progress | null;
  /** The server that carries it out; null where none does, and where the one that did is known to be gone. */
  readonly owner: string | null;
}

/** What remains of a run whose row was swept; its request id goes on answering with it. */
export interface SweptRun {
  readonly id: string;
  readonly machineId: string;
  readonly requestId: string;
  readonly type: Run['type'];
  readonly planId: string;
  readonly phase: RunPhase;
  readonly createdAt: Millis;
  readonly startedAt: Millis | null;
  readonly finishedAt: Millis | null;
}

/** The place after which a list goes on: the sort value and the id of the last row. */
export interface PageKey {
  readonly value: string | number | null;
  readonly id: string;
}

/** What a list may be sorted by; ids break ties. */
export type MachineOrder = 'machine_id' | 'phase' | 'rack' | 'updated_at';
/** What a list of runs may be sorted by; ids break ties. */
export type RunOrder = 'created_at' | 'finished_at' | 'machine_id';

/** One page of a list. */
export interface ListQuery<Order extends string> {
  readonly filter: Filter;
  readonly orderBy: Order;
  readonly descending: boolean;
  /** 1 to 1000. */
  readonly limit: number;
  readonly after: PageKey | null;
}

/** Rows of a page, and where the next one begins; a page may be short although there is a next one. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: PageKey | null;
}

/** Rows as of one moment, and the cursor of exactly that moment. */
export interface Snapshot<Row> {
  readonly cursor: Cursor;
  /** Pages in a stable order; it must be read to its end or returned, so that the store can let go of the moment. */
  readonly pages: AsyncIterable<readonly Row[]>;
}

/** A piece of the event log. */
export interface Tail {
  readonly events: readonly StoredEvent[];
  /** Where the next call goes on; the same cursor where nothing came. */
  readonly cursor: Cursor;
  /** True where the log held no more when it was read. */
  readonly caughtUp: boolean;
}

/** A cursor that cannot be served: retention has passed it, or it was never one of this log's. */
export interface CursorFault {
  readonly kind: 'expired' | 'malformed';
}

/** What is asked of the audit trail: events in the order of the log, of those that lie strictly between two places. */
export interface EventRange {
  readonly filter: Filter;
  /** Null: from the earliest event that is kept. */
  readonly after: Cursor | null;
  /** Null: up to the end of the log. */
  readonly before: Cursor | null;
  /** Only what happened then or later; null: whenever. */
  readonly since: Millis | null;
  /** Only what happened before that; null: whenever. */
  readonly until: Millis | null;
}

/** One page of the audit trail. The next one begins at `next`, which takes the place of `after`, or of `before` where it descends. */
export interface EventQuery extends EventRange {
  readonly descending: boolean;
  /** 1 to 1000. */
  readonly limit: number;
}

/** Events of a page, and where the next one begins; a page may be short although there is a next one. */
export interface EventPage {
  readonly events: readonly StoredEvent[];
  readonly next: Cursor | null;
  /** Where the log ended when the page was read: what comes later is behind it, and on no page of what was asked for then. */
  readonly end: Cursor;
}

/** A machine as it was at some time. */
export interface PastMachine {
  readonly machine: Machine;
  /** The run that it had then: the active one, or else the one that held it. Null where it had none, or nothing is kept of it. */
  readonly run: Run | null;
}

/** A time from which not everything is kept any more. */
export interface BeforeHistory {
  readonly kind: 'before-history';
  /** The earliest time that can be asked for. */
  readonly earliest: Millis;
}

/** A line of a run's log on its way in. */
export interface LogDraft {
  readonly at: Millis;
  readonly stream: LogStream;
  /** UTF-8, at most 16 KiB, without a line end. */
  readonly data: Uint8Array;
  readonly step: string;
  readonly attempt: number;
}

/** A line of a run's log. */
export interface LogLine extends LogDraft {
  /** 1, 2, 3 …; numbers are missing only where the middle of a long log was dropped. */
  readonly sequence: number;
}

/** What a run's owner writes beside its state: log lines in order, and the last progress. */
export interface LogBatch {
  readonly runId: string;
  readonly owner: string;
  readonly fence: number;
  readonly lines: readonly LogDraft[];
  readonly progress: Progress | null;
}

/** Progress of a run that changed since it was last asked. */
export interface ProgressChange {
  readonly runId: string;
  readonly progress: Progress;
}

/** What may have changed. A hint: it can be wrong, late or lost, so nothing depends on it but promptness. */
export interface Hint {
  /** A run may be ready to be claimed. */
  readonly due?: boolean;
  /** A server may be gone. */
  readonly peers?: boolean;
  /** A run may have been canceled under its owner. */
  readonly stop?: boolean;
  /** The event log has grown. */
  readonly events?: boolean;
  /** Runs whose log has grown. */
  readonly logs?: readonly string[];
  readonly progress?: boolean;
}

/** Machines and runs in numbers. */
export interface Counts {
  /** By effective state; states without machines may be absent. */
  readonly machines: Readonly<Record<string, number>>;
  /** Machines with NeedsIntervention. */
  readonly attention: number;
  /** By run phase. */
  readonly runs: Readonly<Record<string, number>>;
}

/** How a store is at this moment, beside what is in it. */
export interface StoreHealth {
  /** How many servers share it, this one included. */
  readonly servers: number;
  /** The version of its schema; 0 where it has none. */
  readonly schemaVersion: number;
  /** What does not work as it should, as a sentence; empty where all does. */
  readonly degraded: string;
  /** For how long the oldest event that watches cannot be told of yet has been waiting, in milliseconds; 0 where there is none. */
  readonly lagMs: number;
}

/** Where state lives. All answers are the same whichever store gives them. */
export interface Store extends PlanStore {
  readonly kind: 'memory' | 'sqlite' | 'postgres';
  /** Null where one process has the store to itself. */
  readonly membership: Membership | null;
  /** How the store is at this moment. */
  health(): Promise<StoreHealth>;

  /** Everything that decides about one machine. `runId` also loads that run; `requestId` what it did. */
  load(machineId: string, also?: { readonly runId?: string; readonly requestId?: string }): Promise<Aggregate>;
  /** Writes one machine's change, or nothing. */
  commit(change: Change): Promise<CommitResult>;
  /**
   * Writes the changes of several machines, at most 10,000, in one durable step, or nothing. What one of them gives up another one
   * may take, whichever comes first. A second change of the same machine is a conflict.
   */
  commitAll(changes: readonly Registration[]): Promise<CommitAllResult>;
  /** The machines that hold these identities, in the same order; null where nobody does. */
  holders(identities: readonly Identity[]): Promise<readonly (string | null)[]>;

  /**
   * Takes due runs without an owner, each with a new fence, oldest first; those that no limit leaves a place are passed over.
   * `nextDueAt` is when the next run that could be taken becomes due, null where there is none: the time to ask again.
   */
  claim(
    owner: string,
    limit: number,
  ): Promise<{ readonly claims: readonly Claimed[]; readonly nextDueAt: Millis | null }>;
  /**
   * Sets how many runs may be under way in which rack, cluster or provider, for every server that shares the store, from now on. Runs
   * that were claimed and have not let go of their machine have places already, be they too many. A claim takes a place in each
   * scope that concerns its machine, if there is room in all of them; the commit that ends a run with nothing held gives them back.
   */
  setLimits(limits: readonly AdmissionLimit[]): Promise<void>;
  /** The limits that hold. */
  limits(): Promise<readonly AdmissionLimit[]>;
  /** Who has places, and which runs wait for one, at most 10,000 of them. */
  queue(): Promise<AdmissionQueue>;
  /** Gives a run up: it is due again at once, or when its back-off ends. Nothing happens unless owner and fence still stand. */
  release(claim: Claim, owner: string): Promise<void>;
  /**
   * Frees what servers that are gone have left: their runs become due, and those that have ended but still hold a machine
   * come back as claims of `owner`, whose part it is to record that the call has stopped.
   */
  reap(owner: string): Promise<readonly Claim[]>;
  /**
   * The runs of this owner, those that have ended while their call goes on among them, under the fence that each has: also those of which it
   * was never told, as the answer was lost.
   */
  owned(owner: string): Promise<readonly Claim[]>;
  /** The runs of this owner that have ended while their call goes on. */
  stopping(owner: string): Promise<readonly string[]>;

  /** One machine, or null. */
  machine(machineId: string): Promise<Machine | null>;
  /** A page of machines; `order` and `after` as in the query. */
  machines(query: ListQuery<MachineOrder>): Promise<Page<Machine>>;
  /** How many machines match, counted up to 1000; -1 where there are more, or where it would read too many that do not match. */
  countMachines(filter: Filter): Promise<number>;
  /** One run, or null. */
  run(runId: string): Promise<RunRow | null>;
  /** What remains of a run that was swept, or null. */
  sweptRun(runId: string): Promise<SweptRun | null>;
  /** A page of runs. */
  runs(query: ListQuery<RunOrder>): Promise<Page<RunRow>>;
  /** Machines and runs in numbers, of the machines that match. */
  counts(filter: Filter): Promise<Counts>;

  /** Active runs that match the filter, and finished ones where it names them by id. */
  snapshotRuns(filter: Filter): Promise<Snapshot<RunRow>>;
  /** Machines that match the filter. */
  snapshotMachines(filter: Filter): Promise<Snapshot<Machine>>;
  /** Where the event log ends now. */
  head(): Promise<Cursor>;
  /** Events after a cursor, oldest first, at most `limit`. */
  tail(after: Cursor, limit: number): Promise<Tail | CursorFault>;

  /** A page of the audit trail. */
  events(query: EventQuery): Promise<EventPage | CursorFault>;
  /** How many events match, counted up to 1000; -1 where there are more, or where it would read too many that do not match. */
  countEvents(range: EventRange): Promise<number | CursorFault>;
  /**
   * From when on the log is whole: no event of this time or later was let go of, so that it is the earliest that `machinesAsOf`
   * can be asked for. Where none was, when the log began.
   */
  earliest(): Promise<Millis>;
  /** A page of the machines that there were at a time, each as its events up to then have made it. May take long. */
  machinesAsOf(at: Millis, query: ListQuery<MachineOrder>): Promise<Page<PastMachine> | BeforeHistory>;

  /** Writes batches in order, durable when it resolves. Answers the runs whose batch was refused because the fence has moved on. */
  appendLogs(batches: readonly LogBatch[]): Promise<readonly string[]>;
  /** Lines with a sequence above `after`, at most `limit`. */
  logs(runId: string, after: number, limit: number): Promise<readonly LogLine[]>;
  /** The last progress of runs that changed since `after`, and the number to ask with next time; 0 gives all there is. */
  progress(after: number): Promise<{ readonly changes: readonly ProgressChange[]; readonly next: number }>;

  /**
   * Lets go of a little of what the policy does not keep; true while there is more. Events that go are folded into a baseline, so
   * that the state is still the fold of what is left.
   */
  sweep(policy: RetentionPolicy): Promise<boolean>;

  /** Tells about changes made through this store or, where it can, by others. Returns the way to stop listening. */
  subscribe(listener: (hint: Hint) => void): () => void;
  /** Lets go of everything. Calls after it reject. */
  close(): Promise<void>;
}
