import { create } from '@bufbuild/protobuf';
import { parseAddress } from '../../src/client/address.ts';
import { CallRecorder } from '../../src/client/call-record.ts';
import type {
  ConsoleBackend,
  EventPage,
  FileOutcome,
  ImportOutcome,
  LinkState,
  PageQuery,
  RepairTarget,
  RunPage,
  StartRunOrder,
} from '../../src/tui/backend.ts';
import type { Event, MachineEvent, RunEvent } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { MachineEventSchema, RunEventSchema } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import type { Machine } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan } from '../../src/wire/gen/baremetal/v1/plan_pb.ts';
import type { LogChunk, Run } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import type { PreviewRunResponse } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import type {
  GetServerInfoResponse,
  WatchServerLogResponse,
} from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { fileOutcome, machine, plans, repave, serverInfo } from './samples.ts';

/** A stream that a test feeds. */
export class Feed<Item> {
  readonly #items: Item[] = [];
  #wake = Promise.withResolvers<void>();
  #ended = false;
  #error: Error | undefined;

  push(item: Item): void {
    this.#items.push(item);
    this.#wake.resolve();
  }

  fail(error: Error): void {
    this.#error = error;
    this.#wake.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  async *read(signal: AbortSignal): AsyncGenerator<Item, void, undefined> {
    const abort = () => this.#wake.resolve();
    signal.addEventListener('abort', abort, { once: true });
    while (!signal.aborted) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    }
    throw signal.reason;
  }
}

function nextToken(from: number, length: number): string {
  return from < length ? String(from) : '';
}

/** A server that does what a test says, and notes what it is asked. */
export class BackendDouble implements ConsoleBackend {
  encrypted = false;
  /** How often somebody has pinged. */
  pings = 0;
  /** The calls that the console is told of. */
  readonly recorder = new CallRecorder();
  readonly wire = { log: this.recorder, target: { address: parseAddress('127.0.0.1:50051'), user: 'lin' } };
  info: GetServerInfoResponse = serverInfo();
  planList: readonly Plan[] = plans();
  /** The newest finished run of a machine, as ListRuns knows it. */
  readonly history = new Map<string, Run>();
  readonly started: StartRunOrder[] = [];
  readonly canceled: string[] = [];
  readonly imported: number[] = [];
  readonly importedFiles: string[] = [];
  /** What a file would do, and does when it is imported. */
  onFile: (file: string) => Promise<FileOutcome> = () => Promise.resolve(fileOutcome('2 machines: 2 new', 'new'));
  /** What an import answers, if anything else. */
  onImport: ((file: string, shown: FileOutcome) => Promise<FileOutcome>) | undefined;
  readonly retried: string[] = [];
  readonly repaired: { readonly target: RepairTarget; readonly values: Readonly<Record<string, string>> }[] = [];
  /** What a repair answers; the machine in MAINTENANCE if not set. */
  onRepair: (target: RepairTarget) => Promise<Machine> | Machine = ({ machineId }) =>
    machine(machineId, { phase: MachineStatus_Phase.MAINTENANCE });
  /** What PreviewRun answers; that there is no such method if not set. */
  onPreview: (order: StartRunOrder) => Promise<PreviewRunResponse> = () => Promise.reject(new Error('no such method'));
  /** What StartRun answers; a run that has just begun if not set. */
  onStart: (order: StartRunOrder) => Promise<Run> | Run = (order) => repave('7f3a91kq00000000', order.machineId, 0);
  onCancel: (runId: string) => Promise<Run> | Run = (runId) => repave(runId, 'machine-1', 0);
  /** How many machines match a filter; that is never known if not set. */
  onCount: (filter: string) => Promise<number> = () => new Promise(() => {});
  /** What the watch of a filter tells; nothing if not set. */
  onFilter: (filter: string) => Feed<MachineEvent> = () => new Feed();
  readonly #machines: Machine[] = [];
  readonly #machineFeed = new Feed<MachineEvent>();
  /** What the run watches were told, and those that are open, by their filters. */
  readonly #runEvents: RunEvent[] = [];
  readonly #runFeeds: { readonly filter: string; readonly feed: Feed<RunEvent>; readonly restart: () => void }[] = [];
  /** The runs that ListRuns and GetRun know, the newest first. */
  readonly pastRuns: Run[] = [];
  /** The trail that ListEvents knows, the newest first. */
  readonly trail: Event[] = [];
  readonly eventFeed = new Feed<Event>();
  readonly serverLog = new Feed<WatchServerLogResponse>();
  /** The pages that were asked for, as `runs FILTER @TOKEN`. */
  readonly pages: string[] = [];
  /** The streams that were opened for screens, as `runs FILTER`. */
  readonly watches: string[] = [];
  /** Whether a run matches a filter; by `machine_id=` alone if not set. */
  runMatches: (filter: string, run: Run) => boolean = (filter, run) =>
    filter === '' || filter === `machine_id=${run.machineId}`;
  /** Rejects a page that is asked for; none if not set. */
  onPage: (what: string) => void = () => undefined;
  readonly #logs = new Map<string, Feed<LogChunk>>();
  readonly #listeners = new Set<(state: LinkState) => void>();
  readonly #latencyListeners = new Set<(latencyMs: number) => void>();
  #restart: () => void = () => undefined;
  #restartFilter: () => void = () => undefined;
  #link: LinkState = { kind: 'connected' };
  #cursor = 0;

