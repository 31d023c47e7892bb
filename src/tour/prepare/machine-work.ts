import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { StepStatus_State as StepState } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { TourFailure } from '../failure.ts';
import type { TourHost } from '../host.ts';
import type { Performer } from '../perform/performer.ts';
import type { Room } from '../room/room.ts';
import { runTypeOf } from '../room/run-type.ts';
import { hindrance, isBusy } from '../room/verdict.ts';
import { hasEnded, phaseOf, runPhaseOf, shortId } from '../room/view.ts';
import type { MachinePhaseName, RunCommandName } from '../script/script.ts';
import type { Orders } from './orders.ts';

/** Why the tour does what puts the room in order, as the audit trail has it. */
const REASON = 'the tour puts the room in order';

/** More repairs than this of one machine go round in circles: somebody else is at it. */
const MOST_REPAIRS = 8;

/** The step of a repave in which a run is canceled. */
const IMAGE_KIND = 'repave';

/** What bringing a machine about needs. */
export interface Hands {
  readonly room: Room;
  readonly performer: Performer;
  readonly host: TourHost;
  readonly orders: Orders;
  readonly signal: AbortSignal;
}

/** Brings one machine to where a chapter needs it, through the public API. */
export class MachineWork {
  readonly #machineId: string;
  readonly #hands: Hands;

  constructor(machineId: string, hands: Hands) {
    this.#machineId = machineId;
    this.#hands = hands;
  }

  /** Makes it so that a run can be started on the machine. */
  async free(): Promise<void> {
    for (let repairs = 0; repairs < MOST_REPAIRS; repairs += 1) {
      const machine = await this.#machine();
      const hindered = hindrance(machine);
      if (hindered === '') return;
      await this.#repair(machine, hindered);
    }
    throw new TourFailure(`${this.#machineId} does not come to rest: somebody else is working on it`, 'chapter');
  }

  /** Ends what is under way on the machine, if anything is. */
  async rest(): Promise<void> {
    const machine = await this.#machine();
    if (isBusy(machine)) await this.#end(machine);
  }

  /** Brings the machine into a phase, and leaves it free where that phase is. */
  async phase(wanted: MachinePhaseName): Promise<void> {
    const machine = await this.#machine();
    if (phaseOf(machine) === wanted && (wanted === 'RMA' || hindrance(machine) === '')) return;
    switch (wanted) {
      case 'IN_SERVICE':
        await this.#untilRepaveEnds();
        await this.free();
        if (phaseOf(await this.#machine()) !== 'IN_SERVICE') await this.#run('repave');
        return;
      case 'RMA':
        await this.phase('IN_SERVICE');
        await this.#run('rma');
        return;
      case 'MAINTENANCE':
        await this.free();
        await this.#command('maintenance enter', (request, signal) =>
          this.#hands.performer.client.machines.enterMaintenance(request, { signal }),
        );
        return;
      default: {
        const now = `${this.#machineId} is ${phaseOf(machine)}`;
        throw new TourFailure(`${now} and cannot be made ${wanted}: that takes a fresh server`, 'chapter');
      }
    }
  }

  /** Has a run of that kind carried out to its good end, or canceled in the middle. */
  async past(run: RunCommandName, phase: 'SUCCEEDED' | 'CANCELED'): Promise<void> {
    if (phase === 'CANCELED') {
      await this.free();
      await this.#cancelMidway(run);
      return;
    }
    await (run === 'repave' ? this.free() : this.phase('IN_SERVICE'));
    await this.#run(run);
  }

  async #repair(machine: Machine, hindered: Exclude<ReturnType<typeof hindrance>, ''>): Promise<void> {
    const { machines } = this.#hands.performer.client;
    switch (hindered) {
      case 'busy':
        return this.#end(machine);
      case 'RMA':
        return this.#command('complete-rma', (request, signal) => machines.completeRma(request, { signal }));
      case 'intervention':
        return this.#command('resolve', (request, signal) => machines.resolveIntervention(request, { signal }));
      case 'maintenance':
        return this.#command('maintenance exit', (request, signal) => machines.exitMaintenance(request, { signal }));
      case 'RETIRED':
        throw new TourFailure(`${this.#machineId} is retired for good: that takes a fresh server`, 'chapter');
    }
  }

