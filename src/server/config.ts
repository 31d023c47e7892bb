import type { AdmissionLimit } from '../core/domain/admission.ts';
import type { RetentionPolicy } from '../core/ports/retention.ts';
import type { LogConfig } from './log.ts';
import type { PlanFile } from './plans/directory.ts';
import type { FaultScript } from './providers/fake/faults/fault.ts';

/** What the fake provider is to be like. */
export interface FakeConfig {
  readonly speed: 'normal' | 'slow';
  /** How many times as fast, above 0. */
  readonly factor: number;
  /** All chance comes from it. */
  readonly seed: number;
  readonly faults: FaultScript;
  /** The file that holds the simulated hardware, which servers may share; null: in memory, for this server alone. */
  readonly worldFile: string | null;
}

/** Where state lives. */
export type StoreConfig =
  | { readonly kind: 'memory' }
  /** One file, for one server at a time; made where it is not there. */
  | { readonly kind: 'sqlite'; readonly path: string }
  /** A PostgreSQL database, for any number of servers. */
  | {
      readonly kind: 'postgres';
      /** Holds a password, as a rule: it is told to nobody. */
      readonly url: string;
      /** How long this server may be silent before the others take its runs, in milliseconds. */
      readonly leaseMs: number;
    };

/** What one server is to be. */
export interface ServerConfig {
  /** `HOST:PORT` on loopback, port 0 for a free one, or `unix:PATH`. */
  readonly listen: string;
  /** Where state lives. */
  readonly store: StoreConfig;
  readonly fake: FakeConfig;
  /** How many runs it carries out at once; the others wait. */
  readonly maxRuns: number;
  /**
   * How many runs may be under way in which rack, cluster or provider, for all servers that share the store; those that hold there if
   * not given.
   */
  readonly limits?: readonly AdmissionLimit[];
  /** How much of what is over it keeps; the defaults if not given. */
  readonly keep?: RetentionPolicy;
  readonly log: LogConfig;
  /** Plans that files declare, brought into the store as the server starts; none unless given. */
  readonly plans?: readonly PlanFile[];
  /** The program's version. */
  readonly version: string;
}

/** The lease of a server that shares its store, where nothing is said about it, in milliseconds. */
export const DEFAULT_LEASE_MS = 5_000;

/** How many runs a server carries out at once where it is not told. */
export const DEFAULT_MAX_RUNS = 1_000;

const DAY_MS = 86_400_000;

/** What a server keeps where nothing is said about it: a month of audit and logs, and a quarter of runs. */
export const DEFAULT_KEEP: RetentionPolicy = {
  events: { ageMs: 30 * DAY_MS, count: 1_000_000 },
  logs: { ageMs: 30 * DAY_MS, count: 10_000 },
  runs: { ageMs: 90 * DAY_MS, count: 100_000 },
};

/** The fake provider where nothing is said about it. */
export const DEFAULT_FAKE: FakeConfig = { speed: 'normal', factor: 1, seed: 1, faults: [], worldFile: null };
