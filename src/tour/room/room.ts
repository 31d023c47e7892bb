import type { Client } from '../../client/client.ts';
import type { ConnectionState } from '../../client/connection.ts';
import type { StreamState } from '../../client/resume.ts';
import type { MachineEvent } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { TourClock } from '../clock.ts';
import { pause } from '../clock.ts';
import type { RoomView } from './view.ts';
import { EMPTY_ROOM, hasEnded, withMachine, withoutMachine, withRun } from './view.ts';

/** How long a stream that failed for good rests before it is opened anew, in milliseconds. */
const REOPEN_MS = 1_000;

/** The most runs that are asked for where what there was has to be learned at once. */
const MOST_RUNS = 2_000;

/**
 * Everything that the tour knows of a server's machines and runs, kept up by watches of its own: whoever changes
 * something, in whatever way, the tour sees it.
 */
export class Room {
  readonly #clock: TourClock;
  readonly #listeners = new Set<() => void>();
  #view: RoomView = EMPTY_ROOM;
  #attached: AbortController | null = null;

  constructor(clock: TourClock) {
    this.#clock = clock;
  }

  /** What is known now; a new object with every change. */
  get view(): RoomView {
    return this.#view;
  }

  /** Calls `listener` after every change, until the function that it answers is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Watches a client's server; what was known of another one is forgotten. */
  attach(client: Client): void {
    this.#attached?.abort();
    const attached = new AbortController();
    const { signal } = attached;
    this.#attached = attached;
    this.#set({ ...EMPTY_ROOM, epoch: this.#view.epoch + 1, link: { kind: 'connecting' } });
    const unsubscribe = client.connection.subscribe((state) => this.#linked(state));
    signal.addEventListener('abort', unsubscribe, { once: true });
    this.#linked(client.connection.state);
    void this.#keepOpen(signal, () => this.#watchMachines(client, signal));
    void this.#keepOpen(signal, () => this.#watchRuns(client, signal));
  }

  /** Says that the server was stopped on purpose: its silence is no loss. */
  stopped(): void {
    this.#attached?.abort();
    this.#attached = null;
    this.#set({ ...this.#view, link: { kind: 'none' } });
  }

  /** Takes in a run that a call has answered; the watch tells of it as well, but later. */
  learn(run: Run): void {
    const known = this.#view.runs.get(run.runId);
    if (known === undefined || (hasEnded(run) && !hasEnded(known))) this.#set(withRun(this.#view, run));
  }

  /** Ends the watching. */
  close(): void {
    this.#attached?.abort();
    this.#listeners.clear();
  }

  /** Resolves with what `look` makes of the view as soon as that is not null; rejects with what it throws. */
  until<T>(look: (view: RoomView) => T | null, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        unsubscribe();
        signal.removeEventListener('abort', abort);
        finish();
      };
      const abort = () => settle(() => reject(signal.reason));
      const check = () => {
        try {
          const found = look(this.#view);
          if (found !== null) settle(() => resolve(found));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const unsubscribe = this.subscribe(check);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      else check();
    });
  }

  #linked(state: ConnectionState): void {
    if (state.kind === 'connected') this.#set({ ...this.#view, link: { kind: 'up' } });
    else if (state.kind === 'lost') this.#set({ ...this.#view, link: { kind: 'lost', message: state.error.message } });
  }

  async #watchMachines(client: Client, signal: AbortSignal): Promise<void> {
    const onState = (state: StreamState) => {
      if (state.kind === 'connected') void this.#learnAll(client, signal, false);
      // One of the two watches is enough to learn that the state has begun anew.
      if (state.kind === 'restarted') void this.#learnAll(client, signal, true);
    };
    for await (const event of client.watchMachines({}, { signal, onState })) this.#machineEvent(event);
  }

  #machineEvent({ snapshot, kind }: MachineEvent): void {
    if (snapshot === undefined) return;
    if (kind === 'DELETED') this.#set(withoutMachine(this.#view, snapshot.machineId));
    else this.#set(withMachine(this.#view, snapshot, kind === 'RUN_ACCEPTED'));
  }

  async #watchRuns(client: Client, signal: AbortSignal): Promise<void> {
    const onState = (state: StreamState) => {
      // A run that ended while nobody watched, and how far a step has come, are told of by the list alone.
      if (state.kind === 'resumed' || state.kind === 'restarted') void this.#learnAll(client, signal, false);
    };
    for await (const { snapshot } of client.watchRuns({}, { signal, onState })) {
      if (snapshot !== undefined) this.#set(withRun(this.#view, snapshot));
    }
  }

  /** Asks for all that there is: a watch says nothing of runs that have ended, nor of an inventory that is empty. */
  async #learnAll(client: Client, signal: AbortSignal, anew: boolean): Promise<void> {
    if (anew) this.#set({ ...EMPTY_ROOM, epoch: this.#view.epoch + 1, link: this.#view.link });
    const { epoch } = this.#view;
    try {
      const machines = await Array.fromAsync(client.listMachines({}, { signal }));
      const runs = await Array.fromAsync(client.listRuns({ limit: MOST_RUNS }, { signal }));
      if (this.#view.epoch !== epoch) return;
      let view = this.#view;
      // What the watches have told meanwhile is newer.
      for (const machine of machines)
        if (!view.machines.has(machine.machineId)) view = withMachine(view, machine, false);
      for (const run of runs.toReversed()) if (tellsMore(run, view.runs.get(run.runId))) view = withRun(view, run);
      this.#set({ ...view, complete: true });
    } catch {
      // The loss of the server is told by the connection; when it is back the watch begins anew or goes on.
      await pause(this.#clock, REOPEN_MS, signal);
      if (!signal.aborted && this.#view.epoch === epoch) await this.#learnAll(client, signal, false);
    }
  }

  async #keepOpen(signal: AbortSignal, watch: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await watch();
      } catch {
        // What the client cannot mend by itself is tried anew; that the server is away it says itself.
      }
      await pause(this.#clock, REOPEN_MS, signal);
    }
  }

  #set(view: RoomView): void {
    this.#view = view;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Whether a run from a list has something that the watch did not tell. */
function tellsMore(run: Run, known: Run | undefined): boolean {
  if (known === undefined || hasEnded(run)) return true;
  const progressOf = ({ steps, currentStep }: Run) => steps.find(({ name }) => name === currentStep)?.progress;
  return known.currentStep === run.currentStep && progressOf(known) === undefined && progressOf(run) !== undefined;
}
