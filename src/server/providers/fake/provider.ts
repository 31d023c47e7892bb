import { type Capability, STEP_KINDS } from '../../../core/domain/plan.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { Driver, ProbeAnswer, Provider, StepCall, StepOutcome } from '../../../core/ports/provider.ts';
import { delayOf, type Speed } from './delays.ts';
import { diceFor } from './dice.ts';
import { type Fault, type FaultScript, faultFor } from './faults/fault.ts';
import { createStandstills } from './faults/standstill.ts';
import { paceOf } from './pace.ts';
import { play, staleToken } from './player.ts';
import { unseenState } from './procedure.ts';
import { procedureFor } from './steps/procedures.ts';
import type { Begun, CallEnd, FakeWorld, MachineState, WrittenBy } from './world/world.ts';

/** What a fake provider is made of. */
export interface FakeProviderOptions {
  readonly clock: Clock;
  /** The hardware that it pretends to reach. */
  readonly world: FakeWorld;
  readonly faults: FaultScript;
  /** All chance comes from it, together with machine, step and attempt. */
  readonly seed: number;
  readonly speed: Speed;
  /** How many times as fast, above 0; `Infinity` takes no time at all. */
  readonly factor: number;
}

/** A provider of machines that do not exist. */
export interface FakeProvider extends Provider {
  /** Lets the calls to a machine go on that an `ignore-abort` fault holds up; how many there were. For tests. */
  release(machineId: string): number;
}

/**
 * Pretends to reach machines: real delays, stages, progress and log lines, effects in a simulated world, and the faults that
 * were scripted. Without a fault it fails only where the world's state says so.
 *
 * @throws RangeError when `factor` is not above 0
 */
export function createFakeProvider(options: FakeProviderOptions): FakeProvider {
  const { clock, world, faults, seed, speed, factor } = options;
  if (!(factor > 0)) throw new RangeError(`the speed of the fake provider must be above 0, not ${factor}`);
  const standstills = createStandstills(clock);

  const begin = (call: StepCall, kind: 'perform' | 'probe'): Promise<Begun> =>
    world.begin({
      machineId: call.machine.id,
      token: call.token,
      kind,
      step: call.step.name,
      unseen: unseenState(call.machine),
    });

  const prepare = (call: StepCall, before: MachineState) => {
    const { runId, step, attempt } = call.token;
    const by: WrittenBy = { runId, step, attempt };
    const dice = diceFor(seed, call.machine.id, call.step.name, attempt);
    const procedure = procedureFor({ machine: call.machine, before, by, dice }, call.step.action);
    return { by, dice, procedure, fault: faultFor(faults, call.machine.id, call.step.name, attempt) };
  };

  const perform = async (call: StepCall): Promise<StepOutcome> => {
    if (call.signal.aborted) return notBegun();
    const begun = await begin(call, 'perform');
    if (begun.kind === 'refused') return staleToken(call);
    const { callId } = begun;
    let end: CallEnd = { kind: 'threw', code: '' };
    try {
      const pace = paceOf(clock, delayOf(call.step.action.kind, speed, factor), call.signal);
      const outcome = await play({ ...prepare(call, begun.state), call, callId, pace, world, standstills });
      end = endOf(outcome);
      return outcome;
    } finally {
      await world.end(callId, end);
    }
  };

  const probe = async (call: StepCall): Promise<ProbeAnswer> => {
    if (call.signal.aborted) return { kind: 'cannot-tell', message: 'aborted before it was asked' };
    const begun = await begin(call, 'probe');
    if (begun.kind === 'refused') return { kind: 'cannot-tell', message: staleToken(call).message };
    let end: CallEnd = { kind: 'threw', code: '' };
    try {
      const { procedure, by, fault } = prepare(call, begun.state);
      const mine = (other: WrittenBy | null) => other?.runId === by.runId && other.step === by.step;
      const answer = answerOf(call, fault, procedure.lacks(begun.state, mine)?.message ?? null);
      end = { kind: answer.kind, code: '' };
      call.log('stdout', `probe: ${answer.message}`);
      return answer;
    } finally {
      await world.end(begun.callId, end);
    }
  };

  return {
    name: 'fake',
    drivers: {
      Power: driverFor('Power', { perform, probe }),
      BootDevice: driverFor('BootDevice', { perform, probe }),
      Imaging: driverFor('Imaging', { perform, probe }),
      RemoteExec: driverFor('RemoteExec', { perform, probe }),
      Cluster: driverFor('Cluster', { perform, probe }),
      Identity: driverFor('Identity', { perform, probe }),
      Inventory: driverFor('Inventory', { perform, probe }),
    },
    release: standstills.release,
  };
}

function notBegun(): StepOutcome {
  return { kind: 'failed', terminal: false, code: 'ABORTED', message: 'aborted before it began' };
}

function endOf(outcome: StepOutcome): CallEnd {
  if (outcome.kind !== 'failed') return { kind: outcome.kind, code: '' };
  return { kind: outcome.code === 'STALE_TOKEN' ? 'refused' : 'failed', code: outcome.code };
}

function answerOf(call: StepCall, fault: Fault | null, lack: string | null): ProbeAnswer {
  const { name } = call.step;
  if (fault?.misbehaviour.kind === 'unknown' && fault.misbehaviour.effect === 'unclear') {
    return { kind: 'cannot-tell', message: `${name}: the hardware gives no answer that can be trusted` };
  }
  if (lack !== null) return { kind: 'not-done', message: `${name} has not taken effect: ${lack}` };
  return { kind: 'done', message: `${name} has taken effect` };
}

/** The driver of one capability: it carries out the kinds of step that are its own, and no others. */
function driverFor(capability: Capability, { perform, probe }: Driver): Driver {
  const isMine = ({ step }: StepCall) => STEP_KINDS[step.action.kind].capabilities[0] === capability;
  const why = ({ step }: StepCall) => `${capability} does not carry out steps of kind ${step.action.kind}`;
  return {
    perform: async (call) =>
      isMine(call) ? perform(call) : { kind: 'failed', terminal: true, code: 'UNSUPPORTED_STEP', message: why(call) },
    probe: async (call) => (isMine(call) ? probe(call) : { kind: 'cannot-tell', message: why(call) }),
  };
}
