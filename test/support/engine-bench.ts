import type { Aggregate } from '../../src/core/domain/aggregate.ts';
import { decideApprove } from '../../src/core/domain/decide/approve-step.ts';
import { decideCancel, decideRetryNow } from '../../src/core/domain/decide/cancel-run.ts';
import { decideRegister } from '../../src/core/domain/decide/machine.ts';
import type { Repair } from '../../src/core/domain/decide/repair.ts';
import { decideRepair } from '../../src/core/domain/decide/repair.ts';
import type { StartDecision } from '../../src/core/domain/decide/start-run.ts';
import { decideStartRun } from '../../src/core/domain/decide/start-run.ts';
import type { Machine, MachineSpec } from '../../src/core/domain/machine.ts';
import type { Capability, Plan } from '../../src/core/domain/plan.ts';
import { BUILT_IN_PLANS } from '../../src/core/domain/plans/built-in.ts';
import type { Refusal } from '../../src/core/domain/refusal.ts';
import type { Run } from '../../src/core/domain/run.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { createEngine } from '../../src/core/engine/engine.ts';
import { transact } from '../../src/core/engine/transact.ts';
import type { Driver, ProbeAnswer, Provider, StepCall, StepOutcome } from '../../src/core/ports/provider.ts';
import { capabilitiesIn } from '../../src/core/ports/provider.ts';
import type { Store, StoredEvent } from '../../src/core/ports/store.ts';
import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

const CAPABILITIES: readonly Capability[] = [
  'Power',
  'BootDevice',
  'Imaging',
  'RemoteExec',
  'Cluster',
  'Identity',
  'Inventory',
];

/** A call that the provider of a test got, to be ended by the test. */
export interface PendingCall {
  readonly call: StepCall;
  readonly probe: boolean;
  /** Ends it as the test says; a function throws what it throws. */
  readonly end: (outcome: StepOutcome | ProbeAnswer | (() => never) | unknown) => void;
}

/** A provider whose calls do what a test says: by a rule, or one by one by hand. */
class ScriptedProvider implements Provider {
  readonly name = 'scripted';
  readonly drivers: Provider['drivers'];
  /** Calls under way, in the order in which they came. */
  readonly pending: PendingCall[] = [];
  /** Every call that ever came, with its step, attempt, fence and kind. */
  readonly journal: {
    readonly machine: string;
    readonly step: string;
    readonly attempt: number;
    readonly fence: number;
    readonly probe: boolean;
  }[] = [];
  /** The greatest number of calls that one machine had at a time. */
  overlap = 0;
  /** Answers at once where it says something; else the call waits for the test. */
  rule: (call: StepCall, probe: boolean) => unknown = () => undefined;

  constructor(capabilities: readonly Capability[] = CAPABILITIES) {
    const driver: Driver = {
      perform: (call) => this.#take(call, false) as Promise<StepOutcome>,
      probe: (call) => this.#take(call, true) as Promise<ProbeAnswer>,
    };
    this.drivers = Object.fromEntries(capabilities.map((capability) => [capability, driver]));
  }

  #take(call: StepCall, probe: boolean): Promise<unknown> {
    const { attempt, fence } = call.token;
    this.journal.push({ machine: call.machine.id, step: call.step.name, attempt, fence, probe });
    const said = this.rule(call, probe);
    if (said !== undefined)
      return typeof said === 'function' ? Promise.resolve().then(() => said()) : Promise.resolve(said);
    return new Promise((resolve, reject) => {
      const pending: PendingCall = {
        call,
        probe,
        end: (outcome) => {
          this.pending.splice(this.pending.indexOf(pending), 1);
          if (typeof outcome === 'function') {
            try {
              outcome();
            } catch (error) {
              reject(error);
            }
          } else resolve(outcome);
        },
      };
      this.pending.push(pending);
      const together = this.pending.filter((other) => other.call.machine.id === call.machine.id).length;
      this.overlap = Math.max(this.overlap, together);
    });
  }
}

/** The outcome of a call that went well. */
export const DONE: StepOutcome = { kind: 'done', message: 'ok' };
/** The outcome of a call that may be tried again. */
export const FAILED: StepOutcome = { kind: 'failed', terminal: false, code: 'BROKEN', message: 'it broke' };

/** A repair command without what every one of them carries. */
export type RepairKind = Repair extends infer R ? (R extends Repair ? Omit<R, 'requestId' | 'reason'> : never) : never;

/** An engine on a memory store, a virtual clock and a scripted provider. */
export class EngineBench {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly provider = new ScriptedProvider();
  engine: Engine;
  /** What the jitter draws; 0.5 unless a test says otherwise. */
  random = 0.5;
  readonly logged: string[] = [];
  readonly #maxRuns: number;
  #requests = 0;
  #instances = 0;

  constructor(store?: Store, maxRuns = 1_000, clock = new VirtualClock()) {
    this.clock = clock;
    this.#maxRuns = maxRuns;
    this.store = store ?? createMemoryStore({ clock: this.clock });
    this.engine = this.newEngine();
  }

  /** Another server on the same store. */
  newEngine(): Engine {
    this.#instances += 1;
    const take = (_: object, message: string) => void this.logged.push(message);
    return createEngine({
      store: this.store,
      providers: new Map([[this.provider.name, this.provider]]),
      clock: this.clock,
      random: () => this.random,
      instance: `server-${this.#instances}`,
      maxRuns: this.#maxRuns,
      log: { info: take, warn: take, error: take },
    });
  }

