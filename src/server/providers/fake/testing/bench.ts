import { perform, probe, type RecordedCall, type Told } from '../../../../../test/provider/recorded-call.ts';
import { VirtualClock } from '../../../../../test/support/virtual-clock.ts';
import type { Machine } from '../../../../core/domain/machine.ts';
import type { Step } from '../../../../core/domain/plan.ts';
import { accepted, aMachine, builtIn } from '../../../../core/domain/testing.ts';
import type { CallToken } from '../../../../core/ports/provider.ts';
import { parseFaultFlag } from '../faults/flag.ts';
import { createFakeProvider, type FakeProviderOptions } from '../provider.ts';
import { createMemoryWorld } from '../world/memory.ts';

/** The steps of a built-in plan, with their params filled in. */
export function stepsOf(plan: string, machine: Machine = aMachine()): readonly Step[] {
  return accepted(builtIn(plan), machine).runs[0]?.plan.steps ?? [];
}

/** One step of a built-in plan. */
export function stepOf(plan: string, name: string): Step {
  const step = stepsOf(plan).find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`${plan} has no step ${name}`);
  return step;
}

/** The steps that most tests are about. */
export const IMAGE = stepOf('repave-join', 'repave-image');
export const JOIN = stepOf('repave-join', 'join-cluster');
export const VERIFY = stepOf('repave-join', 'verify-in-cluster');

/** A fake provider at one machine, with faults in their short form. */
export function aBench(
  faults: readonly string[] = [],
  differs: Partial<FakeProviderOptions> & { machine?: Machine } = {},
) {
  const clock = new VirtualClock();
  const world = createMemoryWorld({ clock });
  const script = faults.flatMap((flag) => {
    const read = parseFaultFlag(flag);
    if (read.kind === 'mistakes') throw new Error(read.mistakes[0].message);
    return read.faults;
  });
  const options = { clock, world, faults: script, seed: 1, speed: 'normal' as const, factor: 1, ...differs };
  const provider = createFakeProvider(options);
  const machine = differs.machine ?? aMachine();
  const aim = (step: Step, token: Partial<CallToken>) => ({ provider, machine, step, token, now: () => clock.now() });
  return {
    clock,
    world,
    provider,
    begin: (step: Step, token: Partial<CallToken> = {}) => perform(aim(step, token)),
    /** Performs a step to its end, and says how long that took. */
    do: async (step: Step, token: Partial<CallToken> = {}) => {
      const call = perform(aim(step, token));
      const ms = await msUntilEnd(clock, call);
      return { ...call, ended: call.ended, ms };
    },
    probe: async (step: Step, token: Partial<CallToken> = {}) => {
      const call = probe(aim(step, token));
      await clock.advance(0);
      return call.ended;
    },
  };
}

/** Lets a call come to its end, and says how many milliseconds that took. */
export async function msUntilEnd(clock: VirtualClock, call: RecordedCall<unknown>): Promise<number> {
  const begin = clock.monotonic();
  for (await clock.advance(0); call.ended === null; ) {
    if (clock.monotonic() - begin > 60_000) throw new Error('the call does not end');
    await clock.advance(1);
  }
  return clock.monotonic() - begin;
}

/** The log lines among what a call told. */
export const linesOf = (told: readonly Told[]) => told.flatMap((what) => (what.kind === 'log' ? [what.line] : []));
/** The progress among what a call told. */
export const progressOf = (told: readonly Told[]) => told.filter((what) => what.kind === 'progress');
