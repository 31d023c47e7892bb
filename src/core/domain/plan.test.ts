import { describe, expect, it } from 'vitest';
import { capabilitiesOf, needsProbeAfterCrash, planTraits, STEP_KINDS } from './plan.ts';
import { builtIn } from './testing.ts';

describe('step kinds', () => {
  it('that are probed after a crash are reboot, power-off, join and scripts', () => {
    const probed = Object.entries(STEP_KINDS).filter(([, traits]) => traits.afterCrash === 'probe');
    expect(probed.map(([kind]) => kind).sort()).toEqual(['join', 'power_off', 'reboot', 'ssh']);
  });

  it('leave it to a script to say that it may run twice', () => {
    const script = { kind: 'ssh', scriptRef: 's', args: {} } as const;
    expect(needsProbeAfterCrash({ ...script, restartable: false })).toBe(true);
    expect(needsProbeAfterCrash({ ...script, restartable: true })).toBe(false);
  });

  it('say what they destroy', () => {
    const destructive = Object.entries(STEP_KINDS).filter(([, traits]) => traits.destroys !== null);
    expect(destructive.map(([kind]) => kind).sort()).toEqual(['drain', 'repave']);
  });
});

describe('a plan', () => {
  it.each([
    ['repave-join', ['BootDevice', 'Power', 'Imaging', 'Cluster']],
    ['rma', ['Cluster', 'Power', 'Inventory']],
    ['reboot', ['Power']],
    ['upgrade', ['RemoteExec', 'Cluster']],
    ['net-reconfig', ['RemoteExec']],
  ])('%s asks a provider for %j, each once', (name, capabilities) => {
    expect(capabilitiesOf(builtIn(name))).toEqual(capabilities);
  });

  it.each([
    ['repave-join', { repaves: true, joins: true, marksRma: false }],
    ['rma', { repaves: false, joins: false, marksRma: true }],
    ['upgrade', { repaves: false, joins: false, marksRma: false }],
  ])('%s: %j', (name, traits) => {
    expect(planTraits(builtIn(name))).toEqual(traits);
  });
});
