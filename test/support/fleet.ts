import type { Aggregate } from '../../src/core/domain/aggregate.ts';
import { decisionTime, runOf } from '../../src/core/domain/aggregate.ts';
import { decideEnd } from '../../src/core/domain/decide/announcement.ts';
import { decideApprove, decideHold } from '../../src/core/domain/decide/approve-step.ts';
import type { Outcome } from '../../src/core/domain/decide/attempt.ts';
import {
  decideBegin,
  decideIntent,
  decideOutcome,
  decideStopped,
  decideStuck,
  nextAction,
} from '../../src/core/domain/decide/attempt.ts';
import { decideCancel, decideRetryNow } from '../../src/core/domain/decide/cancel-run.ts';
import type { Decision } from '../../src/core/domain/decide/decision.ts';
import { decideFinish } from '../../src/core/domain/decide/finish.ts';
import { decideRegister, decideUpdate } from '../../src/core/domain/decide/machine.ts';
import type { Repair } from '../../src/core/domain/decide/repair.ts';
import { decideRepair } from '../../src/core/domain/decide/repair.ts';
import { decideStartRun } from '../../src/core/domain/decide/start-run.ts';
import type { MachineSpec } from '../../src/core/domain/machine.ts';
import type { Plan } from '../../src/core/domain/plan.ts';
import type { Run } from '../../src/core/domain/run.ts';
import { isTerminal } from '../../src/core/domain/run.ts';
import { aSpec, aStart, builtIn, DONE, REFUSED } from '../../src/core/domain/testing.ts';
import type { Command } from '../../src/core/engine/transact.ts';
import { transact } from '../../src/core/engine/transact.ts';
import type { Origin } from '../../src/core/ports/origin.ts';
import type { Claim, Claimed, Store } from '../../src/core/ports/store.ts';

/** Who gives the commands of tests. */
export const ALICE: Origin = {
  actor: 'alice',
  peer: '127.0.0.1:5000',
  requestId: '',
  reason: 'test',
  method: 'TestService/Command',
  server: 'server-1',
};
/** Who decides as the owner of a run. */
const ENGINE: Origin = { actor: 'engine', peer: '', requestId: '', reason: '', method: '', server: 'server-1' };

/** A claim together with who made it. */
export interface Held extends Claim {
  readonly owner: string;
}

/** How a run is started where a test says nothing else. */
export interface StartOptions {
  readonly runId?: string;
  readonly requestId?: string;
  /** The name of a built-in plan, or a plan of the test's own. */
  readonly plan?: string | Plan;
  readonly by?: string;
}

type Without<One, Keys extends PropertyKey> = One extends unknown ? Omit<One, Keys> : never;

/** What a repair is about, its request id and reason aside. */
export type RepairOptions = Without<Repair, 'requestId' | 'reason'>;

/**
 * Machines and runs in a store, moved on by the real decisions as services and the engine make them. Everything throws
 * that is not carried out.
 */