  /** Ends what is under way on the machine, and waits until it is let go of. */
  async #end(machine: Machine): Promise<void> {
    const { performer, room, orders, signal } = this.#hands;
    const runId = machine.status?.activeRunId ?? '';
    if (runId === '') await this.#untilAtRest();
    else {
      await orders.carryOut(`bmdemo cancel ${shortId(runId)}`, async () => {
        // It may have ended by itself a moment ago, which is as good.
        await performer.client.runs.cancelRun({ runId, reason: REASON }, { signal }).catch((error: unknown) => {
          const run = room.view.runs.get(runId);
          if (run === undefined || !hasEnded(run)) throw error;
        });
        await this.#untilAtRest();
      });
    }
  }

  /** A repave that is under way leads where the machine is wanted: it is waited for. */
  async #untilRepaveEnds(): Promise<void> {
    const { room, orders } = this.#hands;
    const machine = await this.#machine();
    const runId = machine.status?.activeRunId ?? '';
    if (room.view.runs.get(runId)?.type !== 'REPAVE') return;
    await orders.carryOut(`bmdemo watch ${shortId(runId)}`, () => this.#untilAtRest());
  }

  async #untilAtRest(): Promise<void> {
    const { room, signal } = this.#hands;
    await room.until(({ machines }) => (isAtRest(machines.get(this.#machineId)) ? true : null), signal);
  }

  async #run(run: RunCommandName): Promise<void> {
    const { room, signal } = this.#hands;
    await this.#hands.orders.carryOut(`bmdemo ${run} ${this.#machineId}`, async () => {
      const { runId } = await this.#hands.performer.start(this.#machineId, runTypeOf(run), REASON, signal);
      const ended = await room.until(({ runs }) => endedRun(runs.get(runId)), signal);
      if (runPhaseOf(ended) !== 'SUCCEEDED') {
        throw new TourFailure(`run ${shortId(runId)} on ${this.#machineId} is ${runPhaseOf(ended)}`, 'chapter');
      }
      await this.#untilAtRest();
    });
  }

  /** Starts a run and cancels it in its image step; one that has none is canceled as soon as it has begun. */
  async #cancelMidway(run: RunCommandName): Promise<void> {
    const { room, performer, orders, signal } = this.#hands;
    const runId = await orders.carryOut(`bmdemo ${run} ${this.#machineId}`, async () => {
      const started = await performer.start(this.#machineId, runTypeOf(run), REASON, signal);
      await room.until(({ runs }) => (isMidway(runs.get(started.runId)) ? true : null), signal);
      return started.runId;
    });
    await orders.carryOut(`bmdemo cancel ${shortId(runId)}`, async () => {
      await performer.client.runs.cancelRun({ runId, reason: REASON }, { signal });
      await this.#untilAtRest();
    });
  }

  async #command(
    name: string,
    call: (request: { machineId: string; requestId: string; reason: string }, signal: AbortSignal) => Promise<Machine>,
  ): Promise<void> {
    const { room, host, orders, signal } = this.#hands;
    const machineId = this.#machineId;
    const [verb = '', ...rest] = name.split(' ');
    await orders.carryOut(['bmdemo', verb, ...rest, machineId].join(' '), async () => {
      const before = room.view.machines.get(machineId);
      await call({ machineId, requestId: host.newId(), reason: REASON }, signal);
      // The watch tells of it before anything else is decided.
      await room.until(({ machines }) => (machines.get(machineId) === before ? null : true), signal);
    });
  }

  /** The machine as it is; one that is not there is registered first. */
  async #machine(): Promise<Machine> {
    const { room, performer, host, orders, signal } = this.#hands;
    const known = room.view.machines.get(this.#machineId);
    if (known !== undefined) return known;
    const number = Number(this.#machineId.replace(/^machine-/, ''));
    return orders.carryOut(`bmdemo import ${number}`, async () => {
      await host.importMachines(performer.client, number, signal);
      return room.until(({ machines }) => machines.get(this.#machineId) ?? null, signal);
    });
  }
}

function isAtRest(machine: Machine | undefined): boolean {
  return machine !== undefined && !isBusy(machine);
}

function endedRun(run: Run | undefined): Run | null {
  return run !== undefined && hasEnded(run) ? run : null;
}

function isMidway(run: Run | undefined): boolean {
  if (run === undefined) return false;
  const images = run.steps.filter(({ kind }) => kind === IMAGE_KIND);
  if (images.length === 0 || hasEnded(run)) return runPhaseOf(run) !== 'PENDING';
  return images.some(({ state }) => state === StepState.RUNNING);
}
