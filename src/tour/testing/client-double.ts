import type { MessageInitShape } from '@bufbuild/protobuf';
import { clone, create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { parseAddress } from '../../client/address.ts';
import type { Client } from '../../client/client.ts';
import { toClientError } from '../../client/client-error.ts';
import type { ConnectionState } from '../../client/connection.ts';
import type { StreamSettings } from '../../client/resume.ts';
import type { MachineEvent, RunEvent } from '../../wire/gen/baremetal/v1/event_pb.ts';
import { MachineEventSchema, RunEventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';
import type { Machine, MachineStatusSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase as MachinePhase, MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { PlanSchema } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import {
  ErrorStatusSchema,
  ProgressSchema,
  Run_Phase as RunPhase,
  RunSchema,
  StepStatus_State as StepState,
} from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Imported, TourHost } from '../host.ts';

const STEPS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  REPAVE: [
    ['set-netboot', 'netboot'],
    ['repave-image', 'repave'],
    ['verify-in-cluster', 'verify'],
  ],
  REBOOT: [['reboot', 'reboot']],
  RMA: [['mark-rma', 'rma']],
};

/** What StartRun is given, as far as the double looks at it. */
interface StartRequest {
  readonly machineId?: string;
  readonly requestId?: string;
  readonly type?: string;
  readonly planId?: string;
  readonly acknowledgeIntervention?: boolean;
}

/** What of a stream one watcher has not taken yet. */
class Feed<Item> {
  readonly #items: Item[] = [];
  #wake = Promise.withResolvers<void>();

  push(item: Item): void {
    this.#items.push(item);
    this.#wake.resolve();
  }

  async *read(signal: AbortSignal | undefined): AsyncGenerator<Item, void, undefined> {
    signal?.addEventListener('abort', () => this.#wake.resolve(), { once: true });
    for (;;) {
      signal?.throwIfAborted();
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    }
  }
}

/** A server that a test moves on by hand, and the host and client of a tour of it. */
export class ServerDouble {
  readonly machines = new Map<string, Machine>();
  readonly runs = new Map<string, Run>();
  /** Every call that changed or was to change something: `startRun machine-1 REPAVE`. */
  readonly calls: string[] = [];
  readonly requestIds: string[] = [];
  /** The answers to so many calls of StartRun that come are lost, after they were carried out. */
  loseAnswers = 0;
  /** A run that is started ends well by itself at once. */
  quick = false;
  hurried = false;
  /** What it says that its state is kept in. */
  store = 'memory';
  starts = 0;
  #ids = 0;
  #running = false;
  #machineFeeds = new Set<Feed<MachineEvent>>();
  #runFeeds = new Set<Feed<RunEvent>>();
  #states = new Set<(state: ConnectionState) => void>();
  #restarts = new Set<() => void>();

  readonly host: TourHost = {
    ownServer: true,
    start: async () => {
      this.starts += 1;
      if (!this.#running) this.forgetAll();
      this.#running = true;
      return this.client();
    },
    stop: async () => {
      this.#running = false;
      return { runsLost: 0, machinesLost: 0 };
    },
    restart: async () => {
      this.calls.push('restart');
    },
    hurry: (on) => {
      this.hurried = on;
    },
    importMachines: (_client, count) => this.importMachines(count),
    importFile: async (_client, { name }) => {
      this.calls.push(`importFile ${name}`);
      return { rows: [], summary: '0 machines' };
    },
    newId: () => {
      this.#ids += 1;
      return `id-${this.#ids}`;
    },
  };

  /** Everything that the server had is gone, as after a restart with a store in memory. */
  forgetAll(): void {
    this.machines.clear();
    this.runs.clear();
    for (const restart of [...this.#restarts]) restart();
  }

  /** The connection is lost, or back. */
  connection(state: 'lost' | 'connected'): void {
    const since = Date.now();
    const error = toClientError(loss(), SITE);
    for (const tell of [...this.#states]) {
      tell(
        state === 'lost' ? { kind: 'lost', since, attempt: 1, retryAt: since, error } : { kind: 'connected', since },
      );
    }
  }

  async importMachines(count: number): Promise<Imported> {
    this.calls.push(`import ${count}`);
    let created = 0;
    for (let number = 1; number <= count; number += 1) {
      if (this.machines.has(`machine-${number}`)) continue;
      created += 1;
      this.put(`machine-${number}`, { phase: MachinePhase.FACTORY_READY }, 'REGISTERED');
    }
    return { created, updated: 0, unchanged: count - created };
  }

  /** A machine is now like this. */
  put(machineId: string, status: MessageInitShape<typeof MachineStatusSchema>, kind = 'UPDATED'): void {
    const before = this.machines.get(machineId)?.status;
    const machine = create(MachineSchema, {
      machineId,
      status: {
        phase: before?.phase ?? MachinePhase.FACTORY_READY,
        conditions: before?.conditions ?? [],
        activeRunId: before?.activeRunId ?? '',
        stoppingRunId: before?.stoppingRunId ?? '',
        ...status,
      },
    });
    this.machines.set(machineId, machine);
    const event = create(MachineEventSchema, { kind, snapshot: machine, cursor: 'c' });
    for (const feed of this.#machineFeeds) feed.push(event);
  }

  /** A run is now like this. */
  putRun(run: Run, kind = 'CHANGED'): void {
    this.runs.set(run.runId, run);
    for (const feed of this.#runFeeds) feed.push(create(RunEventSchema, { kind, snapshot: run, cursor: 'c' }));
  }

  /** The newest run of a machine. */
  runOf(machineId: string): Run {
    const run = [...this.runs.values()].findLast((one) => one.machineId === machineId);
    if (run === undefined) throw new Error(`no run on ${machineId}`);
    return run;
  }

  /** The newest run of a machine has come to a step. */
  reach(machineId: string, step: string, percent = 0): void {
    const run = this.runOf(machineId);
    const at = run.steps.findIndex(({ name }) => name === step);
    const reached = clone(RunSchema, run);
    reached.currentStep = step;
    for (const [place, one] of reached.steps.entries()) {
      one.state = place < at ? StepState.SUCCEEDED : place === at ? StepState.RUNNING : StepState.WAITING;
      if (place === at) one.progress = create(ProgressSchema, { current: percent, total: 100, unit: '%' });
    }
    this.putRun(reached);
  }

  /** The newest run of a machine ends. */
  end(machineId: string, phase: RunPhase, message = ''): void {
    const run = this.runOf(machineId);
    const bad = phase === RunPhase.FAILED ? StepState.FAILED : StepState.CANCELED;
    const ended = clone(RunSchema, run);
    ended.phase = phase;
    ended.finishedAt = timestampNow();
    if (phase === RunPhase.FAILED) ended.error = create(ErrorStatusSchema, { code: 'STEP_FAILED', message });
    for (const step of ended.steps) {
      if (phase === RunPhase.SUCCEEDED) step.state = StepState.SUCCEEDED;
      else if (step.state === StepState.RUNNING) step.state = bad;
    }
    this.putRun(ended);
    const machinePhase = phase !== RunPhase.SUCCEEDED ? MachinePhase.MAINTENANCE : PHASE_AFTER[run.type];
    const conditions =
      phase === RunPhase.SUCCEEDED ? [] : [{ type: 'NeedsIntervention', status: true, message: `run ${run.runId}` }];
    this.put(machineId, { phase: machinePhase ?? run.originPhase, activeRunId: '', conditions });
  }

  /** A client of this server, as far as a tour uses one. */
  client(): Client {
    const closing = new AbortController();
    const living = (signal: AbortSignal | undefined) =>
      signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    const client = {
      address: parseAddress('127.0.0.1:50051'),
      connection: {
        state: { kind: 'connected', since: 0 },
        subscribe: (tell: (state: ConnectionState) => void) => {
          this.#states.add(tell);
          return () => this.#states.delete(tell);
        },
      },
      watchMachines: (_request: object, settings: StreamSettings = {}) =>
        this.#watchMachines(living(settings.signal), settings),
      watchRuns: (_request: object, { signal }: StreamSettings = {}) => this.#watchRuns(living(signal)),
      listMachines: () => listed([...this.machines.values()]),
      listRuns: () => listed([...this.runs.values()].toReversed()),
      listPlans: () => listed(['plan/reboot'].map((planId) => create(PlanSchema, { planId }))),
      server: { getServerInfo: async () => ({ store: { kind: this.store } }) },
      runs: {
        startRun: (request: StartRequest) => this.#startRun(request),
        cancelRun: async ({ runId = '', reason = '' }) => {
          this.calls.push(`cancelRun ${runId} ${reason}`.trimEnd());
          const run = this.runs.get(runId);
          if (run !== undefined && run.finishedAt === undefined) this.end(run.machineId, RunPhase.CANCELED);
          return this.runs.get(runId);
        },
      },
      machines: {
        resolveIntervention: ({ machineId = '' }) => this.#repair('resolve', machineId, { conditions: [] }),
        completeRma: ({ machineId = '' }) =>
          this.#repair('completeRma', machineId, { phase: MachinePhase.FACTORY_READY, conditions: [] }),
        exitMaintenance: ({ machineId = '' }) => this.#repair('exitMaintenance', machineId, { conditions: [] }),
        enterMaintenance: ({ machineId = '' }) =>
          this.#repair('enterMaintenance', machineId, { phase: MachinePhase.MAINTENANCE }),
      },
      close: () => closing.abort(),
    };
    return client as unknown as Client;
  }

  async *#watchMachines(
    signal: AbortSignal,
    { onState }: StreamSettings,
  ): AsyncGenerator<MachineEvent, void, undefined> {
    const feed = new Feed<MachineEvent>();
    this.#machineFeeds.add(feed);
    const restart = () => onState?.({ kind: 'restarted', reason: 'CURSOR_EXPIRED' });
    this.#restarts.add(restart);
    onState?.({ kind: 'connected' });
    try {
      yield* feed.read(signal);
    } finally {
      this.#machineFeeds.delete(feed);
      this.#restarts.delete(restart);
    }
  }

  async *#watchRuns(signal: AbortSignal): AsyncGenerator<RunEvent, void, undefined> {
    const feed = new Feed<RunEvent>();
    this.#runFeeds.add(feed);
    try {
      yield* feed.read(signal);
    } finally {
      this.#runFeeds.delete(feed);
    }
  }

  async #startRun({ machineId = '', requestId = '', type = '', planId = '' }: StartRequest): Promise<Run> {
    this.calls.push(`startRun ${machineId} ${type || planId}`);
    this.requestIds.push(requestId);
    const same = [...this.runs.values()].find((run) => run.machineId === machineId && run.requestId === requestId);
    const machine = this.machines.get(machineId);
    if (machine === undefined) throw refusal('NOT_FOUND', 5, `there is no machine ${machineId}`);
    if (same === undefined && (machine.status?.conditions ?? []).length > 0) {
      throw refusal('NEEDS_INTERVENTION', 9, `machine ${machineId} needs intervention`);
    }
    const run = same ?? this.#newRun(machine, requestId, type);
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw toClientError(loss(), SITE);
    }
    if (same === undefined && (this.quick || this.hurried)) this.end(machineId, RunPhase.SUCCEEDED);
    return run;
  }

  #newRun(machine: Machine, requestId: string, type: string): Run {
    const { machineId } = machine;
    const run = create(RunSchema, {
      runId: `run${this.runs.size + 1}`.padEnd(16, '0'),
      machineId,
      requestId,
      type,
      phase: RunPhase.RUNNING,
      originPhase: machine.status?.phase ?? MachinePhase.FACTORY_READY,
      createdAt: timestampNow(),
      steps: (STEPS[type] ?? []).map(([name, kind], at) => ({
        name,
        kind,
        maxAttempts: 2,
        state: at === 0 ? StepState.RUNNING : StepState.WAITING,
      })),
    });
    this.putRun(run, 'ACCEPTED');
    this.put(machineId, { phase: MachinePhase.PROVISIONING, activeRunId: run.runId }, 'RUN_ACCEPTED');
    return run;
  }

  async #repair(
    name: string,
    machineId: string,
    status: MessageInitShape<typeof MachineStatusSchema>,
  ): Promise<Machine> {
    this.calls.push(`${name} ${machineId}`);
    this.put(machineId, status);
    const machine = this.machines.get(machineId);
    if (machine === undefined) throw refusal('NOT_FOUND', 5, `there is no machine ${machineId}`);
    return machine;
  }
}

const PHASE_AFTER: Readonly<Record<string, MachinePhase>> = { REPAVE: MachinePhase.IN_SERVICE, RMA: MachinePhase.RMA };

const SITE = { method: 'RunService/StartRun', address: '127.0.0.1:50051', reached: true };

function loss(): Error {
  return Object.assign(new Error('lost'), { code: 14, details: 'connection dropped' });
}

function refusal(reason: string, code: number, message: string): Error {
  return Object.assign(new Error(message), { code, details: message, reason });
}

async function* listed<Item>(items: readonly Item[]): AsyncGenerator<Item, void, undefined> {
  yield* items;
}