  async register(machineId: string, spec: Partial<MachineSpec> = {}): Promise<void> {
    const declared: MachineSpec = {
      provider: 'scripted',
      macAddresses: [],
      serial: `serial-${machineId}`,
      sshEndpoint: '',
      bmcAddress: '',
      rack: 'r1',
      bmcCredentialsRef: '',
      model: 'model-1',
      targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: '' },
      ...spec,
    };
    await transact(this.store, { machineId, origin: this.#origin('') }, (aggregate) =>
      decideRegister(aggregate, { spec: declared, labels: {}, etag: '' }),
    );
  }

  /** Starts a plan, built in or the test's own; the answer is the run's id, or the refusal. */
  async start(
    machineId: string,
    plan: string | Plan,
    options: { readonly requestId?: string; readonly acknowledge?: boolean } = {},
  ): Promise<string | Refusal> {
    this.#requests += 1;
    const requestId = options.requestId ?? `request-${this.#requests}`;
    const chosen = typeof plan === 'string' ? BUILT_IN_PLANS.find((one) => one.id === `plan/${plan}`) : plan;
    const registry = new Map([[this.provider.name, this.provider]]);
    const result = await transact<StartDecision>(
      this.store,
      { machineId, requestId, origin: this.#origin(requestId) },
      (aggregate) =>
        decideStartRun(aggregate, {
          runId: `run-${this.#requests}`,
          requestId,
          type: 'CUSTOM',
          planId: chosen?.id ?? 'plan/none',
          plan: chosen ?? null,
          params: {},
          reason: '',
          initiatedBy: 'tester',
          acknowledgeIntervention: options.acknowledge ?? false,
          acknowledgeCluster: false,
          controlPlane: null,
          previewToken: '',
          capabilitiesOf: (name) => capabilitiesIn(registry, name),
        }),
    );
    if (result.kind === 'refusal') return result;
    if (result.kind === 'fenced') throw new Error('a start is never fenced');
    await settle();
    return result.decision.runId;
  }

  async cancel(runId: string): Promise<Run | Refusal> {
    const { machineId } = await this.run(runId);
    const result = await transact(this.store, { machineId, runId, origin: this.#origin('') }, (aggregate) =>
      decideCancel(aggregate, { runId, by: 'tester', reason: '' }),
    );
    await settle();
    if (result.kind === 'refusal') return result;
    return this.run(runId);
  }

  async approve(runId: string, step: string): Promise<Run | Refusal> {
    const { machineId } = await this.run(runId);
    const result = await transact(this.store, { machineId, runId, origin: this.#origin('') }, (aggregate) =>
      decideApprove(aggregate, { runId, step, by: 'tester', reason: 'test' }),
    );
    await settle();
    return result.kind === 'refusal' ? result : this.run(runId);
  }

  async retryNow(runId: string): Promise<Run | Refusal> {
    const { machineId } = await this.run(runId);
    const result = await transact(this.store, { machineId, runId, origin: this.#origin('') }, (aggregate) =>
      decideRetryNow(aggregate, runId),
    );
    await settle();
    return result.kind === 'refusal' ? result : this.run(runId);
  }

  /** Gives a repair command about a machine, each time as a new request. */
  async repair(machineId: string, kind: RepairKind): Promise<Machine | Refusal> {
    this.#requests += 1;
    const requestId = `request-${this.#requests}`;
    const releases = kind.method === 'ResolveIntervention' && kind.releaseStuck;
    const command = {
      machineId,
      requestId,
      origin: this.#origin(requestId),
      raiseFenceOf: ({ machine }: Aggregate) => (releases ? (machine?.stoppingRunId ?? null) : null),
    };
    const result = await transact(this.store, command, (aggregate) =>
      decideRepair(aggregate, { ...kind, requestId, reason: 'test' } as Repair),
    );
    await settle();
    return result.kind === 'refusal' ? result : this.machine(machineId);
  }

  async run(runId: string): Promise<Run> {
    const row = await this.store.run(runId);
    if (row === null) throw new Error(`there is no run ${runId}`);
    return row.run;
  }

  async machine(machineId: string): Promise<Machine> {
    const machine = await this.store.machine(machineId);
    if (machine === null) throw new Error(`there is no machine ${machineId}`);
    return machine;
  }

  /** Ends the call under way, of one machine where there are several. */
  async end(outcome: unknown, machineId?: string): Promise<void> {
    const pending = this.provider.pending.find(({ call }) => machineId === undefined || call.machine.id === machineId);
    if (pending === undefined) throw new Error('no call is under way');
    pending.end(outcome);
    await settle();
    await settle();
  }

  /** Every event from the beginning, oldest first. */
  async events(start: string): Promise<readonly StoredEvent[]> {
    const all: StoredEvent[] = [];
    for (let cursor = start; ; ) {
      const tail = await this.store.tail(cursor, 500);
      if ('kind' in tail) throw new Error(`the cursor is ${tail.kind}`);
      all.push(...tail.events);
      if (tail.caughtUp) return all;
      cursor = tail.cursor;
    }
  }

  #origin(requestId: string) {
    return { actor: 'tester', peer: '', requestId, reason: '', method: 'TestService/Command', server: 'server-1' };
  }
}
