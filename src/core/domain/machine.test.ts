import { describe, expect, it } from 'vitest';
import type { ConditionType } from './condition.ts';
import type { MachinePhase } from './machine.ts';
import { effectiveState, etagOf, identitiesOf, identitiesOfSpec, machineView } from './machine.ts';
import { aMachine, aSpec, conditions } from './testing.ts';

interface Row {
  readonly phase: MachinePhase;
  readonly active?: boolean;
  readonly having?: readonly ConditionType[];
  readonly shows: MachinePhase;
}

/** effective_state: the first that fits. */
const EFFECTIVE: readonly Row[] = [
  { phase: 'PROVISIONING', active: true, shows: 'PROVISIONING' },
  { phase: 'READY', active: true, having: ['Provisioned'], shows: 'PROVISIONING' },
  { phase: 'PROVISIONING', active: true, having: ['InCustomerCluster'], shows: 'PROVISIONING' },
  { phase: 'RMA', having: ['InCustomerCluster'], shows: 'RMA' },
  { phase: 'RETIRED', having: ['InCustomerCluster'], shows: 'RETIRED' },
  { phase: 'MAINTENANCE', having: ['InCustomerCluster', 'Provisioned'], shows: 'MAINTENANCE' },
  { phase: 'IN_SERVICE', having: ['InCustomerCluster'], shows: 'IN_SERVICE' },
  { phase: 'READY', having: ['InCustomerCluster'], shows: 'IN_SERVICE' },
  { phase: 'FACTORY_READY', having: ['InCustomerCluster'], shows: 'IN_SERVICE' },
  { phase: 'FACTORY_READY', shows: 'FACTORY_READY' },
  { phase: 'READY', having: ['Provisioned'], shows: 'READY' },
  { phase: 'IN_SERVICE', shows: 'READY' },
];

describe('effective_state', () => {
  it.each(EFFECTIVE)('$phase, active run: $active, with $having: $shows', ({ phase, active, having, shows }) => {
    const machine = aMachine({
      phase,
      activeRunId: active ? 'run-1' : null,
      conditions: conditions(...(having ?? [])),
    });
    expect(effectiveState(machine)).toBe(shows);
  });

  it('takes a cleared condition for none', () => {
    const [cleared] = conditions('InCustomerCluster');
    const machine = aMachine({ phase: 'READY', conditions: cleared ? [{ ...cleared, status: false }] : [] });
    expect(effectiveState(machine)).toBe('READY');
  });
});

describe('identities', () => {
  it('are those of MACs, serial and BMC, in one spelling', () => {
    const spec = aSpec({
      macAddresses: ['AA-BB-CC-DD-EE-FF', '0200.0000.0001', '02:00:00:00:00:02'],
      serial: ' sn-0001 ',
      bmcAddress: ' BMC-1.Example.COM ',
    });
    expect(identitiesOfSpec(spec)).toEqual([
      { kind: 'mac', value: 'aa:bb:cc:dd:ee:ff' },
      { kind: 'mac', value: '02:00:00:00:00:01' },
      { kind: 'mac', value: '02:00:00:00:00:02' },
      { kind: 'serial', value: 'SN-0001' },
      { kind: 'bmc', value: 'bmc-1.example.com' },
    ]);
  });

  it('come once each, and not at all from fields that are empty', () => {
    const spec = aSpec({ macAddresses: ['aa:bb:cc:dd:ee:ff', 'AA:BB:CC:DD:EE:FF', ''], serial: ' ', bmcAddress: '' });
    expect(identitiesOfSpec(spec)).toEqual([{ kind: 'mac', value: 'aa:bb:cc:dd:ee:ff' }]);
  });

  it('are given back by a machine that is retired or gone', () => {
    expect(identitiesOf(aMachine())).toHaveLength(3);
    expect(identitiesOf(aMachine({ phase: 'RETIRED' }))).toEqual([]);
    expect(identitiesOf(null)).toEqual([]);
  });
});

describe('the etag', () => {
  it('is that of spec and labels alone', () => {
    const machine = aMachine();
    const moved = { ...machine, phase: 'READY', updatedAt: machine.updatedAt + 1, revision: 7 } as const;
    expect(etagOf(moved)).toBe(etagOf(machine));
    expect(etagOf({ ...machine, specRevision: 2 })).not.toBe(etagOf(machine));
  });

  it('is another for another machine under the same id', () => {
    const machine = aMachine();
    expect(etagOf({ ...machine, createdAt: machine.createdAt + 1 })).not.toBe(etagOf(machine));
  });
});

describe('what filters see of a machine', () => {
  it('is small and plain', () => {
    const [lost] = conditions('InCustomerCluster');
    const machine = aMachine({
      phase: 'READY',
      labels: { env: 'prod' },
      conditions: [...conditions('Provisioned'), ...(lost ? [{ ...lost, status: false }] : [])],
    });
    expect(machineView(machine)).toEqual({
      machine_id: 'machine-1',
      phase: 'READY',
      effective_state: 'READY',
      rack: 'r1',
      source: '',
      provider: 'fake',
      cluster: 'prod-a',
      conditions: ['Provisioned'],
      labels: { env: 'prod' },
    });
    expect(machineView(aMachine({ spec: aSpec({ targetCluster: null }) })).cluster).toBe('');
  });
});