export class Fleet {
  readonly store: Store;
  #made = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** A spec with identities that no other of this fleet has. */
  spec(with_: Partial<MachineSpec> = {}): MachineSpec {
    this.#made += 1;
    const hex = this.#made.toString(16).padStart(6, '0');
    const mac = `02:00:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
    return aSpec({ macAddresses: [mac], serial: `SN-${hex}`, bmcAddress: `bmc-${hex}.example`, ...with_ });
  }

  /** Registers a machine; labels are what it is found by. */
  register(
    machineId: string,
    with_: Partial<MachineSpec> = {},
    labels: Readonly<Record<string, string>> = {},
  ): Promise<Aggregate> {
    const declared = { spec: this.spec(with_), labels, etag: '' };
    return this.#carryOut({ machineId, origin: ALICE }, (now) => decideRegister(now, declared));
  }

  /** Registers machines with these ids, a hundred at a time. */
  async registerAll(machineIds: readonly string[], with_: Partial<MachineSpec> = {}): Promise<void> {
    for (let at = 0; at < machineIds.length; at += 100) {
      await Promise.all(machineIds.slice(at, at + 100).map((machineId) => this.register(machineId, with_)));
    }
  }

  /** Changes parts of a machine's spec. */
  respec(machineId: string, change: Partial<MachineSpec>): Promise<Aggregate> {
    return this.#carryOut({ machineId, origin: ALICE }, (now) =>
      decideUpdate(now, ({ spec, labels }) => ({ spec: { ...spec, ...change }, labels, etag: '' })),
    );
  }

  /** Gives a machine one more label. */
  label(machineId: string, key: string, value: string): Promise<Aggregate> {
    return this.#carryOut({ machineId, origin: ALICE }, (now) =>
      decideUpdate(now, ({ spec, labels }) => ({ spec, labels: { ...labels, [key]: value }, etag: '' })),
    );
  }

  /** Carries out a repair command. */
  repair(machineId: string, repair: RepairOptions, requestId = this.#id('repair')): Promise<Aggregate> {
    const command = { ...repair, requestId, reason: 'test' } as Repair;
    let released: string | null = null;
    return this.#carryOut(
      { machineId, requestId, origin: { ...ALICE, requestId }, raiseFenceOf: () => released },
      (now) => {
        const decision = decideRepair(now, command);
        if (decision.kind === 'decision') released = decision.releasedRunId;
        return decision;
      },
    );
  }

  /** Starts a run and answers its id, or that of the run which the request id started before. */
  async start(machineId: string, options: StartOptions = {}): Promise<string> {
    const { runId = this.#id('run'), requestId = this.#id('request'), plan = 'reboot', by = 'alice' } = options;
    const chosen = typeof plan === 'string' ? builtIn(plan) : plan;
    const command = aStart('reboot', {
      runId,
      requestId,
      planId: chosen.id,
      plan: chosen,
      initiatedBy: by,
      acknowledgeIntervention: true,
    });
    let started = runId;
    await this.#carryOut({ machineId, requestId, origin: { ...ALICE, actor: by, requestId } }, (now) => {
      const decision = decideStartRun(now, command);
      if (decision.kind !== 'refusal') started = decision.runId;
      return decision;
    });
    return started;
  }

  /** Cancels a run. */
  cancel(machineId: string, runId: string): Promise<Aggregate> {
    return this.#carryOut({ machineId, runId, origin: ALICE }, (now) =>
      decideCancel(now, { runId, by: 'alice', reason: '' }),
    );
  }

  /** Ends a run's back-off. */
  retryNow(machineId: string, runId: string): Promise<Aggregate> {
    return this.#carryOut({ machineId, runId, origin: ALICE }, (now) => decideRetryNow(now, runId));
  }

  /** Lets a run wait for a person, as it is due to. */
  hold(held: Held): Promise<Aggregate> {
    return this.decide(held, (now) => {
      const planned = runOf(now, held.runId);
      const action = planned === null ? null : nextAction(planned, held.fence, decisionTime(now));
      if (action?.kind !== 'hold') throw new NotCarriedOut(`due is ${action?.kind}, not to wait for a person`);
      return decideHold(now, held.runId, held.fence, action.step);
    });
  }

  /** Lets the step begin that a run waits with. */
  approve(machineId: string, runId: string, step: string): Promise<Aggregate> {
    return this.#carryOut({ machineId, runId, origin: ALICE }, (now) =>
      decideApprove(now, { runId, step, by: 'alice', reason: 'test' }),
    );
  }

  /** Takes the one run that is due. */
  async claim(owner = 'server-1'): Promise<Held> {
    const { claims } = await this.store.claim(owner, 10);
    const [claim] = claims;
    if (claim === undefined || claims.length > 1) throw new Error(`${claims.length} runs are due, not one`);
    return { ...claim, owner };
  }

  /** Starts a run, takes it, and lets it be RUNNING. */
  async startAndBegin(machineId: string, options: StartOptions = {}, owner = 'server-1'): Promise<Held> {
    await this.start(machineId, options);
    const held = await this.claim(owner);
    await this.begin(held);
    return held;
  }

  /** PENDING → RUNNING. */
  begin(held: Held): Promise<Aggregate> {
    return this.decide(held, (now) => decideBegin(now, held.runId));
  }

  /** Announces the attempt that is next. */
  announce(held: Held): Promise<Aggregate> {
    return this.decide(held, (now) => {
      const planned = runOf(now, held.runId);
      if (planned === null) throw new NotCarriedOut(`run ${held.runId} is not there`);
      const action = nextAction(planned, held.fence, decisionTime(now));
      if (action.kind !== 'attempt') throw new NotCarriedOut(`due is ${action.kind}, not an attempt`);
      return decideIntent(now, { ...action, runId: held.runId, fence: held.fence });
    });
  }

  /** Records how the call under way ended; `random` is the jitter of a back-off. */
  end(held: Held, outcome: Outcome, random = 0.5): Promise<Aggregate> {
    return this.decide(held, (now) => decideOutcome(now, { runId: held.runId, fence: held.fence, outcome }, random));
  }

  /** Ends the run with its call, and takes over another one in its stead where the store hands its place on. */
  async endAndTakeOver(held: Held, outcome: Outcome): Promise<Claimed | null> {
    const { runId, machineId, owner, fence } = held;
    const command = { machineId, runId, origin: ENGINE, guard: { runId, owner, fence }, takesOver: () => true };
    const result = await transact(this.store, command, (now) => decideEnd(now, { runId, fence, outcome }, 0.5));
    if (result.kind !== 'transacted') throw new NotCarriedOut(result.kind === 'fenced' ? 'fenced' : result.message);
    return result.next;
  }

  /** Fails the run because its call does not return: the machine is held. */
  stick(held: Held): Promise<Aggregate> {
    return this.decide(held, (now) => decideStuck(now, held.runId, 10_000));
  }

  /** Records that the call of an ended run has returned. */
  stopped(held: Held): Promise<Aggregate> {
    return this.decide(held, (now) => decideStopped(now, held.runId));
  }

  /** Does all steps of a run that is RUNNING, to its good end. */
  async succeed(held: Held): Promise<Run> {
    for (;;) {
      const run = await this.run(held);
      if (isTerminal(run.phase)) return run;
      if (run.steps.every((step) => step.state === 'SUCCEEDED')) {
        await this.decide(held, (now) => decideFinish(now, held.runId));
      } else {
        await this.announce(held);
        await this.end(held, DONE);
      }
    }
  }

  /** Starts a run and carries it to its good end. */
  async startAndSucceed(machineId: string, options: StartOptions = {}): Promise<Run> {
    return this.succeed(await this.startAndBegin(machineId, options));
  }

  /** Starts a run and lets its first step fail for good. */
  async startAndFail(machineId: string, options: StartOptions = {}): Promise<Run> {
    const held = await this.startAndBegin(machineId, options);
    await this.announce(held);
    await this.end(held, REFUSED);
    return this.run(held);
  }

  /** The run that is held, as the store has it. */
  async run(held: Pick<Held, 'runId'>): Promise<Run> {
    const row = await this.store.run(held.runId);
    if (row === null) throw new Error(`run ${held.runId} is not there`);
    return row.run;
  }

  /** Decides as the owner of a run. */
  decide(held: Held, decide: (aggregate: Aggregate) => Decision): Promise<Aggregate> {
    const { runId, machineId, owner, fence } = held;
    return this.#carryOut({ machineId, runId, origin: ENGINE, guard: { runId, owner, fence } }, decide);
  }

  async #carryOut(command: Command, decide: Parameters<typeof transact>[2]): Promise<Aggregate> {
    const result = await transact(this.store, command, decide);
    if (result.kind === 'transacted') return result.aggregate;
    throw new NotCarriedOut(result.kind === 'fenced' ? 'fenced' : result.message);
  }

  #id(what: string): string {
    this.#made += 1;
    return `${what}-${String(this.#made).padStart(6, '0')}`;
  }
}

/** A command that changed nothing: it was refused, is not due, or its owner does not own the run any more. */
export class NotCarriedOut extends Error {
  override readonly name = 'NotCarriedOut';
}
