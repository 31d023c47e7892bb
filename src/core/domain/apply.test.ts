import { describe, expect, it } from 'vitest';
import { apply, applyToMachine } from './apply.ts';
import { happen } from './lifecycle.ts';
import { accepted, aMachine, anAggregate, announced, aSpec, begun, builtIn, stepOf, T0, theRun } from './testing.ts';

const NOW = T0 + 9_000;
const running = begun(accepted(builtIn('repave-join')));

describe('applying an event', () => {
  it('leaves what was before as it was', () => {
    const before = structuredClone(running);
    announced(running);
    expect(running).toEqual(before);
  });

  it('touches one run and one step, and tells when', () => {
    const calling = announced(running);
    expect(theRun(calling).steps.slice(1)).toEqual(theRun(running).steps.slice(1));
    expect(stepOf(calling, 0).changedAt).toBe(calling.lastEventAt);
    expect(calling.machine).toBe(running.machine);
  });

  it('of a run or a machine that is not there is a fault of our own', () => {
    const stopped = { subject: 'run', kind: 'STARTED', runId: 'none', message: 'x' } as const;
    expect(() => apply(running, stopped, NOW)).toThrow('event STARTED of run none, which the aggregate does not have');
    const deleted = { subject: 'machine', kind: 'DELETED', message: 'x' } as const;
    expect(() => apply(anAggregate(null), deleted, NOW)).toThrow('event DELETED of a machine that is not there');
  });

  it('moves phase_since only where the phase is another', () => {
    const machine = aMachine({ phase: 'MAINTENANCE' });
    const context = { now: NOW, reason: 'Why', message: 'why' };
    const entered = {
      subject: 'machine',
      kind: 'MAINTENANCE_ENTERED',
      message: 'x',
      patch: happen(machine, 'MAINTENANCE_ENTERED', context),
    } as const;
    expect(applyToMachine(machine, entered, NOW)).toMatchObject({ phaseSince: T0, updatedAt: NOW });
    const exited = {
      ...entered,
      kind: 'MAINTENANCE_EXITED',
      patch: happen(machine, 'MAINTENANCE_EXITED', context),
    } as const;
    expect(applyToMachine(machine, exited, NOW)).toMatchObject({ phase: 'FACTORY_READY', phaseSince: NOW });
  });

  it('counts a change of the spec, and nothing else, for the etag', () => {
    const updated = {
      subject: 'machine',
      kind: 'UPDATED',
      message: 'x',
      spec: aSpec({ rack: 'r2' }),
      labels: {},
    } as const;
    expect(applyToMachine(aMachine(), updated, NOW)).toMatchObject({ specRevision: 2, revision: 2, phaseSince: T0 });
  });
});
