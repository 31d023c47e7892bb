import type { CallLog } from '../client/call-record.ts';
import type { CallTarget } from '../client/grpcurl.ts';
import type { Event, MachineEvent, RunEvent } from '../wire/gen/baremetal/v1/event_pb.ts';
import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan } from '../wire/gen/baremetal/v1/plan_pb.ts';
import type { LogChunk, Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { PreviewRunResponse } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import type { GetServerInfoResponse, WatchServerLogResponse } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { printable } from './format/printable.ts';
import { capital } from './format/words.ts';

/** How the connection to the server is. Times are ms since 1970. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | {
      readonly kind: 'lost';
      /** Why, as a sentence for people. */
      readonly message: string;
      /** When the next attempt is made. */
      readonly retryAt: number;
      /** Whether the server has ever answered this client. */
      readonly reached: boolean;
    };

/** What StartRun is given. */
export interface StartRunOrder {
  readonly machineId: string;
  readonly requestId: string;
  readonly planId: string;
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly acknowledgeIntervention: boolean;
  readonly acknowledgeCluster: boolean;
  /** From a preview: refused if anything that it showed has changed. Empty: not compared. */
  readonly previewToken: string;
}

/** What a person says about a machine. */
export interface RepairTarget {
  readonly what: 'enter-maintenance' | 'exit-maintenance' | 'resolve' | 'release-stuck' | 'complete-rma';
  readonly machineId: string;
  readonly requestId: string;
}

/** Which page of a list. */
export interface PageQuery {
  /** In the server's grammar; empty: all. A bad one rejects. */
  readonly filter: string;
  readonly pageSize: number;
  /** Of the page before; empty: the first. */
  readonly pageToken: string;
}

/** A page of runs. */
export interface RunPage {
  readonly runs: readonly Run[];
  /** Empty: this was the last. */
  readonly nextPageToken: string;
}

/** A page of events. */
export interface EventPage {
  readonly events: readonly Event[];
  /** Empty: this was the last. */
  readonly nextPageToken: string;
  /** Where a watch goes on behind the newest. */
  readonly cursor: string;
}

/** What became of an import. */
export interface ImportOutcome {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** What becomes of one machine of a file. */
export interface FileMachine {
  readonly machineId: string;
  /** As `bmdemo import` calls it: `new`, `changed`, `unchanged`, `refused`, `not applied`. */
  readonly outcome: string;
  /** The fields that change, or why it is refused. */
  readonly note: string;
}

/** What becomes of a file of machines. */
export interface FileOutcome {
  /** How many of which kind: `12 machines: 3 new, 9 unchanged`. */
  readonly counts: string;
  readonly machines: readonly FileMachine[];
  /** What is wrong in it, each with its place: `racks.csv:4:mac: …`. */
  readonly mistakes: readonly string[];
  /** Tells two contents of a file apart, also where the same becomes of their machines. */
  readonly digest: string;
}

/**
 * What the console asks of a client. Calls reject with an Error whose message is one sentence for people; where the
 * server gave a stable word for it (`NEEDS_INTERVENTION`, `MACHINE_BUSY` …) it is the error's `reason`. Streams go on
 * across losses of the server by themselves, until the signal is aborted.
 */
export interface ConsoleBackend {
  /** Whether what goes over the wire is encrypted (TLS). */
  readonly encrypted: boolean;
  /** The last calls as they went over the wire, and where to. */
  readonly wire: { readonly log: CallLog; readonly target: CallTarget };
  /** Tells how the connection is, at once and after every change. Returns what ends it. */
  onLink(listener: (state: LinkState) => void): () => void;
  /** Tells how long each answer took, in ms, from now on. Returns what ends it. */
  onLatency(listener: (latencyMs: number) => void): () => void;
  /** Asks the server for a sign of life; how long it took is told to those who listen. */
  ping(signal: AbortSignal): Promise<void>;
  serverInfo(signal: AbortSignal): Promise<GetServerInfoResponse>;
  /** How many machines match; an empty filter is for all, a bad one rejects. */
  countMachines(filter: string, signal: AbortSignal): Promise<number>;
  listPlans(signal: AbortSignal): Promise<readonly Plan[]>;
  /** The newest run of a machine; undefined where it has none. */
  latestRun(machineId: string, signal: AbortSignal): Promise<Run | undefined>;
  /**
   * The machines that match, then every change, none lost and none doubled; one that no longer matches comes as LEFT. An
   * empty filter is for all, a bad one rejects. `onRestart` is called when the watch begins anew
   * (the server can no longer resume it): what was told before no longer counts, and the machines there are come again.
   */
  watchMachines(filter: string, signal: AbortSignal, onRestart: () => void): AsyncIterable<MachineEvent>;
  /** A page of the runs that match, the newest first. */
  listRuns(query: PageQuery, signal: AbortSignal): Promise<RunPage>;
  getRun(runId: string, signal: AbortSignal): Promise<Run>;
  /** The runs under way that match, then every change of any that does; `onRestart` and the filter likewise. */
  watchRuns(filter: string, signal: AbortSignal, onRestart: () => void): AsyncIterable<RunEvent>;
  /** A page of the events that match, the newest first. */
  listEvents(query: PageQuery, signal: AbortSignal): Promise<EventPage>;
  /** The events that match behind a cursor, as they come, none lost and none doubled; `onRestart` likewise. */
  watchEvents(filter: string, afterCursor: string, signal: AbortSignal, onRestart: () => void): AsyncIterable<Event>;
  /** The last lines of the server's own log, then those to come. */
  watchServerLog(tail: number, signal: AbortSignal): AsyncIterable<WatchServerLogResponse>;
  /** A run's log from its first line; ends by itself once the run is over and every line has come. */
  followLog(runId: string, signal: AbortSignal): AsyncIterable<LogChunk>;
  /** What StartRun would do with this order, the token apart. */
  previewRun(order: StartRunOrder, signal: AbortSignal): Promise<PreviewRunResponse>;
  startRun(order: StartRunOrder, signal: AbortSignal): Promise<Run>;
  /** Skips the back-off that a run waits in. */
  retryNow(runId: string, signal: AbortSignal): Promise<Run>;
  cancelRun(runId: string, reason: string, signal: AbortSignal): Promise<Run>;
  /** Says something about a machine. @param values `reason`, and of new hardware `serial`, `macs` and `bmc` */
  repair(target: RepairTarget, values: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Machine>;
  /** Registers machine-1 … machine-N of the fake provider; harmless where they are there already. */
  importDemoMachines(count: number, signal: AbortSignal): Promise<ImportOutcome>;
  /** What importing a CSV, YAML or JSON file of machines would do; nothing is changed. */
  previewFile(file: string, signal: AbortSignal): Promise<FileOutcome>;
  /**
   * Registers the machines of a file. Where it says anything else by now than when it was shown, or would do anything else,
   * nothing is changed, and it rejects with the reason `PREVIEW_STALE`.
   */
  importFile(file: string, shown: FileOutcome, signal: AbortSignal): Promise<FileOutcome>;
}

/** The server's stable word for why a call failed; empty where it gave none. */
export function failureReason(error: unknown): string {
  return error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : '';
}

/** Why a call failed, as one line that begins and ends as people write it: what a server says in it is not to be trusted. */
export function failureMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return capital(printable(message.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ')));
}
