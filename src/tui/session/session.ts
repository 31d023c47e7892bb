import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineEvent, RunEvent } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { ConsoleBackend, LinkState } from '../backend.ts';
import { failureMessage } from '../backend.ts';
import { printable } from '../format/printable.ts';
import { planName } from '../format/words.ts';
import { factsOf } from '../store/connection.ts';
import { isActive } from '../store/runs.ts';
import { selectedMachine, shownRun } from '../store/select.ts';
import type { ConsoleStore } from '../store/store.ts';
import { showToast, takeNews } from '../store/update.ts';
import { CallWatch } from './call-watch.ts';
import { FileWatch } from './file-watch.ts';
import { FilterWatch } from './filter-watch.ts';
import { Gatherer } from './gatherer.ts';
import { LatencyWatch } from './latency-watch.ts';
import { REOPEN_MS } from './list-feed.ts';
import { ListFeeds } from './list-feeds.ts';
import { LogFollower } from './log-follower.ts';
import { SentRequests } from './sent-requests.ts';

/** Keeps the store in step with the server: watches machines and runs, follows the log of the run that is looked at. */
export class Session {
  readonly #store: ConsoleStore;
  readonly #backend: ConsoleBackend;
  readonly #closing = new AbortController();
  readonly #gatherer: Gatherer;
  readonly #follower: LogFollower;
  readonly #filter: FilterWatch;
  readonly #calls: CallWatch;
  readonly #lists: ListFeeds;
  readonly #files: FileWatch;
  #asked = '';
  /** The run that was asked for by its id. */
  #askedRun = '';
  /** The runs under way that were started here. */
  readonly #mine = new Set<string>();
  readonly #sent = new SentRequests();
  readonly #cleanUp: (() => void)[] = [];

