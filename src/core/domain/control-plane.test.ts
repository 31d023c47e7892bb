import { describe, expect, it } from 'vitest';
import { controlPlaneFilter, controlPlaneText, controlPlaneWithout, hasMajority } from './control-plane.ts';
import { matches } from './filter.ts';
import type { Machine } from './machine.ts';
import { machineView } from './machine.ts';
import { aMachine } from './testing.ts';

const IN_SERVICE = [
  { type: 'InCustomerCluster', status: true, reason: 'Joined', message: '', lastTransitionAt: 0 },
] as const;

function member(id: string, with_: Partial<Machine> = {}): Machine {
  const { spec } = aMachine();
  const targetCluster = { clusterId: 'prod-a', kubeconfigSecretRef: '' };
  return aMachine({ id, spec: { ...spec, targetCluster }, labels: { role: 'control-plane' }, ...with_ });
}

describe('a control plane', () => {
  it('has the machines of one cluster that are labelled so', () => {
    const filter = controlPlaneFilter(member('m1'));
    if (filter === null) throw new Error('it is a member');
    expect(matches(filter, machineView(member('m2')))).toBe(true);
    expect(matches(filter, machineView(member('m3', { labels: { role: 'worker' } })))).toBe(false);
    const other = member('m4', {
      spec: { ...aMachine().spec, targetCluster: { clusterId: 'b', kubeconfigSecretRef: '' } },
    });
    expect(matches(filter, machineView(other))).toBe(false);
  });

  it('is not that of a machine without the label or without a cluster', () => {
    expect(controlPlaneFilter(member('m1', { labels: {} }))).toBeNull();
    expect(
      controlPlaneFilter(
        aMachine({ labels: { role: 'control-plane' }, spec: { ...aMachine().spec, targetCluster: null } }),
      ),
    ).toBeNull();
  });

  it('without one of its machines is what the others are', () => {
    const machine = member('m1', { conditions: IN_SERVICE, phase: 'IN_SERVICE' });
    const others = [member('m2', { conditions: IN_SERVICE, phase: 'IN_SERVICE' }), member('m3')];
    const expected = { cluster: 'prod-a', members: 3, serving: 1 };
    expect(controlPlaneWithout(machine, [machine, ...others])).toEqual(expected);
    // It may have been labelled since the others were read.
    expect(controlPlaneWithout(machine, others)).toEqual(expected);
  });

  it.each([
    [1, 0, false],
    [2, 1, false],
    [3, 1, false],
    [3, 2, true],
    [4, 2, false],
    [5, 3, true],
  ])('of %d members with %d others in service has its majority: %s', (members, serving, expected) => {
    expect(hasMajority({ cluster: 'prod-a', members, serving })).toBe(expected);
  });

  it('is told in a sentence', () => {
    expect(controlPlaneText('m1', { cluster: 'a', members: 1, serving: 0 })).toBe(
      'machine m1 is the only control-plane machine of a',
    );
    expect(controlPlaneText('m1', { cluster: 'a', members: 5, serving: 2 })).toBe(
      'machine m1 is 1 of 5 control-plane machines of a, and 2 of the other 4 are in service',
    );
  });
});
