import type { Logger } from 'pino';
import type { AdmissionQueue } from '../../core/domain/admission.ts';
import { EVERYTHING } from '../../core/domain/filter.ts';
import type { Machine } from '../../core/domain/machine.ts';
import type { Plan } from '../../core/domain/plan.ts';
import type { Run } from '../../core/domain/run.ts';
import type { Millis } from '../../core/domain/time.ts';
import type { WaitingFor } from '../../core/domain/waiting.ts';
import { machineWaitsFor, mayQueue } from '../../core/domain/waiting.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { wait } from '../../core/ports/clock.ts';
import type { Cursor, Hint, Store, StoredEvent } from '../../core/ports/store.ts';
import type { Entry } from './entry.ts';
import { MachineEntry, PlanEntry, RunEntry } from './entry.ts';
import { EventRing } from './event-ring.ts';
import { LiveRuns } from './live-runs.ts';
import { LogWindows } from './log-windows.ts';
import { RunPlans } from './run-plans.ts';
import { Wakeup } from './wakeup.ts';

/** Events kept for all watchers together; who is further behind reads from the store. */
const RING_EVENTS = 10_000;
/** Events read from the store in one go. */
const PAGE = 500;
/** Hints can be lost, so the log is looked at this often without one, in milliseconds. */
const POLL_MS = 2_000;
/** The wait after a store that did not answer, in milliseconds. */
const AGAIN_MS = 500;
/** Progress goes out at most this often, in milliseconds … */
const PROGRESS_EVERY_MS = 250;
/** … and less often where that would be more messages a second than this, over all watchers. */
const PROGRESS_MESSAGES_A_SECOND = 10_000;

/**
 * Follows the event log once for all watchers of a server. What it holds is bounded and shared: the newest events, and
 * the runs that have not come to rest. Watchers hold a cursor and are woken.
 */
export class Hub {
  readonly store: Store;
  readonly plans: RunPlans;
  readonly live = new LiveRuns();
  readonly logs: LogWindows;
  /** Wakes watchers when there may be something new. */
  readonly news = new Wakeup();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #keep: number;
  readonly #stopped = new AbortController();
  readonly #hints = new Wakeup();
  #ring: EventRing;
  #cursor: Cursor = '';
  #eventsHinted = false;
  #progressHinted = false;
  #progressPlace = 0;
  #progressDueAt = 0;
  #runWatchers = 0;
  #asked: Promise<AdmissionQueue> | null = null;
  #unsubscribe: (() => void) | null = null;
  #following: Promise<void> = Promise.resolve();

  /** @param keep how many events are kept for all watchers together */
  constructor(store: Store, clock: Clock, log: Logger, keep = RING_EVENTS) {
    this.store = store;
    this.plans = new RunPlans(store);
    this.logs = new LogWindows(store);
    this.#clock = clock;
    this.#log = log;
    this.#keep = keep;
    this.#ring = new EventRing(1, '');
  }

  /** The newest events. Another ring takes its place where the log was lost sight of. */
  get ring(): EventRing {
    return this.#ring;
  }

  /** Resolves once the present state is read; from then on the log is followed. */
  async start(): Promise<void> {
    this.#unsubscribe = this.store.subscribe((hint) => this.#heard(hint));
    await this.#begin();
    this.#following = this.#follow();
  }

  /** Stops following. Resolves when nothing is asked of the store any more. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#stopped.abort();
    await this.#following;
  }

  /** The time at which messages are made. */
  now(): Millis {
    return this.#clock.now();
  }

  /** What keeps a machine from moving on at this moment. */
  async waitOf(machine: Machine): Promise<WaitingFor | null> {
    const runId = runIdOf(machine);
    const row = runId === null ? null : await this.store.run(runId);
    if (row === null) return machineWaitsFor(machine, null, this.now());
    const { run, owner } = row;
    const now = this.now();
    const queues = owner === null && mayQueue(run, now);
    const queue = queues ? ((await this.#queue()).places.get(run.id) ?? null) : null;
    return machineWaitsFor(machine, { run, owned: owner !== null, queue }, now);
  }

  /**
   * The same for one of many machines: asks the store only about a run that may wait for a place, and takes it that the others
   * have a server.
   */
  async waitOfMany(machine: Machine): Promise<WaitingFor | null> {
    const run = this.live.get(runIdOf(machine) ?? '');
    if (run === null || mayQueue(run, this.now())) return this.waitOf(machine);
    return machineWaitsFor(machine, { run, owned: null, queue: null }, this.now());
  }

  /** The queue, asked for once where many ask at the same time. */
  #queue(): Promise<AdmissionQueue> {
    this.#asked ??= this.store.queue().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  /** Says that somebody watches runs: progress is read only then. The returned function says that they have gone. */
  watchProgress(): () => void {
    this.#runWatchers += 1;
    this.#hints.wake();
    return () => {
      this.#runWatchers -= 1;
    };
  }

  /** Events as watchers take them. */
  async entriesOf(events: readonly StoredEvent[]): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for (const event of events) {
      if (event.subject === 'machine') {
        entries.push(new MachineEntry(event, event.after as Machine));
      } else if (event.subject === 'plan') {
        entries.push(new PlanEntry(event, event.after as Plan));
      } else {
        const run = event.after as Run;
        entries.push(new RunEntry(event, run, await this.plans.of(run)));
      }
    }
    return entries;
  }

  #heard(hint: Hint): void {
    for (const runId of hint.logs ?? []) this.logs.touch(runId);
    if (hint.events) this.#eventsHinted = true;
    if (hint.progress) this.#progressHinted = true;
    if (hint.events || hint.progress) this.#hints.wake();
  }

