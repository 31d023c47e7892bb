import type { Machine } from './machine.ts';
import type { PlannedRun } from './run.ts';
import type { Millis } from './time.ts';

/** The calls that a request id makes idempotent. */
export type RequestMethod =
  | 'StartRun'
  | 'DeleteMachine'
  | 'EnterMaintenance'
  | 'ExitMaintenance'
  | 'ResolveIntervention'
  | 'CompleteRma'
  | 'RetireMachine';

/** What one request id did on one machine; kept for good. */
export interface RequestRecord {
  readonly requestId: string;
  readonly method: RequestMethod;
  /** Canonical JSON of what counts as the content of the request. */
  readonly fingerprint: string;
  readonly runId: string | null;
}

/** Everything that decides about one machine, read at one moment. */
export interface Aggregate {
  readonly machineId: string;
  readonly machine: Machine | null;
  /** The active run, the one still stopping, and the one that was asked for; each once. */
  readonly runs: readonly PlannedRun[];
  /** What the request id that was asked for did, if it did anything. */
  readonly request: RequestRecord | null;
  /** Counts the commits of this machine; what a commit is compared with. */
  readonly revision: number;
  /** When the machine's last event happened; no later event is before it. */
  readonly lastEventAt: Millis;
  /** The store's time at reading. */
  readonly now: Millis;
}

/** The run of that id, where the aggregate has it. */
export function runOf(aggregate: Aggregate, runId: string | null | undefined): PlannedRun | null {
  return aggregate.runs.find((planned) => planned.run.id === runId) ?? null;
}

/** The time that a decision on this aggregate happens at: the store's, but never before the last event. */
export function decisionTime(aggregate: Aggregate): Millis {
  return Math.max(aggregate.now, aggregate.lastEventAt);
}