  constructor(store: ConsoleStore, backend: ConsoleBackend) {
    this.#store = store;
    this.#backend = backend;
    this.#gatherer = new Gatherer((news) => {
      store.setState((state) => takeNews(state, news));
      for (const change of news.runs) if (change.kind === 'present') this.#tellEnd(change.run);
    });
    this.#follower = new LogFollower(store, backend, this.#gatherer, (error) => this.#complain(error));
    this.#filter = new FilterWatch(store, backend, this.#gatherer);
    this.#calls = new CallWatch(store, backend);
    this.#files = new FileWatch(store);
    this.#lists = new ListFeeds({ store, backend }, (error) => this.#complain(error));
  }

  /** Ends with the session. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Begins to watch; what comes is in the store. */
  start(): void {
    const latency = new LatencyWatch(this.#store, this.#backend);
    // In this process there is no way to take.
    if (this.#store.getState().connection.attached) latency.start();
    this.#cleanUp.push(
      () => latency.close(),
      this.#backend.onLink((link) => this.#linkChanged(link)),
      this.#store.subscribe(() => this.#look()),
    );
    void this.#keepOpen(() => this.#watchMachines());
    void this.#keepOpen(() => this.#watchRuns());
  }

  /** Takes in a run that was just started here, unless the watch has told of it already. Its end will be told in a toast. */
  learn(run: Run): void {
    this.#mine.add(run.runId);
    this.#takeIfNew(run);
  }

  /** Notes that a request is sent; answers whether it was sent before, so that its answer may have been lost. */
  sendsAgain(requestId: string): boolean {
    return this.#sent.sendsAgain(requestId);
  }

  /** Ends every stream and every call. */
  close(): void {
    this.#closing.abort();
    this.#follower.close();
    this.#filter.close();
    this.#calls.close();
    this.#lists.close();
    this.#gatherer.close();
    for (const undo of this.#cleanUp.splice(0)) undo();
  }

  #linkChanged(link: LinkState): void {
    const before = this.#store.getState().connection.link.kind;
    this.#store.setState((state) => ({ connection: { ...state.connection, link } }));
    if (link.kind !== 'connected' || before === 'connected') return;
    this.#asked = '';
    this.#askedRun = '';
    void this.#askAbout();
  }

  /** What is asked once each time the server is there: who it is, what plans it has, and whether it has machines at all. */
  async #askAbout(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const [info, plans, machines] = await Promise.all([
        this.#backend.serverInfo(signal),
        this.#backend.listPlans(signal),
        this.#backend.countMachines('', signal),
      ]);
      this.#store.setState(({ connection }) => ({
        connection: { ...connection, server: factsOf(info, Date.now()) },
        plans,
      }));
      // A watch says nothing of an inventory that is empty.
      if (machines === 0) this.#gatherer.machine({ kind: 'loaded' });
    } catch (error) {
      this.#complain(error);
    }
  }

  async #watchMachines(): Promise<void> {
    this.#gatherer.machine({ kind: 'reset' });
    const restart = () => {
      this.#gatherer.machine({ kind: 'reset' });
      void this.#askAbout();
    };
    for await (const event of this.#backend.watchMachines('', this.#closing.signal, restart)) this.#machineEvent(event);
  }

  #machineEvent({ snapshot, kind, cursor }: MachineEvent): void {
    if (snapshot === undefined) return;
    if (kind === 'DELETED' || kind === 'LEFT') this.#gatherer.machine({ kind: 'gone', machineId: snapshot.machineId });
    else this.#gatherer.machine({ kind: 'present', machine: snapshot });
    // Only the last message of the opening snapshot has a cursor, and every one after it.
    if (cursor !== '') this.#gatherer.machine({ kind: 'loaded' });
  }

  async #watchRuns(): Promise<void> {
    const restart = () => {
      this.#asked = '';
      this.#askedRun = '';
      this.#gatherer.run({ kind: 'reset' });
    };
    restart();
    for await (const event of this.#backend.watchRuns('', this.#closing.signal, restart)) this.#runEvent(event);
  }

  #runEvent({ snapshot }: RunEvent): void {
    if (snapshot !== undefined) this.#gatherer.run({ kind: 'present', run: snapshot });
  }

  /** Runs a watch until the session ends. The client goes on across losses; what it cannot mend is said and tried anew. */
  async #keepOpen(watch: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await watch();
      } catch (error) {
        this.#complain(error);
      }
      await sleep(REOPEN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Looks at what is shown: where nothing is known of the run that is meant, or of the selected machine's runs, it is asked. */
  #look(): void {
    const state = this.#store.getState();
    const detail = state.ui.path.at(-1);
    const runId = detail?.kind === 'run' ? detail.runId : '';
    if (runId === '') this.#askedRun = '';
    const run = shownRun(state);
    if (run !== undefined) this.#asked = '';
    const machine = selectedMachine(state);
    if (run === undefined && runId !== '') {
      if (this.#askedRun !== runId) {
        this.#askedRun = runId;
        void this.#askForRunById(runId);
      }
    } else if (run === undefined && machine !== undefined && this.#asked !== machine.machineId) {
      this.#asked = machine.machineId;
      void this.#askForRun(machine.machineId);
    }
    this.#lists.look(state);
    this.#filter.look(state);
    this.#calls.look(state);
    this.#files.look(state);
    this.#follower.look(state);
  }

  async #askForRunById(runId: string): Promise<void> {
    try {
      const run = await this.#backend.getRun(runId, this.#closing.signal);
      this.#gatherer.run({ kind: 'asked', runId, run, problem: '' });
    } catch (error) {
      this.#gatherer.run({ kind: 'asked', runId, run: undefined, problem: failureMessage(error) });
    }
  }

  async #askForRun(machineId: string): Promise<void> {
    try {
      const run = await this.#backend.latestRun(machineId, this.#closing.signal);
      if (run === undefined) this.#gatherer.run({ kind: 'none', machineId });
      else this.#takeIfNew(run);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** An answer to a call may be older than what the watch has told meanwhile. */
  #takeIfNew(run: Run): void {
    const known = this.#gatherer.hasRun(run.runId) || this.#store.getState().runs.byId.has(run.runId);
    if (!known) this.#gatherer.run({ kind: 'present', run });
  }

  /** Says how a run ended that was started here; who canceled one has been told. */
  #tellEnd(run: Run): void {
    if (isActive(run) || !this.#mine.delete(run.runId) || run.phase === Run_Phase.CANCELED) return;
    const name = `${planName(run.planId)} on ${run.machineId}`;
    const good = run.phase === Run_Phase.SUCCEEDED;
    const text = good ? `${name} is done` : `${name} failed: ${printable(run.error?.message ?? 'for no known reason')}`;
    this.#store.setState((state) => showToast(state, good ? 'ok' : 'error', text));
  }

  #complain(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    // That the server is gone is in the header for as long as it is.
    if (this.#store.getState().connection.link.kind === 'lost') return;
    this.#store.setState((state) => showToast(state, 'error', failureMessage(error)));
  }
}
