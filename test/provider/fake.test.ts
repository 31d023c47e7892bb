import { aMachine } from '../../src/core/domain/testing.ts';
import { delayOf } from '../../src/server/providers/fake/delays.ts';
import type { Misbehaviour } from '../../src/server/providers/fake/faults/fault.ts';
import { createFakeProvider } from '../../src/server/providers/fake/provider.ts';
import { createMemoryWorld } from '../../src/server/providers/fake/world/memory.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { describeProvider } from './describe-provider.ts';
import { STEPS } from './fixtures.ts';
import type { Trouble } from './trial.ts';

const FAULTS: Readonly<Record<Trouble, Misbehaviour>> = {
  fails: { kind: 'fail', terminal: false, code: '', message: '' },
  hangs: { kind: 'hang' },
  'ignores-abort': { kind: 'ignore-abort', forMs: 3_600_000 },
  lies: { kind: 'lie' },
  late: { kind: 'late', byMs: 1_800_000 },
  nonsense: { kind: 'throw' },
  'lost-before': { kind: 'unknown', effect: 'none' },
  'lost-after': { kind: 'unknown', effect: 'done' },
  'lost-for-good': { kind: 'unknown', effect: 'unclear' },
};

describeProvider('fake', () => ({
  steps: STEPS,
  usualMs: ({ action }) => delayOf(action.kind, 'normal', 1),
  troubles: Object.keys(FAULTS) as Trouble[],
  bench: (trouble) => {
    const clock = new VirtualClock();
    const provider = createFakeProvider({
      clock,
      world: createMemoryWorld({ clock }),
      faults: trouble === null ? [] : [faultOf(FAULTS[trouble])],
      seed: 1,
      speed: 'normal',
      factor: 1,
    });
    return { provider, machine: aMachine(), now: () => clock.now(), advance: (ms) => clock.advance(ms) };
  },
}));

function faultOf(misbehaviour: Misbehaviour) {
  return { machine: '*', step: '*', attempts: { from: 1, to: null }, at: null, misbehaviour };
}