  constructor(machines: readonly Machine[] = []) {
    for (const [at, one] of machines.entries()) {
      this.#machines.push(one);
      const isLast = at === machines.length - 1;
      this.#machineFeed.push(
        create(MachineEventSchema, { kind: 'SNAPSHOT', snapshot: one, cursor: isLast ? 'c0' : '' }),
      );
    }
  }

  /** What a watch of machines says. */
  static event(one: Machine, kind = 'UPDATED'): MachineEvent {
    return create(MachineEventSchema, { kind, snapshot: one, cursor: 'c' });
  }

  /** Tells the watch of a machine. */
  tellMachine(one: Machine, kind = 'UPDATED'): void {
    this.#machineFeed.push(create(MachineEventSchema, { kind, snapshot: one, cursor: `c${++this.#cursor}` }));
  }

  /** Tells the watch of a machine as no server would send it. */
  tellRaw(one: Machine): void {
    const event = create(MachineEventSchema, { kind: 'UPDATED', cursor: `c${++this.#cursor}` });
    this.#machineFeed.push(Object.assign(event, { snapshot: one }));
  }

  /** Tells the watch of a run. */
  tellRun(run: Run, kind = 'STARTED'): void {
    const event = create(RunEventSchema, { kind, snapshot: run, cursor: `c${++this.#cursor}` });
    this.#runEvents.push(event);
    for (const { filter, feed } of this.#runFeeds) if (this.runMatches(filter, run)) feed.push(event);
  }

  /** The log of a run, to be fed. */
  log(runId: string): Feed<LogChunk> {
    const known = this.#logs.get(runId) ?? new Feed<LogChunk>();
    this.#logs.set(runId, known);
    return known;
  }

  /** The connection is now like this. */
  link(state: LinkState): void {
    this.#link = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** The machine watch begins anew. */
  restart(): void {
    this.#machines.length = 0;
    this.#restart();
  }

  /** The newest watch of a filter begins anew. */
  restartFilter(): void {
    this.#restartFilter();
  }

  /** An answer has taken so long. */
  answeredIn(latencyMs: number): void {
    for (const listener of this.#latencyListeners) listener(latencyMs);
  }

  onLatency(listener: (latencyMs: number) => void): () => void {
    this.#latencyListeners.add(listener);
    return () => this.#latencyListeners.delete(listener);
  }

  ping(): Promise<void> {
    this.pings += 1;
    return Promise.resolve();
  }

  onLink(listener: (state: LinkState) => void): () => void {
    listener(this.#link);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  serverInfo(): Promise<GetServerInfoResponse> {
    return Promise.resolve(this.info);
  }

  countMachines(filter: string): Promise<number> {
    return filter === '' ? Promise.resolve(this.#machines.length) : this.onCount(filter);
  }

  listPlans(): Promise<readonly Plan[]> {
    return Promise.resolve(this.planList);
  }

  latestRun(machineId: string): Promise<Run | undefined> {
    return Promise.resolve(this.history.get(machineId));
  }

  watchMachines(filter: string, signal: AbortSignal, onRestart: () => void): AsyncIterable<MachineEvent> {
    if (filter !== '') {
      this.#restartFilter = onRestart;
      return this.onFilter(filter).read(signal);
    }
    this.#restart = onRestart;
    return this.#machineFeed.read(signal);
  }

  watchRuns(filter: string, signal: AbortSignal, restart: () => void): AsyncIterable<RunEvent> {
    this.watches.push(`runs ${filter}`);
    const feed = new Feed<RunEvent>();
    for (const event of this.#runEvents)
      if (event.snapshot !== undefined && this.runMatches(filter, event.snapshot)) feed.push(event);
    this.#runFeeds.push({ filter, feed, restart });
    return feed.read(signal);
  }

  /** The newest watch of runs begins anew. */
  restartRuns(): void {
    this.#runFeeds.at(-1)?.restart();
  }

  async listRuns({ filter, pageSize, pageToken }: PageQuery): Promise<RunPage> {
    this.pages.push(`runs ${filter} @${pageToken}`);
    this.onPage(`runs ${filter} @${pageToken}`);
    const runs = this.pastRuns.filter((run) => this.runMatches(filter, run));
    const from = Number(pageToken);
    return { runs: runs.slice(from, from + pageSize), nextPageToken: nextToken(from + pageSize, runs.length) };
  }

  async getRun(runId: string): Promise<Run> {
    this.pages.push(`run ${runId}`);
    const run = this.pastRuns.find((one) => one.runId === runId);
    if (run === undefined) throw new Error(`there is no run ${runId}`);
    return run;
  }

  async listEvents({ filter, pageSize, pageToken }: PageQuery): Promise<EventPage> {
    this.pages.push(`events ${filter} @${pageToken}`);
    this.onPage(`events ${filter} @${pageToken}`);
    const from = Number(pageToken);
    const events = this.trail.slice(from, from + pageSize);
    return { events, nextPageToken: nextToken(from + pageSize, this.trail.length), cursor: 'end' };
  }

  watchEvents(filter: string, afterCursor: string, signal: AbortSignal): AsyncIterable<Event> {
    this.watches.push(`events ${filter} >${afterCursor}`);
    return this.eventFeed.read(signal);
  }

  watchServerLog(tail: number, signal: AbortSignal): AsyncIterable<WatchServerLogResponse> {
    this.watches.push(`server log ${tail}`);
    return this.serverLog.read(signal);
  }

  followLog(runId: string, signal: AbortSignal): AsyncIterable<LogChunk> {
    return this.log(runId).read(signal);
  }

  async startRun(order: StartRunOrder): Promise<Run> {
    this.started.push(order);
    return this.onStart(order);
  }

  async cancelRun(runId: string): Promise<Run> {
    this.canceled.push(runId);
    return this.onCancel(runId);
  }

  previewRun(order: StartRunOrder): Promise<PreviewRunResponse> {
    return this.onPreview(order);
  }

  async repair(target: RepairTarget, values: Readonly<Record<string, string>>): Promise<Machine> {
    this.repaired.push({ target, values });
    return this.onRepair(target);
  }

  retryNow(runId: string): Promise<Run> {
    this.retried.push(runId);
    return Promise.resolve(repave(runId, 'machine-1', 0));
  }

  previewFile(file: string): Promise<FileOutcome> {
    return this.onFile(file);
  }

  importFile(file: string, shown: FileOutcome): Promise<FileOutcome> {
    this.importedFiles.push(file);
    return this.onImport?.(file, shown) ?? this.onFile(file);
  }

  importDemoMachines(count: number): Promise<ImportOutcome> {
    this.imported.push(count);
    for (let at = 1; at <= count; at++) this.tellMachine(machine(`machine-${at}`), 'REGISTERED');
    return Promise.resolve({ created: count, updated: 0, unchanged: 0 });
  }
}