  /** Takes the state of one moment, and its cursor. */
  async #begin(): Promise<void> {
    const snapshot = await this.store.snapshotRuns(EVERYTHING);
    this.live.clear();
    for await (const rows of snapshot.pages) {
      for (const { run } of rows) this.live.put(run, await this.plans.of(run), this.#clock.now());
    }
    this.#ring = new EventRing(this.#keep, snapshot.cursor);
    this.#cursor = snapshot.cursor;
    this.#eventsHinted = true;
    this.#progressHinted = true;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#awaitHint(signal);
        // Progress first: the events read after it are then at least as new, so that the runs they show have come to it.
        const progress = this.#progressIsDue() ? await this.#readProgress() : null;
        await this.#readEvents(signal);
        if (progress !== null) this.#publishProgress(progress);
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn({ err: error }, 'the event log could not be read; again');
        this.#eventsHinted = true;
        this.#progressHinted = true;
        await wait(this.#clock, AGAIN_MS, signal);
      }
    }
  }

  async #awaitHint(signal: AbortSignal): Promise<void> {
    const { count } = this.#hints;
    if (this.#eventsHinted || this.#progressIsDue()) return;
    const progressWaits = this.#progressHinted && this.#runWatchers > 0;
    const ms = progressWaits ? Math.min(POLL_MS, this.#progressDueAt - this.#clock.monotonic()) : POLL_MS;
    const woken = new AbortController();
    const timer = this.#clock.after(Math.max(0, ms), () => {
      if (ms === POLL_MS) this.#poll();
      woken.abort();
    });
    await this.#hints.wait(count, AbortSignal.any([signal, woken.signal]));
    timer();
  }

  #poll(): void {
    this.#eventsHinted = true;
    this.#progressHinted = true;
    this.logs.touchAll();
    this.news.wake();
  }

  async #readEvents(signal: AbortSignal): Promise<void> {
    this.#eventsHinted = false;
    for (let caughtUp = false; !caughtUp && !signal.aborted; ) {
      const tail = await this.store.tail(this.#cursor, PAGE);
      if ('kind' in tail) {
        this.#log.warn({ fault: tail.kind }, 'the event log has moved on without this server; it begins anew');
        await this.#begin();
        this.news.wake();
        return;
      }
      for (const entry of await this.entriesOf(tail.events)) this.#take(entry);
      this.#cursor = tail.cursor;
      caughtUp = tail.caughtUp;
      if (tail.events.length > 0) this.news.wake();
    }
  }

  #take(entry: Entry): void {
    this.#ring.push(entry);
    if (entry.subject !== 'run') return;
    this.live.put(entry.run, entry.plan, entry.event.at);
    this.logs.touch(entry.run.id);
  }

  #progressIsDue(): boolean {
    if (!this.#progressHinted || this.#runWatchers === 0) return false;
    return this.#clock.monotonic() >= this.#progressDueAt;
  }

  #readProgress(): ReturnType<Store['progress']> {
    this.#progressHinted = false;
    return this.store.progress(this.#progressPlace);
  }

  #publishProgress({ changes, next }: Awaited<ReturnType<Store['progress']>>): void {
    // Not before: what was read and could not be told is read again.
    this.#progressPlace = next;
    if (changes.length === 0) return;
    const messages = changes.length * this.#runWatchers;
    const pause = Math.max(PROGRESS_EVERY_MS, (messages * 1_000) / PROGRESS_MESSAGES_A_SECOND);
    this.#progressDueAt = this.#clock.monotonic() + pause;
    this.live.progressed(changes, this.#clock.now());
    this.news.wake();
  }
}

/** The machine's active run, or else the one that holds it. */
function runIdOf({ activeRunId, stoppingRunId }: Machine): string | null {
  return activeRunId ?? stoppingRunId;
}
