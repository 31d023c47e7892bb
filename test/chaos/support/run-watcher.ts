import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../../../src/client/client.ts';
import { ClientError } from '../../../src/client/client-error.ts';
import type { StreamState } from '../../../src/client/resume.ts';
import type { RunEvent } from '../../../src/wire/gen/baremetal/v1/event_pb.ts';
import { Run_Phase } from '../../../src/wire/gen/baremetal/v1/run_pb.ts';
import { within } from './within.ts';

/** What a watcher knows of one run. */
export interface WatchedRun {
  readonly runId: string;
  readonly machineId: string;
  phase: Run_Phase;
  stopping: boolean;
  /** The kinds of its events, in order. */
  readonly kinds: string[];
  revision: number;
  step: string;
  /** How often the attempt under way was interrupted; at the third time the run fails. */
  interruptions: number;
  /** When its last event happened, in milliseconds since 1970. */
  at: number;
}

/** How long a server may be away before a watcher who knows another one turns to that, in milliseconds. */
const PATIENCE_MS = 100;

/**
 * Somebody who watches all runs, across whatever becomes of the servers. Judges the stream as it comes: each event of a run
 * has the next revision, and a machine has one run at a time.
 */
export class RunWatcher {
  readonly runs = new Map<string, WatchedRun>();
  /** What was wrong with the stream. */
  readonly faults: string[] = [];
  /** How many events there were. */
  events = 0;
  /** The cursor of the last message. */
  cursor = '';
  readonly #active = new Map<string, string>();
  readonly #underWay = new Set<WatchedRun>();
  readonly #waiting = new Set<() => void>();
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();
  readonly #end = new AbortController();

  /** Watches from right behind a cursor; with several clients by turns, each as long as its server is there. */
  constructor(clients: readonly Client[], afterCursor: string) {
    this.cursor = afterCursor;
    void this.#watch(clients).catch((error: unknown) => {
      if (!this.#end.signal.aborted) this.#fault(`the watch ended: ${String(error)}`);
    });
  }

  /** The runs that have not come to rest. */
  get underWay(): ReadonlySet<WatchedRun> {
    return this.#underWay;
  }

  /** Resolves when `isSo`, which is asked again after every event, and fails when the stream does. */
  async until(what: string, isSo: () => boolean, ms = 60_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (isSo()) resolve();
      else if (this.faults.length > 0) reject(new Error(`while waiting until ${what}: ${this.faults[0]}`));
    };
    this.#waiting.add(look);
    try {
      look();
      await within(ms, promise, () => `${what} (${this.#told()})`);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Resolves when all of these runs are known and have come to rest. */
  async untilEnded(runIds: readonly string[], ms = 60_000): Promise<void> {
    const ends = Promise.all(runIds.map((runId) => this.#endOf(runId)));
    await within(ms, ends, () => `${runIds.length} runs end (${this.#told()})`);
  }

  /** Stops watching. */
  close(): void {
    this.#end.abort();
  }

  async #watch(clients: readonly Client[]): Promise<void> {
    const onState = (state: StreamState) => this.#heard(state);
    const patience = clients.length > 1 ? { patienceMs: PATIENCE_MS } : {};
    const settings = { signal: this.#end.signal, onState, ...patience };
    for (let turn = 0; ; turn += 1) {
      const client = clients[turn % clients.length];
      try {
        const events = client?.watchRuns({ afterCursor: this.cursor }, settings) ?? [];
        for await (const event of events) this.#take(event);
      } catch (error) {
        if (clients.length === 1 || !(error instanceof ClientError) || !error.isLoss) throw error;
      }
    }
  }

  #heard(state: StreamState): void {
    // Whoever has a cursor must never have to begin anew.
    if (state.kind === 'restarted') this.#fault(`the watch began anew: ${state.reason}`);
  }

  #take(event: RunEvent): void {
    const { snapshot: run, kind } = event;
    if (run === undefined) {
      this.#fault(`an event ${kind} without a run`);
      return;
    }
    if (event.cursor !== '') this.cursor = event.cursor;
    if (kind === 'PROGRESS') return;
    const known = this.runs.get(run.runId) ?? begun(run.runId, run.machineId);
    const revision = Number(event.revision);
    if (revision !== known.revision + 1) {
      this.#fault(
        `run ${run.runId}: revision ${revision} (${kind}) after ${known.revision} (${known.kinds.join(' ')})`,
      );
    }
    known.revision = revision;
    known.kinds.push(kind);
    if (kind === 'ATTEMPT_INTERRUPTED') known.interruptions += 1;
    else if (kind !== 'ATTEMPT_STARTED' && kind !== 'ATTEMPT_PROBED') known.interruptions = 0;
    known.step = run.currentStep;
    known.phase = run.phase;
    known.stopping = run.stopping;
    known.at = Number(event.ts?.seconds ?? 0n) * 1_000 + (event.ts?.nanos ?? 0) / 1_000_000;
    this.runs.set(run.runId, known);
    this.#judgeMachine(known);
    this.events += 1;
    if (hasEnded(known)) {
      this.#underWay.delete(known);
      this.#ends.get(known.runId)?.resolve();
    } else this.#underWay.add(known);
    for (const look of [...this.#waiting]) look();
  }

  #endOf(runId: string): Promise<void> {
    const run = this.runs.get(runId);
    if (run !== undefined && hasEnded(run)) return Promise.resolve();
    const end = this.#ends.get(runId) ?? Promise.withResolvers<void>();
    this.#ends.set(runId, end);
    if (this.faults[0] !== undefined) end.reject(new Error(this.faults[0]));
    return end.promise;
  }

  #judgeMachine(run: WatchedRun): void {
    const { machineId, runId } = run;
    const active = this.#active.get(machineId);
    if (isActive(run)) {
      if (active !== undefined && active !== runId)
        this.#fault(`machine ${machineId} has two runs: ${active}, ${runId}`);
      this.#active.set(machineId, runId);
    } else if (active === runId) this.#active.delete(machineId);
  }

  #fault(what: string): void {
    this.faults.push(what);
    for (const look of [...this.#waiting]) look();
    for (const end of this.#ends.values()) end.reject(new Error(what));
  }

  #told(): string {
    const open = [...this.#underWay].slice(0, 3).map(({ runId, kinds }) => `${runId} ${kinds.at(-1)}`);
    return `${this.events} events, ${this.#underWay.size} runs under way: ${open.join(', ')}`;
  }
}

function begun(runId: string, machineId: string): WatchedRun {
  return {
    runId,
    machineId,
    phase: Run_Phase.PENDING,
    stopping: false,
    kinds: [],
    revision: 0,
    step: '',
    interruptions: 0,
    at: 0,
  };
}

function isActive({ phase }: WatchedRun): boolean {
  return phase === Run_Phase.PENDING || phase === Run_Phase.RUNNING;
}

function hasEnded(run: WatchedRun): boolean {
  return !isActive(run) && !run.stopping;
}

/** What was wrong with the streams of several watchers of the same runs: by itself, and beside one another. */
export function judgeWatchers(watchers: readonly RunWatcher[]): readonly string[] {
  const faults = watchers.flatMap((watcher) => watcher.faults);
  const [first, ...others] = watchers;
  for (const [runId, { kinds }] of first?.runs ?? []) {
    for (const other of others) {
      const seen = other.runs.get(runId)?.kinds ?? [];
      if (!isDeepStrictEqual(kinds, seen)) {
        faults.push(`run ${runId}: one saw ${kinds.join(' ')}, another ${seen.join(' ')}`);
      }
    }
  }
  return faults;
}
